/** The claim: one statement chooses batch and rows for a worker and opens a run on them. */
import { newRunId, type JobId, type RetryId, type RunId, type WorkerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** Six missed heartbeats. Too short runs a live row twice, which costs compute; too long costs a lost row minutes. */
export const LEASE_SECONDS = 30;
/** Jobs of at most this many rows go before larger ones. */
export const INTERACTIVE_ROWS = 10;

export interface ClaimRequest {
  readonly workerId: WorkerId;
  readonly modelId: string;
  readonly modelVersion: string;
  readonly environmentDigest: string | null;
  /** Rows the worker can do at once. */
  readonly freeSlots: number;
  /** Most rows of one run. */
  readonly maxRows: number;
}

export interface ClaimedRun {
  readonly id: RunId;
  readonly batchId: JobId;
  readonly slots: number;
  /** Opened for one row that is to run with no other. */
  readonly alone: boolean;
  /** The request of a person that all of its rows belong to, and whose settings they run with; null for rows that run for the first time. */
  readonly retryId: RetryId | null;
  /** May be empty: the range held only rejected and repeated rows, or another worker was faster. The caller ends such a run and claims again. */
  readonly indexes: readonly number[];
  readonly attempts: readonly number[];
}

/**
 * Opens a run on the next rows of the job whose turn it is: small jobs first, then the oldest; rows put back before new ones.
 * The job row is the lock, held for this transaction only; a job that another worker is claiming is passed over.
 * @returns undefined when no job of the model has rows to give: none open, paused, cancelled, or at its concurrency
 */
export async function claimRun(db: Database, request: ClaimRequest): Promise<ClaimedRun | undefined> {
  const { rows } = await sql<ClaimedRun>`
    with chosen as (
      select
        jobs.*, least(${request.freeSlots}::int, max_concurrency - slots_in_use) as granted,
        exists (select from requeued_rows q where q.batch_id = jobs.id and q.not_before <= now()) as has_requeued
      from jobs
      where model_id = ${request.modelId} and model_version = ${request.modelVersion}
        and finished_at is null and cancelled_at is null and paused_at is null and slots_in_use < max_concurrency
        and (next_index < checked_until or exists (select from requeued_rows q where q.batch_id = jobs.id and q.not_before <= now()))
      order by total_count > ${INTERACTIVE_ROWS}, created_at, id
      limit 1
      for update skip locked
    ), due as (
      select q.index, q.alone, q.retry_id
      from requeued_rows q join chosen on q.batch_id = chosen.id
      where q.not_before <= now()
      order by q.alone desc, q.index
      limit ${request.maxRows}
    ), leader as (
      select * from due order by alone desc, index limit 1
    ), put_back as (
      -- one row that wants to be alone, else all that are due and have the same settings
      delete from requeued_rows q
      using chosen, leader
      where q.batch_id = chosen.id
        and (q.index = leader.index
          or not leader.alone and q.retry_id is not distinct from leader.retry_id and q.index in (select index from due where not alone))
      returning q.index, q.alone, q.retry_id
    ), given as (
      -- rejected, repeated and cancelled rows of the range are passed over; a later attempt is given out by list only
      select r.index, r.attempt
      from chosen join batch_rows r on r.batch_id = chosen.id
      where r.status = 'pending'
        and case when chosen.has_requeued then r.index in (select index from put_back)
          else r.index >= chosen.next_index and r.index < least(chosen.next_index + ${request.maxRows}, chosen.checked_until) and r.attempt = 1 and r.reused_from is null end
    ), fresh as (
      -- the range is given out whether its rows run or not; a run holds no more slots than it has rows
      update jobs
      set next_index = case when chosen.has_requeued then jobs.next_index else least(jobs.next_index + ${request.maxRows}, jobs.checked_until) end,
        slots_in_use = jobs.slots_in_use + taken.slots,
        updated_at = now()
      from chosen, lateral (
        select case when (select bool_or(alone) from put_back) then 1
          else least(chosen.granted, greatest(1, (select count(*)::int from given))) end as slots
      ) as taken
      where jobs.id = chosen.id
      returning jobs.id, taken.slots
    )
    insert into runs (id, batch_id, worker_id, model_version, environment_digest, slots, alone, retry_id, indexes, attempts, lease_until)
    select
      ${newRunId()}, fresh.id, ${request.workerId}, ${request.modelVersion}, ${request.environmentDigest}, fresh.slots,
      coalesce((select bool_or(alone) from put_back), false), (select retry_id from put_back limit 1),
      coalesce((select array_agg(index order by index) from given), '{}'), coalesce((select array_agg(attempt order by index) from given), '{}'),
      now() + make_interval(secs => ${LEASE_SECONDS})
    from fresh
    returning id, batch_id as "batchId", slots, alone, retry_id as "retryId", indexes, attempts`.execute(db);
  return rows[0];
}
