/** What a worker host tells the database while it works: that it lives, and which rows are really in flight. */
import type { JobId, RunId, WorkerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { KEPT_PLAN } from '../kept-plans.ts';
import { startJob } from '../events.ts';
import { LEASE_SECONDS } from './claim-run.ts';

export const HEARTBEAT_SECONDS = 5;

export interface HeldRun {
  readonly id: RunId;
  /** Under the attempts that the run was given. */
  readonly inFlight: readonly { readonly index: number; readonly attempt: number }[];
}

/** What the database has to say of a run that goes on. */
export interface RunState {
  /** Its job is paused: what has not started is to be given back. */
  readonly isPaused: boolean;
  /** Rows in flight that are the run's no more: they were cancelled. */
  readonly stale: readonly number[];
}

/**
 * Renews the leases of the runs that are still the worker's, by the clock of the database.
 * @returns the runs that go on; any other must be stopped at once: its lease was lost, or its job cancelled
 */
export async function heartbeat(db: Database, workerId: WorkerId, runs: readonly HeldRun[]): Promise<ReadonlyMap<RunId, RunState>> {
  const own = new Date().toISOString();
  await sql`
    update workers set heartbeat_at = now(), clock_ahead_seconds = extract(epoch from ${own}::timestamptz - clock_timestamp())
    where id = ${workerId}`.execute(db);
  if (runs.length === 0) return new Map();
  const { rows } = await sql<RunState & { readonly id: RunId; readonly isCancelled: boolean }>`
    with told as (
      -- by key, under the attempt that the host was given: to look each up in the arrays of a run of 2,000 took 170 ms
      select given.id, (row ->> 0)::int as index, r.index is not null as is_open
      from unnest(
        ${runs.map((run) => run.id)}::uuid[], ${runs.map((run) => JSON.stringify(run.inFlight.map((row) => [row.index, row.attempt])))}::jsonb[]
      ) as given (id, in_flight)
      join runs on runs.id = given.id
      left join lateral jsonb_array_elements(given.in_flight) as row on true
      left join batch_rows r
        on r.batch_id = runs.batch_id and r.index = (row ->> 0)::int and r.attempt = (row ->> 1)::int and r.status = 'pending'
    ), by_run as (
      select id, coalesce(array_agg(index) filter (where is_open), '{}') as open, coalesce(array_agg(index) filter (where not is_open and index is not null), '{}') as stale
      from told
      group by id
    )
    update runs
    set lease_until = now() + make_interval(secs => ${LEASE_SECONDS}), in_flight = by_run.open
    from jobs, by_run
    where runs.id = by_run.id and runs.worker_id = ${workerId} and runs.ended_at is null and jobs.id = runs.batch_id
    returning runs.id, jobs.cancelled_at is not null as "isCancelled", jobs.paused_at is not null as "isPaused", by_run.stale`.execute(db);
  return new Map(rows.flatMap(({ id, isCancelled, ...state }) => (isCancelled ? [] : [[id, state] as const])));
}

/**
 * Writes that a row is about to be sent to the worker; the first of a job marks it as started.
 * @returns false when it must not start: the run is over, the job cancelled or paused, or the row has an outcome or another attempt
 */
export async function markInFlight(db: Database, runId: RunId, index: number): Promise<boolean> {
  const { rows } = await sql<{ batchId: JobId; isFirst: boolean }>`${KEPT_PLAN}
    update runs
    set in_flight = array_append(array_remove(runs.in_flight, ${index}::int), ${index}::int)
    from jobs, batch_rows r
    where runs.id = ${runId} and runs.ended_at is null and jobs.id = runs.batch_id and jobs.cancelled_at is null and jobs.paused_at is null
      and r.batch_id = runs.batch_id and r.index = ${index} and r.status = 'pending'
      and r.attempt = runs.attempts[array_position(runs.indexes, r.index)]
    returning runs.batch_id as "batchId", jobs.started_at is null as "isFirst"`.execute(db);
  const [marked] = rows;
  if (marked?.isFirst) await markStarted(db, marked.batchId);
  return marked !== undefined;
}

async function markStarted(db: Database, jobId: JobId): Promise<void> {
  await db.transaction().execute((tx) => startJob(tx, jobId));
}
