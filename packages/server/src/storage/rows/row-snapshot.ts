/** What all statements of one view must agree on: the job, its version, and which rows are in flight. */
import type { JobId, OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

export interface RowSnapshot {
  readonly id: JobId;
  readonly jobType: 'individual' | 'batch_parent';
  /** Equal versions mean equal rows. */
  readonly version: string;
  readonly total: number;
  /** Rows [0, checked) have had their molecules read. */
  readonly checked: number;
  readonly rankBy: string | null;
  /** True where a lower score is better. */
  readonly rankAscending: boolean;
  readonly isCancelled: boolean;
  /** Indexes in flight in live runs. */
  readonly inFlight: readonly number[];
}

/** Runs the work on one state of the database: whatever is committed meanwhile is not seen. Nothing can be written. */
export function inSnapshot<Answer>(db: Database, work: (tx: Database) => Promise<Answer>): Promise<Answer> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work);
}

/** Undefined where the owner has no such job. */
export async function readRowSnapshot(tx: Database, owner: OwnerId, id: JobId): Promise<RowSnapshot | undefined> {
  const { rows } = await sql<RowSnapshot>`
    select jobs.id, job_type as "jobType", job_version(jobs) as version, total_count as total, checked_count as checked, rank_by as "rankBy", rank_ascending as "rankAscending",
      cancelled_at is not null as "isCancelled",
      array(
        select r.index from runs
        join batch_rows r on r.batch_id = runs.batch_id and r.index = any (runs.in_flight)
        where runs.batch_id = jobs.id and runs.ended_at is null and runs.attempts[array_position(runs.indexes, r.index)] = r.attempt
      ) as "inFlight"
    from jobs
    where id = ${id} and owner = ${owner}`.execute(tx);
  return rows[0];
}

/** Version of the job alone, to ask whether an answer still holds; undefined where the owner has no such job. */
export async function readJobVersion(db: Database, owner: OwnerId, id: JobId): Promise<string | undefined> {
  const { rows } = await sql<{ version: string }>`
    select job_version(jobs) as version from jobs where id = ${id} and owner = ${owner}`.execute(db);
  return rows[0]?.version;
}
