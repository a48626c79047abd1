import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findDuplicates } from './duplicates.ts';
import { FirstSeen } from './first-seen.ts';

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, 16);
}

test('it finds the same first rows as a map of the identities does', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300), { maxLength: 3_000 }), (identities) => {
      const seen = new FirstSeen();
      const found = identities.map((identity, index) => seen.firstPlaceOf(hashOf(String(identity)), index));
      const expected = findDuplicates(identities.map(String)).map((original, index) => original ?? index);
      expect(found).toEqual(expected);
    }),
  );
});

test('a hundred thousand identities keep their first places through every growth', () => {
  const seen = new FirstSeen();
  const hashes = Array.from({ length: 100_000 }, (_, index) => hashOf(String(index)));
  for (const [index, hash] of hashes.entries()) seen.firstPlaceOf(hash, index);
  const wrong = hashes.findIndex((hash, index) => seen.firstPlaceOf(hash, -2) !== index);
  expect(wrong).toBe(-1);
});
