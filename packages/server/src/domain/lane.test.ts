import { expect, test } from 'vitest';
import { laneOf } from './lane.ts';

const quick = { setupSeconds: 5, rowSeconds: 2 };
const slow = { setupSeconds: 60, rowSeconds: 60 };

test('few rows that take minutes are interactive; many, or few slow ones, are bulk', () => {
  expect(laneOf(10, quick, undefined)).toBe('interactive');
  expect(laneOf(11, quick, undefined)).toBe('bulk');
  expect(laneOf(4, slow, undefined)).toBe('interactive');
  expect(laneOf(5, slow, undefined)).toBe('bulk');
  expect(laneOf(1, { setupSeconds: 0, rowSeconds: 5_000 }, undefined)).toBe('interactive');
});

test('the wish for the bulk lane is heard from five rows on', () => {
  expect(laneOf(4, quick, 'bulk')).toBe('interactive');
  expect(laneOf(5, quick, 'bulk')).toBe('bulk');
});
