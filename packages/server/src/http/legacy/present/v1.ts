/** Jobs and batches of the later `/api/v1` (D). */
import { childId, parseId } from '@omtx/contract';
import type { FreeObject } from '../../../domain/free-object.ts';
import type { BatchEntry, Entry } from '../../../services/read-entries.ts';
import { hasStructure } from '../../../services/read-structure.ts';
import { toSnake } from '../../../domain/legacy/names.ts';
import { inputData } from './input.ts';
import { identify } from './job.ts';

/** Ids of children of a list; a reader of more asks for the children. */
const MAX_LISTED_IDS = 10_000;

/** @param results of a completed row */
export function v1Job(entry: Entry, user: string, results: FreeObject | undefined): FreeObject {
  const identity = identify(entry);
  const { progress } = entry.job;
  return {
    job_id: identity.id,
    status: identity.status,
    model: entry.job.modelId,
    job_name: identity.name,
    created_at: identity.createdAt,
    updated_at: identity.updatedAt,
    completed_at: identity.finishedAt,
    estimated_completion_seconds: entry.kind === 'batch_parent' ? progress.secondsLeft : null,
    message: identity.errorMessage ?? `Job is ${identity.status}`,
    queue_info: null,
    results: results ? { ...results, input_data: inputData(entry) } : null,
    error_message: identity.errorMessage,
    download_links: linksOf(entry),
    input_data: inputData(entry),
    parameters: Object.fromEntries(Object.entries(entry.job.parameters).map(([name, value]) => [toSnake(name), value])),
    task_type: identity.taskType,
    // The pages filter by it, in upper case, and the old answer left it out: both stayed empty.
    job_type: identity.jobType.toUpperCase(),
    user_id: user,
    ...(entry.kind === 'batch_child' ? { batch_parent_id: entry.job.id, batch_index: entry.row.index } : {}),
    ...(entry.kind === 'batch_parent'
      ? { total_jobs: progress.total, completed_jobs: progress.completed, failed_jobs: progress.failed, running_jobs: progress.running }
      : {}),
  };
}

function linksOf(entry: Entry): FreeObject | null {
  if (entry.kind === 'batch_parent' || entry.row.status !== 'completed') return null;
  const base = `/api/v1/jobs/${entry.row.id}/files`;
  return { ...(hasStructure(entry) ? { structure: `${base}/cif`, pdb: `${base}/pdb` } : {}), results: `${base}/json` };
}

export function v1Batch({ job }: BatchEntry, user: string): FreeObject {
  const { total, completed, failed, running, pending, cancelled } = job.progress;
  const parsed = parseId(job.id);
  const base = `/api/v1/batches/${job.id}/export`;
  return {
    batch_id: job.id,
    status: job.status,
    model: job.modelId,
    batch_name: job.name,
    created_at: job.createdAt,
    updated_at: job.updatedAt,
    completed_at: job.finishedAt,
    total_jobs: total,
    completed_jobs: completed,
    failed_jobs: failed,
    running_jobs: running,
    job_ids: parsed ? Array.from({ length: Math.min(total, MAX_LISTED_IDS) }, (_, index) => childId(parsed.jobId, index)) : [],
    message: `${String(completed)} of ${String(total)} jobs complete`,
    queue_info: null,
    summary: {
      pending,
      cancelled,
      success_rate: completed + failed === 0 ? 0 : (100 * completed) / (completed + failed),
      progress_percentage: (100 * (completed + failed + cancelled)) / total,
    },
    export_links: { csv: `${base}?format=csv`, zip: `${base}?format=zip`, json: `${base}?format=json` },
    job_type: 'BATCH_PARENT',
    task_type: job.taskType,
    user_id: user,
  };
}
