import { PassThrough } from 'node:stream';
import type { JobDetail, JobEvent, Progress } from '@omtx/contract';
import { expect, test, vi } from 'vitest';
import { progressLine } from './progress-line.ts';
import { watch, type JobSource } from './watch.ts';

const progress: Progress = {
  total: 4,
  pending: 1,
  running: 1,
  completed: 1,
  failed: 1,
  cancelled: 0,
  reused: 0,
  rejected: 1,
  checked: 4,
  percentage: 50,
  successRate: 1,
  secondsLeft: 12.2,
};

test.each([
  [progress, 5, 12.2, null, '[############............] 2/4  1 running, 1 completed, 1 rejected  (5 s, about 13 s left)'],
  [progress, 5, 0, null, '[############............] 2/4  1 running, 1 completed, 1 rejected  (5 s, nearly done)'],
  [progress, 500, 300, null, '[############............] 2/4  1 running, 1 completed, 1 rejected  (8 min, about 5 min left)'],
  [progress, 5, null, 'It waits.', '[############............] 2/4  1 running, 1 completed, 1 rejected  (5 s)'],
  [
    { ...progress, running: 0 },
    5,
    null,
    'It waits.',
    '[############............] 2/4  0 running, 1 completed, 1 rejected  (5 s, It waits.)',
  ],
  [
    { ...progress, running: 0, pending: 0, completed: 2, failed: 2 },
    9,
    0,
    null,
    '[########################] 4/4  0 running, 2 completed, 1 failed, 1 rejected  (9 s)',
  ],
])('the line says how much is done, what came of it and the time left: %#', (counts, elapsed, left, note, line) => {
  expect(progressLine(counts, elapsed, left, note)).toBe(line);
});

test('a watch draws until the job has ended, and its last line is the end', async () => {
  const job = { id: 'j', status: 'running', finishedAt: null, progress, waitingFor: null } as JobDetail;
  const ended = {
    ...job,
    status: 'completed',
    finishedAt: '2030-01-01T00:00:00Z',
    progress: { ...progress, pending: 0, running: 0, completed: 3, secondsLeft: 0 },
  } as JobDetail;
  let isEnded = false;
  const source: JobSource = {
    getJob: () => Promise.resolve(isEnded ? ended : job),
    async *watchJob() {
      await Promise.resolve();
      isEnded = true;
      yield { kind: 'finished', status: 'completed', progress: ended.progress } as JobEvent;
    },
  };
  const out = new PassThrough() as unknown as NodeJS.WriteStream;
  expect(await watch(source, 'j', { signal: new AbortController().signal, out })).toBe(ended);
  const lines = String(out.read()).trim().split('\n');
  expect(lines[0]).toContain('2/4');
  expect(lines.at(-1)).toContain('4/4  0 running, 3 completed, 1 rejected');
});

test('where there is no terminal a line comes when something changed, and every 30 s while nothing does', async () => {
  vi.useFakeTimers();
  try {
    const job = { id: 'j', status: 'running', finishedAt: null, progress, waitingFor: null } as JobDetail;
    let now = job;
    const [change, end] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const source: JobSource = {
      getJob: () => Promise.resolve(now),
      async *watchJob() {
        await change.promise;
        yield { kind: 'progress', progress: now.progress } as JobEvent;
        await end.promise;
        yield { kind: 'finished', status: 'completed', progress: now.progress } as JobEvent;
      },
    };
    const out = new PassThrough() as unknown as NodeJS.WriteStream;
    const counts: number[] = [];
    out.on('data', (text: Buffer) => counts.push(...[...String(text).matchAll(/(\d)\/4/g)].map(([, done]) => Number(done))));
    const watching = watch(source, 'j', { signal: new AbortController().signal, out, lineEverySeconds: 5 });
    await vi.advanceTimersByTimeAsync(29_000);
    expect(counts).toEqual([2]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(counts).toEqual([2, 2]);
    now = { ...job, progress: { ...progress, running: 0, completed: 2 } };
    change.resolve(undefined);
    await vi.advanceTimersByTimeAsync(9_000);
    expect(counts).toEqual([2, 2, 3]);
    now = { ...now, status: 'completed', finishedAt: '2030-01-01T00:00:00Z', progress: { ...now.progress, pending: 0, completed: 3 } };
    end.resolve(undefined);
    await watching;
    expect(counts).toEqual([2, 2, 3, 4]);
  } finally {
    vi.useRealTimers();
  }
});
