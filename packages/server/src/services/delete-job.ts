/** Delete of a whole job. */
import { HubError, parseId } from '@omtx/contract';
import { markCancelled } from '../storage/cancel.ts';
import { deleteJobWithRows } from '../storage/delete-job.ts';
import type { HubContext, Principal } from './context.ts';
import { notFound } from './read-jobs.ts';

/**
 * What is still running is cancelled first. A child goes with its batch: alone it would leave a record of the input without an outcome.
 * @returns the number of jobs and children that were deleted
 * @throws HubError job_not_found, invalid_query for the id of a child
 */
export async function deleteJob(ctx: HubContext, { owner }: Principal, id: string): Promise<number> {
  const parsed = parseId(id);
  if (!parsed) throw notFound(id);
  if (parsed.kind === 'child')
    throw new HubError('invalid_query', `"${id}" is a child of batch ${parsed.jobId}; it is deleted with its batch.`);
  const mark = await markCancelled(ctx.db, owner, parsed.jobId);
  if (mark === 'not_found') throw notFound(id);
  const rows = await deleteJobWithRows(ctx.db, owner, parsed.jobId);
  if (rows === 0) throw notFound(id);
  return rows + 1;
}
