import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FormulaError, readFormula } from './formula.ts';

const KNOWN = new Set(['a', 'b', 'docking_score', 'vina.inter']);
const values: Readonly<Record<string, number>> = { a: 3, b: -2, docking_score: -9, 'vina.inter': 4 };
const valueOf = (name: string) => values[name] ?? Number.NaN;
const work = (text: string) => readFormula(text, KNOWN).evaluate(valueOf);

test('powers bind before products, products before sums, and a minus before a power turns the whole', () => {
  expect(work('1 + 2 * 3 ^ 2')).toBe(19);
  expect(work('-a ^ 2')).toBe(-9);
  expect(work('2 ^ -1')).toBe(0.5);
  expect(work('10 - 2 - 3')).toBe(5);
  expect(work('12 / 3 / 2')).toBe(2);
  expect(work('(1 + 2) * 3')).toBe(9);
});

test('metrics of the row and functions are known, and which metrics it needs', () => {
  expect(work('docking_score / sqrt(vina.inter)')).toBe(-4.5);
  expect(work('max(a, b, 1e1) + min(a, .5)')).toBe(10.5);
  expect(readFormula('a * b / a', KNOWN).metrics).toEqual(['a', 'b']);
});

test('a missing value and what is no number give none', () => {
  expect(readFormula('a + b', KNOWN).evaluate(() => Number.NaN)).toBeNaN();
  expect(work('1 / 0')).toBeNaN();
  expect(work('sqrt(b)')).toBeNaN();
});

test('what cannot be read says what is wrong', () => {
  const why = (text: string): string => {
    try {
      readFormula(text, KNOWN);
      return 'read';
    } catch (error) {
      if (error instanceof FormulaError) return error.message;
      throw error;
    }
  };
  expect(why('')).toBe('The formula is empty.');
  expect(why('a +')).toBe('The formula ends too early.');
  expect(why('(a')).toBe('")" is missing at the end.');
  expect(why('a b')).toBe('"b" is not expected there.');
  expect(why('c')).toBe('There is no metric "c".');
  expect(why('alert(1)')).toMatch(/no function "alert"/);
});

test('a chain of sums and products is what JavaScript makes of it', () => {
  const number = fc.integer({ min: 1, max: 99 });
  const sign = fc.constantFrom('+', '-', '*', '/');
  fc.assert(
    fc.property(number, fc.array(fc.tuple(sign, number), { maxLength: 6 }), (first, rest) => {
      const products: number[] = [first];
      for (const [each, value] of rest) {
        const last = products.length - 1;
        if (each === '*') products[last] = (products[last] ?? 0) * value;
        else if (each === '/') products[last] = (products[last] ?? 0) / value;
        else products.push(each === '-' ? -value : value);
      }
      const text = [String(first), ...rest.map(([each, value]) => `${each} ${String(value)}`)].join(' ');
      expect(work(text)).toBeCloseTo(
        products.reduce((sum, each) => sum + each, 0),
        6,
      );
    }),
  );
});
