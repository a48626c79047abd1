import { expect, test } from 'vitest';
import { secondsFor } from './estimate.ts';

test('rows share the slots, and the last round counts whole', () => {
  const pace = { setupSeconds: 10, rowSeconds: 3 };
  expect(secondsFor(0, pace, 2)).toBe(0);
  expect(secondsFor(1, pace, 2)).toBe(13);
  expect(secondsFor(5, pace, 2)).toBe(19);
  expect(secondsFor(5, pace, 0)).toBe(25);
});
