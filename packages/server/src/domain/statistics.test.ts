import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createdSince, statisticsOf, timeSummary, type Counted } from './statistics.ts';

const none: Counted = { kind: '', jobType: '', taskType: '', modelId: '', status: '', bucket: 0, n: 1, totalMs: 0 };
/** As the database puts it. */
const bucketOf = (ms: number): number => Math.max(0, Math.floor(Math.log(Math.max(ms, 1)) / Math.log(1.09)));

test('percentiles are within 5 % of the value at their rank, and the mean is exact', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1e9 }), { minLength: 1, maxLength: 300 }), (times) => {
      const sorted = times.toSorted((a, b) => a - b);
      const summary = timeSummary(times.map((ms) => ({ ...none, bucket: bucketOf(ms), totalMs: ms })));
      for (const [share, told] of [
        [0.5, summary.p50],
        [0.95, summary.p95],
      ] as const) {
        const exact = (sorted[Math.ceil(share * sorted.length) - 1] ?? 0) / 1_000;
        expect(Math.abs((told ?? 0) / exact - 1)).toBeLessThan(0.05);
      }
      expect(summary.mean).toBeCloseTo(times.reduce((a, b) => a + b, 0) / times.length / 1_000, 6);
    }),
  );
});

test('jobs are told by status, type, task and model, and rows that were rejected leave the success rate alone', () => {
  const job = { ...none, kind: 'jobs', jobType: 'individual', taskType: 't', modelId: 'vina' };
  const rows = { ...none, kind: 'rows', jobType: 'individual', taskType: 't', modelId: 'vina' };
  const statistics = statisticsOf([
    { ...job, status: 'completed', n: 3 },
    { ...job, status: 'failed', modelId: 'boltz2' },
    { ...rows, status: 'total', n: 10 },
    { ...rows, status: 'completed', n: 6 },
    { ...rows, status: 'failed', n: 4 },
    { ...rows, status: 'rejected', n: 2 },
  ]);
  expect(statistics.jobs).toEqual({
    total: 4,
    byStatus: { completed: 3, failed: 1 },
    byJobType: { individual: 4 },
    byTaskType: { t: 4 },
    byModel: { vina: 3, boltz2: 1 },
  });
  expect(statistics.successRate).toBe(0.75);
  expect(statistics.models.map(({ modelId, successRate }) => [modelId, successRate])).toEqual([
    ['boltz2', null],
    ['vina', 0.75],
  ]);
});

test('days are the newest first, and the recent ones are counted by day', () => {
  const day = (bucket: number, n: number): Counted => ({ ...none, kind: 'created', bucket, n });
  const finished: Counted = { ...none, kind: 'finished', status: 'failed', bucket: 9_001, n: 2 };
  const { days } = statisticsOf([day(9_000, 5), day(9_001, 1), finished]);
  expect(days).toEqual([
    { day: '2024-08-23', created: 1, completed: 0, failed: 2, cancelled: 0 },
    { day: '2024-08-22', created: 5, completed: 0, failed: 0, cancelled: 0 },
  ]);
  expect(createdSince([day(9_000, 5), day(8_993, 7), day(8_994, 1)], new Date('2024-08-22T12:00:00Z'), 7)).toBe(6);
});
