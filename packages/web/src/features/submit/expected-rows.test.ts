import { expect, test } from 'vitest';
import { expectedRows } from './expected-rows.ts';
import { readLibrary } from './library.ts';

const NOTHING = { format: undefined, smilesColumn: undefined, nameColumn: undefined };
const NONE = { upload: undefined, sequences: [], quote: undefined };

/** As the page checks it: what ends with a bracket cannot be read. */
function checked(text: string) {
  const reading = readLibrary(text, NOTHING);
  const records = reading.records.map((record) => ({
    ...record,
    canonical: record.molecule,
    reason: record.molecule.endsWith('(') ? 'RDKit cannot read it' : undefined,
    sameAs: undefined,
    note: undefined,
  }));
  return { reading, records, rejected: records.filter(({ reason }) => reason !== undefined).length, repeated: 0 };
}

test('of a large library the count is exact, the rejected are scaled from the sample, and only usable rows repeat another', () => {
  const rows = Array.from({ length: 10_000 }, (_, index) => (index % 97 === 0 ? 'CC(' : index % 1_000 === 1 ? 'CCO' : `C${String(index)}`));
  const rowsOfLibrary = expectedRows({ rowsOf: undefined }, { ...NONE, kind: 'ligands', library: checked(rows.join('\n')) });
  expect(rowsOfLibrary).toEqual({ total: 10_000, rejected: 105, repeated: 9, running: 9_886, precision: 'estimate' });
});

test('sequences that repeat another are counted among those that can run', () => {
  const sequence = (letters: string, problem?: string) => ({ line: 1, name: undefined, letters, problem, caveat: undefined });
  const sequences = [sequence('MKT'), sequence('MKT'), sequence('', 'it has no letters'), sequence('GG')];
  expect(expectedRows({ rowsOf: undefined }, { ...NONE, library: undefined, kind: 'sequences', sequences })).toEqual({
    total: 4,
    rejected: 1,
    repeated: 1,
    running: 2,
    precision: 'exact',
  });
});

test('all rows of an earlier job are known by their number alone', () => {
  const rowsOf = { jobId: '1', name: 'screen', total: 100_000 };
  expect(expectedRows({ rowsOf }, { ...NONE, kind: 'ligands', library: undefined })).toMatchObject({
    total: 100_000,
    precision: 'unchecked',
  });
});
