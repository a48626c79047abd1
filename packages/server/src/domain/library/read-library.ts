/** A library as records in input order, from a text that comes in pieces. Depends on the text only. */
import type { LIBRARY_FORMATS } from '@omtx/contract';
import type { FreeObject } from '../free-object.ts';
import { FastaReader } from './read-fasta.ts';
import { NdjsonReader } from './read-ndjson.ts';
import { CsvReader, type ColumnChoice } from './read-csv.ts';
import { SdfReader } from './read-sdf.ts';
import { SmiReader } from './read-smi.ts';
import type { LibraryReader, LibraryRecord } from './record.ts';

export type LibraryFormat = (typeof LIBRARY_FORMATS)[number];

/** Every data record becomes exactly one finding, malformed ones too; blank lines are no records. */
export function openReader(format: LibraryFormat, choice: ColumnChoice): LibraryReader {
  switch (format) {
    case 'csv':
      return new CsvReader(choice);
    case 'smi':
      return new SmiReader();
    case 'sdf':
      return new SdfReader();
    case 'ndjson':
      return new NdjsonReader();
    case 'fasta':
      return new FastaReader();
    default:
      return format satisfies never;
  }
}

/** Records of a whole text, lazily, with their places. @throws UnusableLibrary */
export function* readLibrary(format: LibraryFormat, choice: ColumnChoice, text: string): Generator<LibraryRecord, void> {
  const reader = openReader(format, choice);
  let index = 0;
  for (const finding of reader.push(text)) yield { index: index++, ...finding };
  for (const finding of reader.end()) yield { index: index++, ...finding };
}

/** A record as the own input of its row. */
export function ownInputOfRecord({ name, smiles, molblock, own }: LibraryRecord): FreeObject {
  if (own) return own;
  return {
    ligand: {
      ...(name === undefined ? {} : { name }),
      ...(smiles === undefined ? {} : { smiles }),
      ...(molblock === undefined ? {} : { molblock }),
    },
  };
}
