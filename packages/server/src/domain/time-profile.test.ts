import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leftOverDone, profileOf, PROFILE_SLICES } from './time-profile.ts';

test('rows of one size are left as they were done', () => {
  const even = profileOf(Array.from({ length: 100 }, (_, index) => ({ place: index / 100, seconds: 3 })));
  expect(even).toHaveLength(PROFILE_SLICES);
  expect(leftOverDone(even, 0.3)).toBeCloseTo(1);
});

test('of a job that grows heavier the rows left take longer than those done', () => {
  expect(leftOverDone([1, 1, 3, 3], 0.5)).toBeCloseTo(3);
  expect(leftOverDone([1, 1, 3, 3], 0.25)).toBeCloseTo(7 / 3);
});

test('where nothing is known, or all or nothing is done, the rows left are taken to be like those done', () => {
  expect(profileOf([{ place: 0, seconds: 1 }])).toBeUndefined();
  for (const profile of [null, undefined, []]) expect(leftOverDone(profile, 0.5)).toBe(1);
  for (const done of [0, 1]) expect(leftOverDone([1, 2], done)).toBe(1);
});

test('what is done and what is left add up to the whole', () => {
  const profile = fc.array(fc.double({ min: 0.01, max: 1_000, noNaN: true }), { minLength: 1, maxLength: PROFILE_SLICES });
  fc.assert(
    fc.property(profile, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (slices, done) => {
      const ratio = leftOverDone(slices, done);
      const mean = slices.reduce((sum, seconds) => sum + seconds, 0) / slices.length;
      const meanDone = mean / (done + ratio * (1 - done));
      expect(Math.min(...slices) * (1 - 1e-9)).toBeLessThanOrEqual(meanDone);
      expect(Math.max(...slices) * (1 + 1e-9)).toBeGreaterThanOrEqual(meanDone);
    }),
  );
});
