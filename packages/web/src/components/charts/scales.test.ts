import fc from 'fast-check';
import { expect, test } from 'vitest';
import { binValues, extentOf, isInside } from './scales.ts';

test('every finite value falls into exactly one bin, whatever has none into no bin', () => {
  const value = fc.oneof(fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.constant(Number.NaN));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (values) => {
      const bins = binValues(values, 20);
      expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(values.filter(Number.isFinite).length);
    }),
  );
});

test('the extent leaves out what is no number', () => {
  expect(extentOf([Number.NaN, 3, -1])).toEqual([-1, 3]);
  expect(extentOf([Number.NaN])).toBeUndefined();
});

test('a lasso holds the points inside it and no others', () => {
  const square = [0, 0, 10, 0, 10, 10, 0, 10];
  expect([isInside(square, 5, 5), isInside(square, 15, 5), isInside(square, 5, -1)]).toEqual([true, false, false]);
});
