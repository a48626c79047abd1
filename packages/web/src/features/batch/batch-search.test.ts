import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBatchSearch, readFormulas, readRanges, readSort, sortAfterClick, viewOf, writeFormulas, writeRanges } from './batch-search.ts';

test('an address keeps what a batch page can read and drops the rest', () => {
  expect(readBatchSearch({ view: 'plots', row: '4', pins: '1,2', where: 'a:..3', evil: 1, sort: '' })).toEqual({
    view: 'plots',
    row: 4,
    pins: '1,2',
    where: 'a:..3',
  });
  expect(readBatchSearch({ view: 'nonsense', row: '-1', pins: 'x' })).toEqual({});
});

test('a range of a metric is the same after it was written to the address and read back', () => {
  const end = fc.option(fc.integer({ min: -1_000, max: 1_000 }), { nil: undefined });
  const range = fc.record({ metric: fc.constantFrom('docking_score', 'vina.inter'), from: end, to: end });
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 4 }), (ranges) => {
      expect(readRanges(writeRanges(ranges))).toEqual(ranges);
    }),
  );
});

test('the first click on a header sorts the better end first, the second turns it around', () => {
  expect(sortAfterClick(undefined, 'docking_score', false, false)).toBe('docking_score');
  expect(sortAfterClick('docking_score', 'docking_score', false, false)).toBe('-docking_score');
  expect(sortAfterClick(undefined, 'affinity_probability', true, false)).toBe('-affinity_probability');
});

test('a click with shift adds a key behind the others', () => {
  expect(sortAfterClick('docking_score', 'name', false, true)).toBe('docking_score,name');
  expect(readSort('docking_score,-name')).toEqual([
    { key: 'docking_score', isDescending: false },
    { key: 'name', isDescending: true },
  ]);
});

test('formulas are the same after they were written to the address and read back, and the hub is not asked to sort by them', () => {
  const formulas = [
    { name: 'per atom', text: 'docking_score / heavy_atom_count' },
    { name: 'x', text: '-a ^ 2' },
  ];
  expect(readFormulas(writeFormulas(formulas))).toEqual(formulas);
  expect(viewOf({ sort: '-=per atom,name', text: 'a' })).toEqual({ sort: 'name', text: 'a' });
  expect(viewOf({ sort: '=x' })).toEqual({});
});
