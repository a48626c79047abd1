import { expect, test } from 'vitest';
import { sortByFormula } from './use-formula-order.ts';

test('rows without a value come last, whichever way, and equal ones stay in their order', () => {
  const values = [3, Number.NaN, 1, 3, 2];
  const sort = (isDescending: boolean) => [
    ...sortByFormula(Uint32Array.of(0, 1, 2, 3, 4), (row) => values[row] ?? Number.NaN, isDescending),
  ];
  expect(sort(false)).toEqual([2, 4, 0, 3, 1]);
  expect(sort(true)).toEqual([0, 3, 4, 2, 1]);
});
