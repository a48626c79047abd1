/** Pause and resume of a job. */
import { HubError, type JobSummary } from '@omtx/contract';
import { setPaused } from '../storage/pause.ts';
import type { HubContext, Principal } from './context.ts';
import { jobIdOf, notFound, readSummary } from './read-jobs.ts';

/** Asking twice is no error. @throws HubError job_not_found, job_final */
export async function pauseJob(ctx: HubContext, principal: Principal, id: string, isPaused: boolean): Promise<JobSummary> {
  const jobId = jobIdOf(id);
  const result = await setPaused(ctx.db, principal.owner, jobId, isPaused);
  if (result === 'not_found') throw notFound(id);
  const summary = await readSummary(ctx, principal, jobId);
  if (result === 'final')
    throw new HubError('job_final', `Job ${jobId} is ${summary.status} already; there is nothing to ${isPaused ? 'pause' : 'resume'}.`);
  return summary;
}
