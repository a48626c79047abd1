/** Rename, tags, notes and project of a job. */
import type { ChangeJob, JobSummary } from '@omtx/contract';
import { changeJob as storeChange } from '../storage/change-job.ts';
import type { HubContext, Principal } from './context.ts';
import { jobIdOf, notFound, readSummary } from './read-jobs.ts';

/** @throws HubError job_not_found */
export async function changeJob(ctx: HubContext, principal: Principal, id: string, change: ChangeJob): Promise<JobSummary> {
  const jobId = jobIdOf(id);
  if (!(await storeChange(ctx.db, principal.owner, jobId, change))) throw notFound(id);
  return readSummary(ctx, principal, jobId);
}
