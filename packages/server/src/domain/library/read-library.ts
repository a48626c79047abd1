/** A library given as text, as records in input order. Depends on the text only. */
import type { Library } from '@omtx/contract';
import type { FreeObject } from '../free-object.ts';
import { readCsv } from './read-csv.ts';
import { readSdf } from './read-sdf.ts';
import { readSmi } from './read-smi.ts';
import type { LibraryReading, LibraryRecord } from './record.ts';

/**
 * Every data record becomes exactly one `LibraryRecord` with contiguous indexes, malformed ones too; blank lines are no records.
 * Takes time in proportion to the text (64 MiB at most by its schema) and stops at the first record beyond `maxRows`.
 */
export function readLibrary(library: Library, maxRows: number): LibraryReading {
  switch (library.format) {
    case 'csv':
      return readCsv(library.text, library, maxRows);
    case 'smi':
      return readSmi(library.text, maxRows);
    case 'sdf':
      return readSdf(library.text, maxRows);
    default:
      return library.format satisfies never;
  }
}

/** A record as the own input of a task that takes a ligand. */
export function ownInputOfRecord({ name, smiles, molblock }: LibraryRecord): FreeObject {
  return {
    ligand: {
      ...(name === undefined ? {} : { name }),
      ...(smiles === undefined ? {} : { smiles }),
      ...(molblock === undefined ? {} : { molblock }),
    },
  };
}
