import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchStatus, isFinal, progressOf, withCancelMark, type StatusCounts } from './progress.ts';

const START = new Date('2026-01-01T00:00:00Z');
const after = (seconds: number): Date => new Date(START.getTime() + seconds * 1000);
const NONE = { startedAt: null, cancelledAt: null, pausedAt: null, now: START };

const counts = fc
  .record({
    pending: fc.nat(50),
    running: fc.nat(5),
    ran: fc.nat(50),
    reused: fc.nat(50),
    failed: fc.nat(50),
    rejected: fc.nat(50),
    cancelled: fc.nat(50),
  })
  .map((n): StatusCounts => ({
    total: n.pending + n.running + n.ran + n.reused + n.failed + n.rejected + n.cancelled,
    running: n.running,
    completed: n.ran + n.reused,
    failed: n.failed + n.rejected,
    cancelled: n.cancelled,
    reused: n.reused,
    rejected: n.rejected,
    checked: n.ran + n.reused + n.failed + n.rejected,
  }))
  .filter(({ total }) => total > 0);
const of = (known: Partial<StatusCounts>): StatusCounts => ({
  total: 10,
  running: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  reused: 0,
  rejected: 0,
  checked: 10,
  ...known,
});

test('a batch is final exactly when no row is pending or running', () => {
  fc.assert(
    fc.property(counts, (n) => {
      const open = n.total - n.completed - n.failed - n.cancelled;
      expect(isFinal(batchStatus(n, { startedAt: START, cancelledAt: null }))).toBe(open === 0);
    }),
  );
});

test('a cancel makes every open row cancelled at once, and the batch final', () => {
  fc.assert(
    fc.property(counts, (n) => {
      const seen = withCancelMark(n, { cancelledAt: START });
      expect(seen.running).toBe(0);
      expect(seen.completed + seen.failed + seen.cancelled).toBe(n.total);
      expect(isFinal(batchStatus(n, { startedAt: null, cancelledAt: START }))).toBe(true);
    }),
  );
});

test.each([
  ['pending', of({ rejected: 3, failed: 3 }), null],
  ['running', of({}), START],
  ['running', of({ running: 1 }), null],
  ['running', of({ completed: 1, failed: 8 }), START],
  ['completed', of({ completed: 1, failed: 9 }), START],
  ['failed', of({ failed: 1, cancelled: 9 }), START],
  ['failed', of({ failed: 10, rejected: 10 }), null],
  ['cancelled', of({ cancelled: 10 }), START],
] as const)('a batch is %s with counts %o', (status, n, startedAt) => {
  expect(batchStatus(n, { startedAt, cancelledAt: null })).toBe(status);
});

test('each row is counted once, percentage and rate stay in range, and 100 means that all is final', () => {
  fc.assert(
    fc.property(counts, fc.nat(100_000), (n, seconds) => {
      const progress = progressOf(n, { ...NONE, startedAt: START, now: after(seconds) });
      expect(progress.pending + progress.running + progress.completed + progress.failed + progress.cancelled).toBe(n.total);
      expect(progress.pending).toBeGreaterThanOrEqual(0);
      expect(progress.percentage === 100).toBe(progress.pending + progress.running === 0);
      if (progress.successRate !== null) expect(progress.successRate).toBeLessThanOrEqual(1);
      expect(progress.secondsLeft ?? 0).toBeGreaterThanOrEqual(0);
    }),
  );
});

test('the success rate leaves rejected rows out', () => {
  expect(progressOf(of({ completed: 3, failed: 6, rejected: 5 }), NONE).successRate).toBe(0.75);
  expect(progressOf(of({ failed: 5, rejected: 5 }), NONE).successRate).toBeNull();
});

test('time left follows the rows that really ran', () => {
  const n = of({ total: 20, completed: 8, reused: 4, failed: 3, rejected: 2, running: 2 });
  // 5 rows ran in 60 s and 2 of the 9 open ones are half done: 6 are done, 8 to do.
  expect(progressOf(n, { ...NONE, startedAt: START, now: after(60) }).secondsLeft).toBe(80);
});

test('nothing is said of the time left before the first row ran, nor while paused; it is 0 at the end', () => {
  const timing = { ...NONE, startedAt: START, now: after(50) };
  expect(progressOf(of({ completed: 2, reused: 2, failed: 1, rejected: 1 }), timing).secondsLeft).toBeNull();
  expect(progressOf(of({ completed: 2 }), { ...timing, pausedAt: START }).secondsLeft).toBeNull();
  expect(progressOf(of({ completed: 10 }), timing).secondsLeft).toBe(0);
  expect(progressOf(of({ completed: 2 }), { ...timing, cancelledAt: START }).secondsLeft).toBe(0);
});
