/** What is over: jobs of a project whose days have passed, and uploads that were never taken. */
import type { JobId, OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

export interface ExpiredJob {
  readonly id: JobId;
  readonly owner: OwnerId;
}

/** The longest finished first. Jobs without a project, and of projects without days, are kept for ever. */
export async function findExpiredJobs(db: Database, limit: number): Promise<readonly ExpiredJob[]> {
  const { rows } = await sql<ExpiredJob>`
    select jobs.id, jobs.owner
    from projects p join jobs on jobs.owner = p.owner and jobs.project = p.name
    where p.retention_days is not null and jobs.finished_at < now() - make_interval(days => p.retention_days)
    order by jobs.finished_at
    limit ${limit}`.execute(db);
  return rows;
}

/** @returns how many there were */
export async function deleteExpiredUploads(db: Database): Promise<number> {
  const { rows } = await sql`delete from uploads where expires_at < now() returning id`.execute(db);
  return rows.length;
}
