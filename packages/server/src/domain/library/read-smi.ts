/** SMILES files: a SMILES, white space and a name on each line. Lines that start with `#` are comments, as no SMILES does. */
import { plainHeader } from './column-names.ts';
import { collectRecords, type Finding, type LibraryReading } from './record.ts';
import { linesOf, type TextLine } from './text-lines.ts';

export function readSmi(text: string, maxRows: number): LibraryReading {
  return collectRecords(findingsOf(text), maxRows);
}

function* findingsOf(text: string): Generator<Finding, void> {
  let isFirst = true;
  for (const line of linesOf(text)) {
    if (line.text.trim() === '' || line.text.startsWith('#')) continue;
    if (!isFirst || !isHeader(line.text)) yield findingOf(line);
    isFirst = false;
  }
}

function isHeader(text: string): boolean {
  return plainHeader(text.trim().split(/\s/, 1)[0] ?? '') === 'smiles';
}

/** An extension of the SMILES in bars (CXSMILES, such as enhanced stereo) belongs to the SMILES and not to the name. */
function findingOf({ line, text }: TextLine): Finding {
  const [, smiles = '', extension, rest = ''] = /^(\S+)(?:[ \t]+(\|[^|]*\|))?\s*(.*)$/.exec(text.trim()) ?? [];
  return { line, smiles: extension === undefined ? smiles : `${smiles} ${extension}`, ...(rest === '' ? {} : { name: rest }) };
}
