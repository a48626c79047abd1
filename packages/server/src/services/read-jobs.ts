/** Reads of jobs, of one row in full, and of files, for their owner. */
import { HubError, parseId, type JobDetail, type JobId, type JobSummary, type RowDetail } from '@omtx/contract';
import { manifestOf } from '../catalog/registry.ts';
import { findJob, findJobDetail, type StoredJobDetail } from '../storage/read-jobs.ts';
import { findRow } from '../storage/read-rows.ts';
import { readJobVersion } from '../storage/rows/row-snapshot.ts';
import type { HubContext, Principal } from './context.ts';
import { presentJob, presentJobDetail, presentRowDetail } from './present.ts';

/** @throws HubError job_not_found, also for what is no id at all */
export function jobIdOf(text: string): JobId {
  const parsed = parseId(text);
  if (parsed?.kind !== 'job') throw notFound(text);
  return parsed.jobId;
}

/** Kept for the job's version, unless it waits, for what depends on worker hosts too, or is still being indexed. */
export async function readJob(ctx: HubContext, { owner }: Principal, id: string): Promise<JobDetail> {
  const jobId = jobIdOf(id);
  const version = await readJobVersion(ctx.db, owner, jobId);
  if (version === undefined) throw notFound(id);
  const key = { owner, jobId, query: 'detail', version };
  return ctx.caches.job.get(
    key,
    () => loadJob(ctx, { owner }, id),
    ({ waitingFor, indexed, progress }) => waitingFor === null && indexed === progress.total,
  );
}

async function loadJob(ctx: HubContext, { owner }: Principal, id: string): Promise<JobDetail> {
  const job = await mustFind(ctx, { owner }, jobIdOf(id));
  const row = job.jobType === 'individual' ? await findRow(ctx.db, owner, job.id, 0) : undefined;
  return presentJobDetail(job, row, gpuModels(ctx));
}

/** Models that cannot run without a GPU. */
export function gpuModels(ctx: HubContext): readonly string[] {
  return [...ctx.registry().models].filter(([, state]) => manifestOf(state).resources.gpus > 0).map(([id]) => id);
}

export async function readSummary(ctx: HubContext, { owner }: Principal, id: JobId): Promise<JobSummary> {
  const job = await findJob(ctx.db, owner, id);
  if (!job) throw notFound(id);
  return presentJob(job);
}

/** @throws HubError job_not_found, row_not_found */
export async function readRow(ctx: HubContext, { owner }: Principal, id: string, index: number): Promise<RowDetail> {
  const job = await mustFind(ctx, { owner }, jobIdOf(id));
  const row = await findRow(ctx.db, owner, job.id, index);
  if (!row) throw noSuchRow(job.id, job.total, index);
  return presentRowDetail(job, row);
}

async function mustFind(ctx: HubContext, { owner }: Principal, id: JobId): Promise<StoredJobDetail> {
  const job = await findJobDetail(ctx.db, owner, id, gpuModels(ctx));
  if (!job) throw notFound(id);
  return job;
}

/** @throws HubError row_not_found for the first index that the job does not have */
export function refuseMissingRows(jobId: JobId, total: number, indexes: readonly number[]): void {
  const missing = indexes.find((index) => index >= total);
  if (missing !== undefined) throw noSuchRow(jobId, total, missing);
}

function noSuchRow(jobId: JobId, total: number, index: number): HubError {
  return new HubError('row_not_found', `Job ${jobId} has ${String(total)} rows, from 0 on; there is no row ${String(index)}.`);
}

export function notFound(id: string): HubError {
  return new HubError('job_not_found', `There is no job "${id.slice(0, 100)}".`);
}
