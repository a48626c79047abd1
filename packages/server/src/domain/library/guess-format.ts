/** Which format a library file is in, by its name and its first text. */
import type { LibraryFormat } from './read-library.ts';

const BY_EXTENSION: Readonly<Record<string, LibraryFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  tab: 'csv',
  smi: 'smi',
  smiles: 'smi',
  ism: 'smi',
  can: 'smi',
  cxsmiles: 'smi',
  sdf: 'sdf',
  sd: 'sdf',
  mol: 'sdf',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  fasta: 'fasta',
  fa: 'fasta',
  faa: 'fasta',
  fas: 'fasta',
};

/** The name decides where it says something (`.gz` does not count); else the text does. @param start some thousand characters, or the whole */
export function guessFormat(fileName: string, start: string): LibraryFormat {
  const extension = /\.([a-z]+)$/i.exec(fileName.replace(/\.(gz|gzip)$/i, ''))?.[1]?.toLowerCase() ?? '';
  return BY_EXTENSION[extension] ?? guessByText(start.replace(/^\uFEFF/, ''));
}

function guessByText(start: string): LibraryFormat {
  const lines = start.split(/\r\n|\n|\r/);
  const [first = ''] = lines.filter((line) => line.trim() !== '');
  if (first.startsWith('>')) return 'fasta';
  if (lines.some((line) => /^M {2}END/.test(line) || /V[23]000\s*$/.test(line))) return 'sdf';
  if (/^\s*[{"]/.test(first) && isJson(first)) return 'ndjson';
  // A SMILES file has white space between SMILES and name; a bar may be part of a CXSMILES.
  return /[,;\t]/.test(first.replaceAll(/\|[^|]*\|/g, '')) ? 'csv' : 'smi';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // That it cannot be read is the answer.
  }
}
