import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rankRows } from './ranking.ts';

test('lower is better: best first, equal scores share a rank, rows without a score last', () => {
  const rows = [-7, null, -9, -7, Number.NaN, -5].map((score, index) => ({ index, score }));
  expect(rankRows(rows, 'lower').map(({ index, rank }) => [index, rank])).toEqual([
    [2, 1],
    [0, 2],
    [3, 2],
    [5, 4],
    [1, null],
    [4, null],
  ]);
});

test('higher is better turns the order, not the places of ties and gaps', () => {
  const rows = [0.2, 0.9, null, 0.9].map((score, index) => ({ index, score }));
  expect(rankRows(rows, 'higher').map(({ index, rank }) => [index, rank])).toEqual([
    [1, 1],
    [3, 1],
    [0, 3],
    [2, null],
  ]);
});

test('a metric without direction ranks nothing', () => {
  expect(
    rankRows(
      [
        { index: 1, score: 2 },
        { index: 0, score: 1 },
      ],
      'none',
    ).map(({ index, rank }) => [index, rank]),
  ).toEqual([
    [0, null],
    [1, null],
  ]);
});

test('each row is there once, and a rank is one more than the number of better rows', () => {
  const score = fc.option(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double()), { nil: null });
  fc.assert(
    fc.property(fc.array(score), (scores) => {
      const ranked = rankRows(
        scores.map((value, index) => ({ index, score: value })),
        'lower',
      );
      expect(ranked.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(scores.map((_, index) => index));
      for (const row of ranked) {
        // No finite number is no score: it gets no rank and counts as no better row.
        if (row.score === null || !Number.isFinite(row.score)) {
          expect(row.rank).toBeNull();
          continue;
        }
        const own = row.score;
        expect(row.rank).toBe(1 + scores.filter((other) => other !== null && Number.isFinite(other) && other < own).length);
      }
    }),
  );
});
