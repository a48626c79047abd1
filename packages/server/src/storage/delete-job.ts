/** Deletes a job with its rows, details, runs and events; that it was is kept. Its files are collected when nobody else names them. */
import type { JobId, OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { CANCEL_CHANNEL, notify } from './notify.ts';
import { lockRowsOf } from './rows-lock.ts';

/**
 * Worker hosts are told by the notice of a cancel: they re-read before each row, find nothing, and stop what is in flight.
 * An id that comes a second time (a restored store, rows written by hand) takes its place in what is remembered.
 * @returns the number of rows that it had, 0 where the owner has no such job
 */
export async function deleteJobWithRows(
  db: Database,
  owner: OwnerId,
  jobId: JobId,
  reason: 'asked' | 'retention' = 'asked',
): Promise<number> {
  return db.transaction().execute(async (tx) => {
    await lockRowsOf(tx, jobId);
    const { rows } = await sql<{ total: number }>`
      select total_count as total from jobs where id = ${jobId} and owner = ${owner} for update`.execute(tx);
    const [job] = rows;
    if (!job) return 0;
    await sql`
      insert into deleted_jobs (id, owner, name, job_type, task_type, model_id, model_version, project, total_count, created_at, finished_at, reason)
      select id, owner, name, job_type, task_type, model_id, model_version, project, total_count, created_at, finished_at, ${reason}
      from jobs where id = ${jobId}
      on conflict (id) do update set
        name = excluded.name, total_count = excluded.total_count, created_at = excluded.created_at,
        finished_at = excluded.finished_at, deleted_at = excluded.deleted_at, reason = excluded.reason`.execute(tx);
    await sql`delete from jobs where id = ${jobId}`.execute(tx);
    await notify(tx, CANCEL_CHANNEL, jobId);
    return job.total;
  });
}
