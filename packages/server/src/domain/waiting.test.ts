import { expect, test } from 'vitest';
import { waitingFor, type WaitingJob } from './waiting.ts';

const at = new Date('2026-05-04T14:02:31Z');
const job: WaitingJob = {
  modelId: 'boltz2',
  modelVersion: '2.2',
  running: 0,
  finishedAt: null,
  cancelledAt: null,
  pausedAt: null,
  isHeld: false,
  hasRowsToGive: true,
  backOffUntil: null,
  workersAlive: 1,
  offeredUntil: at,
  jobsAhead: 2,
  ownRunning: 0,
  atOwnerLimit: false,
  atModelLimit: false,
  needsGpu: false,
};

test.each([
  [{ workersAlive: 0 }, 'No worker offers boltz2 2.2 since 2026-05-04 14:02 UTC. Start one'],
  [{ workersAlive: 0, needsGpu: true }, 'on a host with a GPU where the model is installed.'],
  [{ workersAlive: 0, offeredUntil: null }, 'No worker has offered boltz2 2.2 yet.'],
  [{ needsGpu: true }, 'Waiting for a GPU slot, 3rd in line.'],
  [{ jobsAhead: 0, ownRunning: 2 }, 'Waiting for a free slot, 1st in line: 2 other jobs of yours run.'],
  [{ jobsAhead: 10 }, '11th in line'],
  [{ atOwnerLimit: true, ownRunning: 1 }, 'your jobs run as many rows as you may have at once (1 other job of yours run'],
  [{ atModelLimit: true }, 'boltz2 2.2 runs as many rows as this hub allows for it; waiting for a slot, 3rd in line.'],
  [{ pausedAt: at }, 'It is paused since 2026-05-04 14:02 UTC'],
  [{ hasRowsToGive: false, backOffUntil: at }, 'Its rows wait until 2026-05-04 14:02 UTC'],
  [{ hasRowsToGive: false }, 'being prepared'],
  [{ isHeld: true }, 'A worker loads the model'],
] satisfies [Partial<WaitingJob>, string][])('a job that stands still says why: %j', (change, words) => {
  expect(waitingFor({ ...job, ...change })).toContain(words);
});

test('a job that moves or has ended waits for nothing', () => {
  expect(waitingFor({ ...job, running: 1 })).toBeNull();
  expect(waitingFor({ ...job, finishedAt: at })).toBeNull();
});
