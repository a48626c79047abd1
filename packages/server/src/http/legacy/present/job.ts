/** Jobs as part A of the old contract shows them: float epoch seconds, keys left out where there is nothing to say. */
import { childId, parseId, type JobStatus, type Progress } from '@omtx/contract';
import type { FreeObject } from '../../../domain/free-object.ts';
import type { BatchEntry, Entry, RowEntry } from '../../../services/read-entries.ts';
import { inputData, ligandOfRow } from './input.ts';
import { duration, seconds } from './time.ts';
import { withoutNull } from './without-null.ts';

/** Name, type, status and times of an entry: of the job, or of the row where it is a child. */
export interface Identity {
  readonly id: string;
  readonly name: string;
  readonly jobType: Entry['kind'];
  readonly taskType: string;
  readonly status: JobStatus;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly updatedAt: string;
  readonly errorMessage: string | null;
  readonly hasResults: boolean;
}

export function identify(entry: Entry): Identity {
  const { job } = entry;
  if (entry.kind !== 'batch_child') {
    const { id, name, taskType, status, createdAt, startedAt, finishedAt, updatedAt } = job;
    const row = entry.kind === 'individual' ? entry.row : undefined;
    const common = { id, name, jobType: entry.kind, taskType, createdAt, startedAt, finishedAt, updatedAt };
    return { ...common, status, errorMessage: row?.failure?.message ?? null, hasResults: row?.status === 'completed' };
  }
  const { row } = entry;
  return {
    id: row.id,
    name: `${job.name} - ${ligandOfRow(row).name}`,
    jobType: 'batch_child',
    taskType: childTaskType(job.taskType),
    status: row.status,
    createdAt: job.createdAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
    updatedAt: row.finishedAt ?? row.startedAt ?? job.createdAt,
    errorMessage: row.failure?.message ?? null,
    hasResults: row.status === 'completed',
  };
}

/** Children of a screening batch were always stored as single binding jobs. */
export function childTaskType(taskType: string): string {
  return taskType === 'batch_protein_ligand_screening' ? 'protein_ligand_binding' : taskType;
}

function isViewable(status: JobStatus): boolean {
  return status === 'completed' || status === 'failed';
}

/** From start to end; while it runs, to now. */
function shownDuration({ startedAt, finishedAt, status }: Identity, now: Date): number | null {
  return duration(startedAt, finishedAt, status === 'running' ? now.toISOString() : null);
}

/** A row of `my-jobs`. */
export function jobSummary(entry: Entry, now: Date) {
  const identity = identify(entry);
  return {
    id: identity.id,
    name: identity.name,
    job_type: identity.jobType,
    task_type: identity.taskType,
    status: identity.status,
    created_at: seconds(identity.createdAt),
    updated_at: seconds(identity.updatedAt),
    duration: shownDuration(identity, now),
    can_view: isViewable(identity.status),
    has_results: identity.hasResults,
    batch_info: entry.kind === 'batch_parent' ? batchInfo(entry.job.progress) : null,
  };
}

export function batchInfo({ total, completed, failed, running, pending, percentage }: Progress) {
  return { total, completed, failed, running, pending, progress_percentage: percentage };
}

/** Statistics of a batch over all of its rows. */
export function batchStatistics({ total, completed, failed, running, pending, cancelled }: Progress) {
  const ended = completed + failed;
  return {
    total,
    completed,
    failed,
    running,
    pending,
    cancelled,
    progress_percentage: total === 0 ? 0 : (100 * (ended + cancelled)) / total,
    success_rate: ended === 0 ? 0 : (100 * completed) / ended,
  };
}

/**
 * A job in full (ApiJob). `duration` alone is kept where it is null.
 * @param children of a batch, for its ligands; without them the parent is shown by its counts
 */
export function apiJob(entry: Entry, user: string, now: Date, children?: readonly RowEntry[]): FreeObject {
  const identity = identify(entry);
  const base = {
    id: identity.id,
    name: identity.name,
    job_type: identity.jobType,
    task_type: identity.taskType,
    status: identity.status,
    created_at: seconds(identity.createdAt),
    updated_at: seconds(identity.updatedAt),
    started_at: seconds(identity.startedAt),
    completed_at: seconds(identity.finishedAt),
    input_data: { ...inputData(entry), ...(children ? { ligands: children.map(({ row }) => ligandOfRow(row)) } : {}) },
    error_message: identity.errorMessage,
    model_name: entry.job.modelId,
    user_id: user,
    ...familyFields(entry, children),
    has_results: identity.hasResults,
    results_in_gcp: false,
    duration: shownDuration(identity, now),
    is_batch: entry.kind !== 'individual',
    can_view: isViewable(identity.status),
  };
  return withoutNull(base, ['duration']);
}

function familyFields(entry: Entry, children: readonly RowEntry[] | undefined): FreeObject {
  switch (entry.kind) {
    case 'individual':
      return {};
    case 'batch_child':
      return { batch_parent_id: entry.job.id, batch_index: entry.row.index };
    case 'batch_parent':
      return {
        ...(children ? { batch_child_ids: childIds(entry, children.length) } : {}),
        batch_total_ligands: entry.job.progress.total,
        batch_completion_rate: entry.job.progress.percentage / 100,
        batch_progress: batchInfo(entry.job.progress),
        batch_estimated_completion: entry.job.progress.secondsLeft,
      };
    default:
      return entry satisfies never;
  }
}

/** Ids of children are parsed, not stored: the first `count` of them. */
function childIds({ job }: BatchEntry, count: number): readonly string[] {
  const parsed = parseId(job.id);
  return parsed ? Array.from({ length: count }, (_, index) => childId(parsed.jobId, index)) : [];
}

/** A batch's own status for pollers that know only the three ends: its nuance is in the counts. */
export type PolledStatus = 'pending' | 'running' | 'completed' | 'failed';

/** The old poller of single jobs ends with an error for any other word, so a cancelled job has failed for it. */
export function polledStatus(status: JobStatus): PolledStatus {
  return status === 'cancelled' ? 'failed' : status;
}
