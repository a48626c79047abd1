/** Cancel of a job: the mark holds at once; its open rows are written down here, or by the monitor where this process ends. */
import { HubError, type JobSummary } from '@omtx/contract';
import { markCancelled, writeDownCancelledRows } from '../storage/cancel.ts';
import type { HubContext, Principal } from './context.ts';
import { jobIdOf, notFound, readSummary } from './read-jobs.ts';

/** @throws HubError job_not_found, job_final */
export async function cancelJob(ctx: HubContext, principal: Principal, id: string): Promise<JobSummary> {
  const jobId = jobIdOf(id);
  const mark = await markCancelled(ctx.db, principal.owner, jobId);
  if (mark === 'not_found') throw notFound(id);
  const summary = await readSummary(ctx, principal, jobId);
  if (mark === 'already_final' && summary.status !== 'cancelled')
    throw new HubError('job_final', `Job ${jobId} is ${summary.status} already and cannot be cancelled.`);
  await writeDownCancelledRows(ctx.db, jobId);
  return readSummary(ctx, principal, jobId);
}
