import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findDuplicates } from './duplicates.ts';

test('the first of equal rows runs and the others share its result; a rejected row is no original', () => {
  expect(findDuplicates(['a', 'b', 'a', undefined, undefined, 'b', 'a'])).toEqual([undefined, undefined, 0, undefined, undefined, 1, 0]);
});

test('an original comes earlier, is equal and is itself no repeat', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.constantFrom('a', 'b', 'c', '__proto__'), { nil: undefined })), (identities) => {
      const originals = findDuplicates(identities);
      expect(originals).toHaveLength(identities.length);
      originals.forEach((original, index) => {
        if (original === undefined) return;
        expect(original).toBeLessThan(index);
        expect(identities[original]).toBe(identities[index]);
        expect(originals[original]).toBeUndefined();
      });
      expect(originals.filter((original, index) => original === undefined && identities[index] !== undefined)).toHaveLength(
        new Set(identities.filter((identity) => identity !== undefined)).size,
      );
    }),
  );
});
