/** Cancel of a job or of rows: it holds at once; a job's open rows are written down here, or by the monitor where this process ends. */
import { HubError, parseId, type CancelJob, type JobSummary } from '@omtx/contract';
import { cancelRows, markCancelled, writeDownCancelledRows } from '../storage/cancel.ts';
import type { HubContext, Principal } from './context.ts';
import { notFound, readSummary, refuseMissingRows } from './read-jobs.ts';

/**
 * The id of a child means that row only. Rows that have an outcome already stay as they are.
 * @throws HubError job_not_found, row_not_found, job_final
 */
export async function cancelJob(ctx: HubContext, principal: Principal, id: string, body?: CancelJob): Promise<JobSummary> {
  const parsed = parseId(id);
  if (!parsed) throw notFound(id);
  const { jobId } = parsed;
  const rows = parsed.kind === 'child' ? [parsed.index] : body?.rows;
  if (rows !== undefined) {
    refuseMissingRows(jobId, (await readSummary(ctx, principal, jobId)).progress.total, rows);
    const result = await cancelRows(ctx.db, principal.owner, jobId, rows);
    if (result.kind === 'not_found') throw notFound(id);
    if (result.rows === 0) throw new HubError('job_final', `No row to cancel: ${describe(rows)} of job ${jobId} ended before.`);
    return readSummary(ctx, principal, jobId);
  }
  const mark = await markCancelled(ctx.db, principal.owner, jobId);
  if (mark === 'not_found') throw notFound(id);
  const summary = await readSummary(ctx, principal, jobId);
  if (mark === 'already_final' && summary.status !== 'cancelled')
    throw new HubError('job_final', `Job ${jobId} is ${summary.status} already and cannot be cancelled.`);
  await writeDownCancelledRows(ctx.db, jobId);
  return readSummary(ctx, principal, jobId);
}

function describe(rows: readonly number[]): string {
  return rows.length === 1 ? `row ${String(rows[0])}` : `all ${String(rows.length)} named rows`;
}
