import { HubError } from '@omtx/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isInputOrder, isRankOrder, readRowSelection, selectsAll } from './row-selection.ts';

test('an empty query selects all rows in input order', () => {
  const selection = readRowSelection({});
  expect(selectsAll(selection)).toBe(true);
  expect(isInputOrder(selection)).toBe(true);
});

test('several sort keys keep their order, and what stands behind the index decides nothing', () => {
  const keys = [
    { key: 'docking_score', descending: true },
    { key: 'name', descending: false },
  ];
  expect(readRowSelection({ sort: '-docking_score, name' }).sort).toEqual(keys);
  expect(readRowSelection({ sort: '-docking_score,name,index,rank' }).sort).toEqual(keys);
  expect(readRowSelection({ sort: '-index,name' }).sort).toEqual([{ key: 'index', descending: true }]);
});

test('only the rank alone, best first, is the order of the rank', () => {
  expect(['rank', 'rank,index', '-rank', 'rank,name'].map((sort) => isRankOrder(readRowSelection({ sort })))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('a range holds the numbers that it was written with', () => {
  fc.assert(
    fc.property(
      fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
      fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
      (min, max) => {
        const where = `vina.score-2:${min === null ? '' : String(min)}..${max === null ? '' : String(max)}`;
        const [range] = readRowSelection({ where }).ranges;
        expect(range).toEqual({
          metric: 'vina.score-2',
          min: min === null ? null : Number(String(min)),
          max: max === null ? null : Number(String(max)),
        });
      },
    ),
  );
});

test('every part that is wrong is named at once', () => {
  const read = (): unknown => readRowSelection({ sort: 'DROP TABLE', status: 'done', outcome: 'lost', where: 'docking_score<8' });
  expect(read).toThrow(HubError);
  try {
    read();
  } catch (error) {
    expect(error instanceof HubError && error.errors.map(({ pointer }) => pointer)).toEqual(['sort', 'status', 'outcome', 'where']);
  }
});

test('chemistry is a filter, with a similarity of a half where none is given', () => {
  const selection = readRowSelection({ substructure: ' c1ccccc1 ', similarTo: 'CCO' });
  expect(selection.chemistry).toEqual([
    { kind: 'substructure', pattern: 'c1ccccc1' },
    { kind: 'similarity', smiles: 'CCO', minSimilarity: 0.5 },
  ]);
  expect(selectsAll(selection)).toBe(false);
});
