import fc from 'fast-check';
import { expect, test } from 'vitest';
import { screen, similarities, wordsOf } from './fingerprints.ts';

const BITS = 2_048;
const bits = fc.uniqueArray(fc.integer({ min: 0, max: BITS - 1 }), { maxLength: 60 });

function bytesOf(...molecules: readonly (readonly number[])[]): Uint8Array {
  const bytes = new Uint8Array((molecules.length * BITS) / 8);
  molecules.forEach((set, place) => {
    for (const bit of set) bytes[(place * BITS + bit) >> 3] = (bytes[(place * BITS + bit) >> 3] ?? 0) | (1 << (bit & 7));
  });
  return bytes;
}

test('a molecule passes the screen exactly when it has every bit of the pattern', () => {
  fc.assert(
    fc.property(fc.array(bits, { minLength: 1, maxLength: 5 }), bits, (molecules, pattern) => {
      const passing = screen(wordsOf(bytesOf(...molecules)), wordsOf(bytesOf(pattern)));
      const expected = molecules.flatMap((set, place) => (set.length > 0 && pattern.every((bit) => set.includes(bit)) ? [place] : []));
      expect(passing).toEqual(expected);
    }),
  );
});

test('the similarity is that of the sets of bits: common ones by all', () => {
  fc.assert(
    fc.property(fc.array(bits, { minLength: 1, maxLength: 5 }), bits, (molecules, query) => {
      const found = similarities(wordsOf(bytesOf(...molecules)), wordsOf(bytesOf(query)));
      molecules.forEach((set, place) => {
        const both = set.filter((bit) => query.includes(bit)).length;
        const all = new Set([...set, ...query]).size;
        expect(found[place]).toBeCloseTo(both === 0 ? 0 : both / all, 6);
      });
    }),
  );
});

test('bytes that begin anywhere in memory are read the same', () => {
  const bytes = bytesOf([1, 33, 2_047]);
  const moved = new Uint8Array(bytes.length + 1);
  moved.set(bytes, 1);
  expect(wordsOf(moved.subarray(1))).toEqual(wordsOf(bytes));
});
