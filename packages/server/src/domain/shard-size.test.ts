import { expect, test } from 'vitest';
import { leastShardSize, shardSize, updatePace } from './shard-size.ts';

test('a shard lasts five minutes, or ten times its set-up, and has a row for each slot', () => {
  expect(shardSize({ setupSeconds: 1, rowSeconds: 6 }, 2, 1_000)).toBe(100);
  expect(shardSize({ setupSeconds: 60, rowSeconds: 6 }, 1, 1_000)).toBe(100);
  expect(shardSize({ setupSeconds: 1, rowSeconds: 600 }, 4, 1_000)).toBe(4);
  expect(shardSize({ setupSeconds: 1, rowSeconds: 0 }, 4, 500)).toBe(500);
});

test('measurements move the pace a third of the way', () => {
  expect(updatePace({ setupSeconds: 3, rowSeconds: 1 }, { rowSeconds: 4 })).toEqual({ setupSeconds: 3, rowSeconds: 2 });
});

test('a shard is not cut so small that its set-up is more than a tenth of it', () => {
  expect(leastShardSize({ setupSeconds: 20, rowSeconds: 6 }, 1)).toBe(31);
  expect(leastShardSize({ setupSeconds: 0, rowSeconds: 6 }, 2)).toBe(2);
});

test('rows that take the hub longer to give out than to run are not cut into many runs', () => {
  expect(leastShardSize({ setupSeconds: 0, rowSeconds: 0.001 }, 1)).toBe(180);
  expect(leastShardSize({ setupSeconds: 0, rowSeconds: 0 }, 1)).toBe(1_800);
});
