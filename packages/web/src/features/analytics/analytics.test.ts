import type { JobSummary } from '@omtx/contract';
import { expect, test } from 'vitest';
import { jobsPerDay, useOfModels } from './analytics.ts';

const job = (change: Partial<JobSummary>, progress: Partial<JobSummary['progress']> = {}): JobSummary => ({
  id: 'j',
  jobType: 'batch_parent',
  taskType: 't',
  modelId: 'vina',
  modelVersion: '1',
  name: 'n',
  status: 'completed',
  createdAt: '2026-11-25T12:00:00',
  startedAt: '2026-11-25T12:00:10',
  finishedAt: '2026-11-25T12:01:10',
  updatedAt: '2026-11-25T12:01:10',
  pausedAt: null,
  cancelRequestedAt: null,
  tags: [],
  project: null,
  ownNotes: '',
  ...change,
  progress: {
    total: 10,
    pending: 0,
    running: 0,
    completed: 7,
    failed: 3,
    cancelled: 0,
    reused: 1,
    rejected: 2,
    checked: 10,
    percentage: 100,
    successRate: 1,
    secondsLeft: null,
    ...progress,
  },
});

test('days without jobs are shown, and a job counts on the day it was submitted', () => {
  const days = jobsPerDay(
    [job({}), job({ status: 'failed' }), job({ createdAt: '2026-11-20T12:00:00' })],
    3,
    new Date('2026-11-25T18:00:00'),
  );
  expect(days).toEqual([
    { day: '2026-11-23', completed: 0, failed: 0, other: 0 },
    { day: '2026-11-24', completed: 0, failed: 0, other: 0 },
    { day: '2026-11-25', completed: 1, failed: 1, other: 0 },
  ]);
});

test('success and time per row count what ran: not the rejected, not the reused', () => {
  expect(useOfModels([job({})])).toEqual([
    { modelId: 'vina', jobs: 1, rows: 10, successRate: 6 / 7, secondsPerRow: 60 / 7, waitSeconds: 10 },
  ]);
});
