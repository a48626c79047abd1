/** How the tasks of a job stand, as Slurm tells it: `squeue --json` in both of its shapes, or the file of finished jobs. Pure. */
import { isRecord, valueAt } from '../../domain/free-object.ts';

export interface TaskState {
  /** Of the array, or of the job itself. */
  readonly jobId: string;
  /** Undefined for a job that is no array, and for the tasks of an array that were never told apart. */
  readonly task: number | undefined;
  readonly name: string;
  /** Upper case, such as RUNNING. */
  readonly state: string;
  readonly reason: string;
  readonly exitCode: number | undefined;
  readonly signal: number | undefined;
}

const WAITING = ['PENDING', 'CONFIGURING', 'REQUEUED', 'REQUEUE_HOLD', 'SPECIAL_EXIT', 'RESV_DEL_HOLD'];
const RUNNING = ['RUNNING', 'COMPLETING', 'SUSPENDED', 'STOPPED', 'SIGNALING', 'STAGE_OUT', 'RESIZING'];

export function isWaiting({ state }: TaskState): boolean {
  return WAITING.includes(state);
}

export function isOver(task: TaskState): boolean {
  return !isWaiting(task) && !RUNNING.includes(task.state);
}

/** @returns undefined for what is no answer of squeue */
export function readSqueue(text: string): readonly TaskState[] | undefined {
  const jobs = valueAt(parse(text), '/jobs');
  return Array.isArray(jobs) ? jobs.filter(isRecord).map(readJob) : undefined;
}

/** 22.05 has plain values and the raw status of `wait`; from 23.02 on numbers are wrapped, states are lists and the exit is taken apart. */
function readJob(job: Readonly<Record<string, unknown>>): TaskState {
  const arrayId = numberOf(job['array_job_id']);
  const isArray = arrayId !== undefined && arrayId > 0;
  const exit = job['exit_code'];
  const wrapped = isRecord(exit) && 'return_code' in exit;
  const raw = wrapped ? undefined : numberOf(exit);
  return {
    jobId: String(isArray ? arrayId : (numberOf(job['job_id']) ?? '')),
    task: isArray ? numberOf(job['array_task_id']) : undefined,
    name: textOf(job['name']),
    state: stateOf(job['job_state']),
    reason: textOf(job['state_reason']),
    exitCode: wrapped ? numberOf(exit['return_code']) : raw === undefined ? undefined : raw >> 8,
    signal: wrapped
      ? numberOf(valueAt(exit, '/signal/id') ?? valueAt(exit, '/signal/signal_id'))
      : raw === undefined
        ? undefined
        : raw & 0x7f,
  };
}

/** Lists begin with the state proper; what follows are flags such as COMPLETING. */
function stateOf(value: unknown): string {
  return textOf(Array.isArray(value) ? value[0] : value).toUpperCase();
}

function numberOf(value: unknown): number | undefined {
  if (isRecord(value)) return value['set'] === true && value['infinite'] !== true ? numberOf(value['number']) : undefined;
  return typeof value === 'number' ? value : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Told by the missing list of jobs.
  }
}

/** Lines of the plugin jobcomp/filetxt, the oldest first; of a task that is told twice (it was requeued) the last one counts. */
export function readJobcomp(text: string): readonly TaskState[] {
  const tasks = new Map<string, TaskState>();
  for (const line of text.split('\n')) {
    const field = (name: string): string | undefined => new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1];
    const jobId = field('ArrayJobId') ?? field('JobId');
    if (jobId === undefined) continue;
    const task = field('ArrayTaskId');
    const [exitCode, signal] = (field('ExitCode') ?? '').split(':');
    tasks.set(`${jobId} ${task ?? ''}`, {
      jobId,
      task: task === undefined ? undefined : Number(task),
      name: field('Name') ?? '',
      state: (field('JobState') ?? '').toUpperCase(),
      reason: '',
      exitCode: exitCode === undefined || exitCode === '' ? undefined : Number(exitCode),
      signal: signal === undefined ? undefined : Number(signal),
    });
  }
  return [...tasks.values()];
}

/** The state of one task of a job: told for itself, or with all those that were never told apart. */
export function stateOfTask(states: readonly TaskState[], jobId: string, task: number): TaskState | undefined {
  const mine = states.filter((each) => each.jobId === jobId);
  return mine.find((each) => each.task === task) ?? mine.find((each) => each.task === undefined);
}
