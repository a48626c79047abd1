/** Delete of a whole batch, by v3 and by My Batches. */
import { deleteJob } from '../../services/delete-job.ts';
import type { HttpContext } from '../context.ts';
import { isHubError, LegacyError } from './errors.ts';
import { plainTime } from './present/time.ts';
import { findBatch } from './reads.ts';

export async function deleteBatch(ctx: HttpContext, id: string) {
  const missing = (error: unknown): never => {
    throw isHubError(error, 'job_not_found') ? new LegacyError(404, `Batch ${id} not found or access denied`) : error;
  };
  await findBatch(ctx, id, `Batch ${id} not found or access denied`);
  const deleted = await deleteJob(ctx.hub, ctx.principal, id).catch(missing);
  return {
    success: true,
    batch_id: id,
    deleted_jobs: deleted,
    timestamp: plainTime(new Date().toISOString()),
    message: `Batch ${id} successfully deleted`,
  };
}
