/**
 * Who may change rows of a job at once.
 *
 * Runs of one job record side by side: each changes rows of its own and takes the job's row only at the end, for the counters. Whoever
 * changes rows of others, or has the job's row first (the end of a run, cancel, retry, delete, the check of later rows), excludes them with this lock, taken before any
 * other: so none of them can wait for another in a circle. Held to the end of the transaction.
 */
import type { JobId, RunId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';

/** Waits until no run of the job is recording, and keeps new ones out. */
export async function lockRowsOf(tx: Database, jobId: JobId): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${jobId}::text, 0))`.execute(tx);
}

/** For a run that records; any number of them. */
export async function shareRowsWith(tx: Database, runId: RunId): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(hashtextextended(batch_id::text, 0)) from runs where id = ${runId}`.execute(tx);
}
