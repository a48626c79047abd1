import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blameOf } from './blame.ts';
import { isOver, isWaiting, readJobcomp, readSqueue, stateOfTask, type TaskState } from './job-state.ts';

const JOBCOMP = readFileSync(join(import.meta.dirname, 'fixtures', 'jobcomp.log'), 'utf8');

/** As 22.05 writes it: plain values, and the status of `wait`. */
const PLAIN = {
  jobs: [
    { job_id: 2, array_job_id: 1, array_task_id: 0, job_state: 'COMPLETED', exit_code: 0, state_reason: 'None', name: 'omtx-a' },
    { job_id: 4, array_job_id: 1, array_task_id: 2, job_state: 'FAILED', exit_code: 768, state_reason: 'NonZeroExitCode', name: 'omtx-a' },
    { job_id: 5, array_job_id: 1, array_task_id: 3, job_state: 'FAILED', exit_code: 9, state_reason: 'JobLaunchFailure', name: 'omtx-a' },
    { job_id: 1, array_job_id: 1, array_task_id: null, job_state: 'PENDING', exit_code: 0, state_reason: 'Resources', name: 'omtx-a' },
    { job_id: 9, array_job_id: 0, array_task_id: null, job_state: 'RUNNING', exit_code: 0, state_reason: 'None', name: 'other' },
  ],
};

const number = (value: number) => ({ set: true, infinite: false, number: value });
const none = { set: false, infinite: false, number: 0 };

/** As 23.02 and later write the same. */
const WRAPPED = {
  jobs: PLAIN.jobs.map((job) => ({
    ...job,
    array_job_id: number(job.array_job_id),
    array_task_id: job.array_task_id === null ? none : number(job.array_task_id),
    job_state: job.job_state === 'RUNNING' ? ['RUNNING', 'COMPLETING'] : [job.job_state],
    exit_code: {
      status: ['SUCCESS'],
      return_code: number(job.exit_code >> 8),
      signal: { id: (job.exit_code & 0x7f) === 0 ? none : number(job.exit_code & 0x7f), name: '' },
    },
  })),
};

test.each([
  ['plain', PLAIN],
  ['wrapped', WRAPPED],
])('tasks of an array, their states and their exits are read from the %s shape of squeue', (_, shape) => {
  const tasks = readSqueue(JSON.stringify(shape)) ?? [];
  expect(tasks.map(({ jobId, task, state }) => [jobId, task, state])).toEqual([
    ['1', 0, 'COMPLETED'],
    ['1', 2, 'FAILED'],
    ['1', 3, 'FAILED'],
    ['1', undefined, 'PENDING'],
    ['9', undefined, 'RUNNING'],
  ]);
  expect(stateOfTask(tasks, '1', 2)).toMatchObject({ exitCode: 3, reason: 'NonZeroExitCode' });
  expect(stateOfTask(tasks, '1', 3)?.signal).toBe(9);
  // A task that was never told apart waits with those that were not.
  expect(stateOfTask(tasks, '1', 7)).toMatchObject({ state: 'PENDING', reason: 'Resources' });
  expect(stateOfTask(tasks, '2', 0)).toBeUndefined();
});

test('what is no answer of squeue is told apart from an answer without jobs', () => {
  expect(readSqueue('slurm_load_jobs error: Unable to contact slurm controller')).toBeUndefined();
  expect(readSqueue('{"jobs": []}')).toEqual([]);
});

test('the file of finished jobs tells each task of a real cluster with its end', () => {
  const tasks = readJobcomp(JOBCOMP);
  const end = (jobId: string, task = 0) => {
    const found = stateOfTask(tasks, jobId, task);
    return found && [found.state, found.exitCode, found.signal];
  };
  expect(end('1', 0)).toEqual(['COMPLETED', 0, 0]);
  expect(end('1', 2)).toEqual(['FAILED', 3, 0]);
  expect(end('1', 3)).toEqual(['FAILED', 0, 9]);
  expect(end('15')).toEqual(['TIMEOUT', 0, 0]);
  expect(end('10', 0)).toEqual(['CANCELLED', 0, 0]);
  // Elements that were cancelled before they had a number of their own.
  expect(end('10', 4)).toEqual(['CANCELLED', 0, 0]);
  expect(tasks.every((task) => isOver(task) && !isWaiting(task))).toBe(true);
});

const ended = (state: string, more: Partial<TaskState> = {}): TaskState => ({
  jobId: '5',
  task: 0,
  name: '',
  state,
  reason: '',
  exitCode: undefined,
  signal: undefined,
  ...more,
});

test.each<[string, TaskState | undefined, boolean, string, string, RegExp]>([
  ['its time', ended('TIMEOUT'), true, '', 'timeout', /maxMinutes/],
  ['the time of a row that was begun late', ended('TIMEOUT'), false, '', 'worker_lost', /time limit/],
  ['memory, with cgroups', ended('OUT_OF_MEMORY'), true, '', 'out_of_memory', /more memory/],
  [
    'memory, by its accounting',
    ended('FAILED', { signal: 9 }),
    true,
    'slurmstepd: error: Step 5 exceeded memory limit (900 > 512), being killed',
    'out_of_memory',
    /exceeded/,
  ],
  ['its node', ended('NODE_FAIL', { reason: 'NodeDown' }), true, '', 'worker_lost', /NODE_FAIL NodeDown/],
  [
    'a signal',
    ended('FAILED', { exitCode: 0, signal: 11 }),
    true,
    'no engine',
    'worker_lost',
    /FAILED \(signal 11\).*Its output ends: no engine/,
  ],
  ['the memory of Slurm', undefined, true, '', 'worker_lost', /does not know it any more/],
])('a job that ended for %s is told so', (_, state, isFirst, output, code, message) => {
  const failure = blameOf({ jobId: '5', part: 0, state, isFirst, output });
  expect(failure.code).toBe(code);
  expect(failure.message).toMatch(message);
});
