/** Reads a library of ligands as the hub will: every data record with its line. Pure; runs in a worker. */
import Papa from 'papaparse';

export type LibraryFormat = 'csv' | 'smi' | 'sdf';

export interface LibraryChoices {
  readonly format: LibraryFormat | undefined;
  readonly smilesColumn: string | undefined;
  readonly nameColumn: string | undefined;
}

export interface LibraryRecord {
  readonly line: number;
  readonly name: string | undefined;
  /** SMILES, or a molblock of an SDF. */
  readonly molecule: string;
}

export interface LibraryReading {
  readonly format: LibraryFormat;
  /** Headers of a CSV; empty otherwise. */
  readonly columns: readonly string[];
  readonly smilesColumn: string | undefined;
  readonly nameColumn: string | undefined;
  readonly total: number;
  /** All records, or a sample spread over them where there are more than 5,000. */
  readonly records: readonly LibraryRecord[];
  readonly isSample: boolean;
  /** Only the first records are known here: the file is with the hub. */
  readonly isHead: boolean;
  /** For each of `records`: how many of all records have its text, itself included. */
  readonly copies: readonly number[];
  /** Records whose text repeats that of an earlier one, among all of them. */
  readonly sameText: number;
  /** What is wrong with the text as a whole. */
  readonly problem: string | undefined;
}

export const CHECKED_WHOLE = 5_000;
export const SAMPLE = 2_000;

const SMILES_HEADERS = [
  'smiles',
  'canonicalsmiles',
  'isomericsmiles',
  'ligandsmiles',
  'compoundsmiles',
  'moleculesmiles',
  'smi',
  'structure',
];
const NAME_HEADERS = [
  'name',
  'ligandname',
  'compoundname',
  'moleculename',
  'drugname',
  'title',
  'id',
  'ligandid',
  'compoundid',
  'moleculeid',
  'compound',
  'ligand',
];

export function guessFormat(text: string): LibraryFormat {
  if (/^M {2}END|^\$\$\$\$/m.test(text)) return 'sdf';
  const first = text.trimStart().split(/\r?\n/, 1)[0] ?? '';
  const headers = first.split(/[,;\t]/).map(plain);
  return headers.length > 1 && headers.some((header) => header.endsWith('smiles') || SMILES_HEADERS.includes(header)) ? 'csv' : 'smi';
}

export function readLibrary(text: string, choices: LibraryChoices): LibraryReading {
  const format = choices.format ?? guessFormat(text);
  if (format === 'csv') return readCsv(text, choices);
  const records = format === 'sdf' ? readSdf(text) : readSmi(text);
  return { format, columns: [], smilesColumn: undefined, nameColumn: undefined, ...sampled(records), problem: undefined };
}

function readCsv(text: string, { smilesColumn, nameColumn }: LibraryChoices): LibraryReading {
  const { data } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), { skipEmptyLines: false });
  const [headers = [], ...rows] = data;
  const smiles = indexOf(headers, smilesColumn, SMILES_HEADERS) ?? headers.findIndex((header) => plain(header).endsWith('smiles'));
  const name = indexOf(headers, nameColumn, NAME_HEADERS);
  const records = rows.flatMap((cells, place): LibraryRecord[] =>
    cells.every((cell) => cell.trim() === '')
      ? []
      : [{ line: place + 2, name: name === undefined ? undefined : cells[name]?.trim(), molecule: cells[smiles]?.trim() ?? '' }],
  );
  const known = smiles >= 0;
  return {
    format: 'csv',
    columns: headers,
    smilesColumn: known ? headers[smiles] : undefined,
    nameColumn: name === undefined ? undefined : headers[name],
    ...sampled(records),
    problem: known ? undefined : 'No column is called SMILES; choose the one that holds the molecules.',
  };
}

function indexOf(headers: readonly string[], chosen: string | undefined, known: readonly string[]): number | undefined {
  if (chosen !== undefined && headers.includes(chosen)) return headers.indexOf(chosen);
  for (const name of known) {
    const place = headers.findIndex((header) => plain(header) === name);
    if (place >= 0) return place;
  }
  return undefined;
}

function plain(header: string): string {
  return header.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

function readSmi(text: string): readonly LibraryRecord[] {
  let isFirst = true;
  return text.split(/\r?\n/).flatMap((line, place): LibraryRecord[] => {
    const trimmed = line.trim();
    if (trimmed === '' || line.startsWith('#')) return [];
    const [, molecule = '', extension, name] = /^(\S+)(?:[ \t]+(\|[^|]*\|))?\s*(.*)$/.exec(trimmed) ?? [];
    const isHeader = isFirst && plain(molecule) === 'smiles';
    isFirst = false;
    return isHeader
      ? []
      : [
          {
            line: place + 1,
            name: name === '' ? undefined : name,
            molecule: extension === undefined ? molecule : `${molecule} ${extension}`,
          },
        ];
  });
}

function readSdf(text: string): readonly LibraryRecord[] {
  const records: LibraryRecord[] = [];
  let line = 1;
  for (const part of text.split(/^\$\$\$\$[^\n]*\n?/m)) {
    if (part.trim() !== '')
      records.push({
        line,
        name: part.split(/\r?\n/, 1)[0]?.trim() || undefined,
        molecule: part.replace(/^M {2}END[\s\S]*$/m, 'M  END\n'),
      });
    line += part.split('\n').length;
  }
  return records;
}

function sampled(all: readonly LibraryRecord[]) {
  const total = all.length;
  const counts = new Map<string, number>();
  for (const { molecule } of all) counts.set(molecule, (counts.get(molecule) ?? 0) + 1);
  const isSample = total > CHECKED_WHOLE;
  const step = total / SAMPLE;
  const records = isSample
    ? Array.from({ length: SAMPLE }, (_, place) => all[Math.floor(place * step)]).filter((each) => each !== undefined)
    : all;
  const copies = records.map(({ molecule }) => counts.get(molecule) ?? 1);
  return { total, records, isSample, isHead: false, copies, sameText: total - counts.size };
}
