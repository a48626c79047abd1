/**
 * The life of one job: an individual job or one child of a batch. A parent's status is a function of its counts (`progress.ts`).
 *
 *     pending -> running               a run has it in flight
 *     running -> pending               put back; `attempt` grows when the row was to blame
 *     running -> completed | failed    its one outcome
 *     pending -> completed | failed    reused from an earlier row | rejected before it ran
 *     pending | running -> cancelled
 *     failed | cancelled -> pending    only by `retry`, which a person asks for: attempt + 1
 *
 * Pure: times and ids are given. The storage layer makes the same moves in SQL, fenced by run and attempt.
 */
import { childId, type Failure, type JobId, type JobType, type Rejection, type RunId } from '@omtx/contract';
import type { FreeObject } from './free-object.ts';

export type Metrics = Readonly<Record<string, number>>;

export type JobState =
  | { readonly status: 'pending'; readonly attempt: number }
  | { readonly status: 'running'; readonly attempt: number; readonly runId: RunId; readonly startedAt: Date }
  | {
      readonly status: 'completed';
      readonly attempt: number;
      readonly metrics: Metrics;
      readonly reusedFrom: number | undefined;
      readonly finishedAt: Date;
    }
  | { readonly status: 'failed'; readonly attempt: number; readonly failure: Failure | Rejection; readonly finishedAt: Date }
  | { readonly status: 'cancelled'; readonly attempt: number; readonly finishedAt: Date };

export type JobCommand =
  | { readonly kind: 'start'; readonly runId: RunId; readonly at: Date }
  | { readonly kind: 'putBack'; readonly runId: RunId; readonly blamed: boolean }
  | { readonly kind: 'complete'; readonly runId: RunId; readonly metrics: Metrics; readonly at: Date }
  | { readonly kind: 'fail'; readonly runId: RunId; readonly failure: Failure; readonly at: Date }
  | { readonly kind: 'reuse'; readonly from: number; readonly metrics: Metrics; readonly at: Date }
  | { readonly kind: 'reject'; readonly rejection: Rejection; readonly at: Date }
  | { readonly kind: 'cancel'; readonly at: Date }
  | { readonly kind: 'retry' };

/** What all three types of job have. */
interface JobBase {
  readonly taskType: string;
  readonly modelId: string;
  readonly modelVersion: string;
  readonly name: string;
}

export interface NewIndividualJob extends JobBase {
  readonly jobType: Extract<JobType, 'individual'>;
  readonly id: JobId;
  readonly shared: FreeObject;
  readonly own: FreeObject;
  readonly state: JobState;
}

export interface NewBatchParent extends JobBase {
  readonly jobType: Extract<JobType, 'batch_parent'>;
  readonly id: JobId;
  readonly shared: FreeObject;
  readonly total: number;
}

export interface NewBatchChild extends JobBase {
  readonly jobType: Extract<JobType, 'batch_child'>;
  /** Public id, parsed and not stored. */
  readonly id: string;
  readonly batchId: JobId;
  /** 0-based place in the input. */
  readonly index: number;
  readonly own: FreeObject;
  readonly state: JobState;
}

const FIRST: JobState = { status: 'pending', attempt: 1 };

export function newIndividualJob(job: Omit<NewIndividualJob, 'jobType' | 'state'>): NewIndividualJob {
  return { ...job, jobType: 'individual', state: FIRST };
}

/** @throws Error for a batch without rows: such a submission is refused before */
export function newBatchParent(job: Omit<NewBatchParent, 'jobType'>): NewBatchParent {
  if (!Number.isInteger(job.total) || job.total < 1) throw new Error(`a batch has at least one row, not ${String(job.total)}`);
  return { ...job, jobType: 'batch_parent' };
}

/** @throws Error for an index outside the parent */
export function newBatchChild(
  parent: NewBatchParent,
  row: { readonly index: number; readonly name: string; readonly own: FreeObject },
): NewBatchChild {
  if (!Number.isInteger(row.index) || row.index < 0 || row.index >= parent.total)
    throw new Error(`row ${String(row.index)} is outside a batch of ${String(parent.total)}`);
  const { taskType, modelId, modelVersion } = parent;
  return {
    taskType,
    modelId,
    modelVersion,
    ...row,
    jobType: 'batch_child',
    id: childId(parent.id, row.index),
    batchId: parent.id,
    state: FIRST,
  };
}

/**
 * Makes a move.
 * @returns the new state; undefined where the move is not allowed in this state or comes from another run, and nothing changes
 */
export function transition(state: JobState, command: JobCommand): JobState | undefined {
  switch (state.status) {
    case 'pending':
      return fromPending(state, command);
    case 'running':
      return fromRunning(state, command);
    case 'failed':
    case 'cancelled':
      return command.kind === 'retry' ? { status: 'pending', attempt: state.attempt + 1 } : undefined;
    case 'completed':
      return undefined;
    default:
      return state satisfies never;
  }
}

function fromPending({ attempt }: JobState, command: JobCommand): JobState | undefined {
  switch (command.kind) {
    case 'start':
      return { status: 'running', attempt, runId: command.runId, startedAt: command.at };
    case 'reuse':
      return { status: 'completed', attempt, metrics: command.metrics, reusedFrom: command.from, finishedAt: command.at };
    case 'reject':
      return { status: 'failed', attempt, failure: command.rejection, finishedAt: command.at };
    case 'cancel':
      return { status: 'cancelled', attempt, finishedAt: command.at };
    case 'putBack':
    case 'complete':
    case 'fail':
    case 'retry':
      return undefined;
    default:
      return command satisfies never;
  }
}

function fromRunning({ attempt, runId }: Extract<JobState, { status: 'running' }>, command: JobCommand): JobState | undefined {
  if (command.kind === 'cancel') return { status: 'cancelled', attempt, finishedAt: command.at };
  // The fence: only the run that has the row in flight may move it.
  if (!('runId' in command) || command.runId !== runId) return undefined;
  switch (command.kind) {
    case 'complete':
      return { status: 'completed', attempt, metrics: command.metrics, reusedFrom: undefined, finishedAt: command.at };
    case 'fail':
      return { status: 'failed', attempt, failure: command.failure, finishedAt: command.at };
    case 'putBack':
      return { status: 'pending', attempt: command.blamed ? attempt + 1 : attempt };
    case 'start':
      return undefined;
    default:
      return command satisfies never;
  }
}
