/** The claim: one statement chooses batch and rows for a worker and opens a run on them. */
import { newRunId, type JobId, type RetryId, type RunId, type WorkerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** Six missed heartbeats. Too short runs a live row twice, which costs compute; too long costs a lost row minutes. */
export const LEASE_SECONDS = 30;
/** A job that was given nothing for so long goes before all others, whatever its lane, its priority and the share of its owner. */
export const STARVATION_SECONDS = 600;
/** Jobs of an owner that a claim looks at: more than workers that claim at the same moment and hold one locked each. */
const LOOK_AHEAD = 8;

export interface ClaimRequest {
  readonly workerId: WorkerId;
  readonly modelId: string;
  readonly modelVersion: string;
  readonly environmentDigest: string | null;
  /** Rows the worker can do at once. */
  readonly freeSlots: number;
  /** Most rows of one run. */
  readonly maxRows: number;
  /** What a row is thought to take; the owner's share is charged with it. */
  readonly rowSeconds?: number;
  /** The end of a batch is spread over all slots that are offered for it, but never in shards smaller than this. */
  readonly leastRows?: number;
  /** Waits for a job whose row is locked, for milliseconds, instead of passing it over: it may be the only one that has rows. */
  readonly waits?: boolean;
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
 * Opens a run on the next rows of the job whose turn it is: a starved job first; then interactive before bulk; then the owner who has had
 * least for their weight; then that owner's priorities and the oldest. Rows put back go before new ones. Limits of job, owner and model
 * hold strictly: their rows are locked, in this order, for this statement only. A job that another worker is claiming is passed over.
 * @returns undefined when no job of the model has rows to give: none open, paused, cancelled, or at a limit
 */
export async function claimRun(db: Database, request: ClaimRequest): Promise<ClaimedRun | undefined> {
  const open = isOpen(request);
  const { rows } = await sql<ClaimedRun>`
    with ${lineOf(request, open)}
    ), chosen as (
      select
        j.*, line.tag,
        exists (select from requeued_rows q where q.batch_id = j.id and q.not_before <= now()) as has_requeued
      from line join jobs j on j.id = line.id
      where ${open}
      order by line.is_starved desc, case when line.is_starved then j.waiting_since end, j.lane, line.tag, j.owner, j.priority desc, j.created_at, j.id
      limit 1
      for update of j ${request.waits === true ? sql`` : sql`skip locked`}
    ), ${roomFor(request)}
    ), due as (
      select q.index, q.alone, q.retry_id
      from requeued_rows q join chosen on q.batch_id = chosen.id join room on room.granted > 0
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
      -- two branches, so that each finds its rows by key; one of them is empty
      select r.index, r.attempt
      from chosen join put_back on chosen.has_requeued join batch_rows r on r.batch_id = chosen.id and r.index = put_back.index
      where r.status = 'pending'
      union all
      -- rejected, repeated and cancelled rows of the range are passed over; a later attempt is given out by list only
      select r.index, r.attempt
      from chosen join span on true join batch_rows r
        on r.batch_id = chosen.id and r.index >= chosen.next_index and r.index < least(chosen.next_index + span.row_count, chosen.checked_until)
      where not chosen.has_requeued and r.status = 'pending' and r.attempt = 1 and r.reused_from is null
    ), fresh as (
      -- the range is given out whether its rows run or not; a run holds no more slots than it has rows
      update jobs
      set next_index = case when chosen.has_requeued then jobs.next_index else least(jobs.next_index + span.row_count, jobs.checked_until) end,
        slots_in_use = jobs.slots_in_use + taken.slots,
        waiting_since = now(),
        updated_at = now()
      from chosen join span on true, lateral (
        select case when (select bool_or(alone) from put_back) then 1
          else least(span.granted, greatest(1, (select count(*)::int from given))) end as slots
      ) as taken
      where jobs.id = chosen.id
      returning jobs.id, jobs.owner, jobs.model_id, taken.slots
    ), charged as (
      update owners
      set slots_in_use = owners.slots_in_use + fresh.slots, claimed_at = clock_timestamp(), start_tag = chosen.tag,
        finish_tag = chosen.tag + ${request.rowSeconds ?? 1}::float8 * (select count(*) from given) / owners.weight
      from fresh, chosen
      where owners.id = fresh.owner
    ), limited as (
      update model_limits set slots_in_use = model_limits.slots_in_use + fresh.slots from fresh where model_limits.model_id = fresh.model_id
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

/** Jobs `j` of the model that have rows to give. */
function isOpen(request: ClaimRequest) {
  return sql`
    j.model_id = ${request.modelId} and j.model_version = ${request.modelVersion}
    and j.finished_at is null and j.cancelled_at is null and j.paused_at is null and j.slots_in_use < j.max_concurrency
    and (j.next_index < j.checked_until or exists (select from requeued_rows q where q.batch_id = j.id and q.not_before <= now()))`;
}

/** The jobs whose turn it may be: starved ones, and the first of each owner who is under their limit. */
function lineOf(request: ClaimRequest, open: ReturnType<typeof isOpen>) {
  return sql`
    last_claim as (
      select coalesce((select start_tag from owners where claimed_at is not null order by claimed_at desc limit 1), 0) as tag
    ), allowed as (
      select o.id, greatest(o.finish_tag, last_claim.tag) as tag
      from owners o, last_claim
      where (o.max_slots is null or o.slots_in_use < o.max_slots)
        and not exists (select from model_limits m where m.model_id = ${request.modelId} and m.slots_in_use >= m.max_slots)
    ), line as materialized (
      (
        select j.id, allowed.tag, true as is_starved
        from jobs j join allowed on allowed.id = j.owner
        where ${open} and j.slots_in_use = 0 and j.waiting_since < now() - make_interval(secs => ${STARVATION_SECONDS})
        order by j.waiting_since
        limit ${LOOK_AHEAD}
      )
      union all
      select next.id, allowed.tag, false
      from allowed cross join lateral (
        select j.id from jobs j
        where ${open} and j.owner = allowed.id
        order by j.lane, j.priority desc, j.created_at, j.id
        limit ${LOOK_AHEAD}
      ) next`;
}

/** Slots that job, owner and model have left, with the rows of the last two locked; and how many rows of the range one run takes. */
function roomFor(request: ClaimRequest) {
  return sql`
    payer as (
      select o.* from owners o join chosen on chosen.owner = o.id for no key update of o
    ), model_limit as (
      select m.* from model_limits m join chosen on chosen.model_id = m.model_id join payer on true for no key update of m
    ), room as (
      select least(
        ${request.freeSlots}::int, chosen.max_concurrency - chosen.slots_in_use, payer.max_slots - payer.slots_in_use,
        (select max_slots - slots_in_use from model_limit)
      ) as granted
      from chosen, payer
    ), span as (
      -- a share of what is left for each run that the offered slots allow
      select room.granted, least(${request.maxRows}::int, greatest(${request.leastRows ?? 1}::int, room.granted, ceil(
        (chosen.checked_until - chosen.next_index)::float8 * room.granted / greatest(room.granted, least(chosen.max_concurrency, (
          select coalesce(sum((offer ->> 'slots')::int), 0)
          from workers w, jsonb_array_elements(w.offers) as offer
          where w.stopped_at is null and w.heartbeat_at > now() - make_interval(secs => ${LEASE_SECONDS})
            and offer ->> 'modelId' = chosen.model_id and offer ->> 'modelVersion' = chosen.model_version
        )))
      )::int)) as row_count
      from chosen join room on room.granted > 0`;
}
