/**
 * The claim chooses batch and rows for a worker and opens a run on them.
 *
 * Two statements in one transaction: the first chooses a job and locks its row, the second gives out its rows. One statement would read
 * rows as they were before it had the lock, and pass over a row that had just become the range's to give.
 */
import { newRunId, type JobId, type RetryId, type RunId, type WorkerId } from '@omtx/contract';
import { sql } from 'kysely';
import pg from 'pg';
import type { Database } from '../database.ts';
import { KEPT_PLAN } from '../kept-plans.ts';

/** Six missed heartbeats. Too short runs a live row twice, which costs compute; too long costs a lost row minutes. */
export const LEASE_SECONDS = 30;
/** A job that was given nothing for so long goes before all others, whatever its lane, its priority and the share of its owner. */
export const STARVATION_SECONDS = 600;
/** Owners, and jobs of each, that a claim looks at: more than workers that claim at the same moment and hold one locked each. */
const LOOK_AHEAD = 8;
/** Recording holds the row of a job for milliseconds; a retry or delete of a million rows holds it for longer than a host should wait. */
const LOCK_WAIT_MS = 100;
/** Of fewer rows the time left is told well enough by those that ran. */
const PROFILED_ROWS = 20;
const LOCK_NOT_AVAILABLE = '55P03';

export interface ModelVersion {
  readonly modelId: string;
  readonly modelVersion: string;
}

export interface ClaimRequest extends ModelVersion {
  readonly workerId: WorkerId;
  readonly environmentDigest: string | null;
  /** Rows the worker can do at once. */
  readonly freeSlots: number;
  /** Most rows of one run. */
  readonly maxRows: number;
  /** What a row is thought to take; the owner's share is charged with it. */
  readonly rowSeconds?: number;
  /** The end of a batch is spread over all slots that are offered for it, but never in shards smaller than this. */
  readonly leastRows?: number;
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
  /** It has many rows, and nobody has foretold yet how their time is spread. */
  readonly wantsTimeProfile: boolean;
}

/**
 * Opens a run on the next rows of the job whose turn it is: a starved job first; then interactive before bulk; then the owner who has had
 * least for their weight; then that owner's priorities and the oldest. Rows put back go before new ones. Limits of job, owner and model
 * hold strictly: their rows are locked, in this order, until the commit. A job that another worker is claiming is passed over, unless no
 * other has rows: then it is waited for.
 * @returns undefined when no job of the model has rows to give: none open, paused, cancelled, or at a limit; `busy` when one may have, but
 * another transaction holds it: claim again in a moment
 */
export async function claimRun(db: Database, request: ClaimRequest): Promise<ClaimedRun | 'busy' | undefined> {
  try {
    return await db.transaction().execute(async (tx) => {
      const chosen = (await lockNextJob(tx, request, sql`skip locked`)) ?? (await waitForJob(tx, request));
      // Between the statements another claim may have taken the last slot of the owner or the model.
      return chosen && ((await openRun(tx, request, chosen)) ?? 'busy');
    });
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE) return 'busy';
    throw error;
  }
}

export interface ChosenJob {
  readonly id: JobId;
  /** Where the claim begins in the virtual time of its owner. */
  readonly tag: number;
}

async function lockNextJob(tx: Database, request: ClaimRequest, otherwise: ReturnType<typeof sql>): Promise<ChosenJob | undefined> {
  const { rows } = await nextJob(request, otherwise).execute(tx);
  return rows[0];
}

/** The only jobs that have rows may all be locked, or none has: then this is as quick as the look before it. */
async function waitForJob(tx: Database, request: ClaimRequest): Promise<ChosenJob | undefined> {
  await sql`select set_config('lock_timeout', ${String(LOCK_WAIT_MS)}, true)`.execute(tx);
  return lockNextJob(tx, request, sql``);
}

/** The job whose turn it is, its row locked. */
export function nextJob(request: ClaimRequest, otherwise: ReturnType<typeof sql> = sql``) {
  const open = isOpen(request);
  return sql<ChosenJob>`${KEPT_PLAN}
    with recursive ${lineOf(request, open)}
    )
    select j.id, line.tag
    from line join jobs j on j.id = line.id
    where ${open}
    order by line.is_starved desc, case when line.is_starved then j.waiting_since end, j.lane, line.tag, j.owner, j.priority desc, j.created_at, j.id
    limit 1
    for update of j ${otherwise}`;
}

async function openRun(tx: Database, request: ClaimRequest, chosen: ChosenJob): Promise<ClaimedRun | undefined> {
  const { rows } = await runOn(request, chosen).execute(tx);
  return rows[0];
}

/** The run on the next rows of a job whose row the transaction has locked. */
export function runOn(request: ClaimRequest, { id, tag }: ChosenJob) {
  return sql<ClaimedRun>`${KEPT_PLAN}
    with chosen as materialized (
      select
        j.*, ${tag}::float8 as tag,
        exists (select from requeued_rows q where q.batch_id = j.id and q.not_before <= now()) as has_requeued
      from jobs j
      where j.id = ${id} and ${isOpen(request)}
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
      returning jobs.id, jobs.owner, jobs.model_id, taken.slots, jobs.time_profile is null and jobs.total_count >= ${PROFILED_ROWS} as wants_profile
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
    returning id, batch_id as "batchId", slots, alone, retry_id as "retryId", indexes, attempts,
      (select wants_profile from fresh) as "wantsTimeProfile"`;
}

/** Jobs `j` of the model that have rows to give. */
export function isOpen(request: ModelVersion) {
  return sql`
    j.model_id = ${request.modelId} and j.model_version = ${request.modelVersion}
    and j.finished_at is null and j.cancelled_at is null and j.paused_at is null and j.slots_in_use < j.max_concurrency
    and (j.next_index < j.checked_until or exists (select from requeued_rows q where q.batch_id = j.id and q.not_before <= now()))`;
}

/** The jobs whose turn it may be: starved ones, and the first of each owner who is under their limit. */
export function lineOf(request: ModelVersion, open: ReturnType<typeof isOpen>) {
  // In the order of the index of the line, so that no other is used.
  const nextOwner = (after: ReturnType<typeof sql>) => sql`
    select owner from jobs
    where model_id = ${request.modelId} and model_version = ${request.modelVersion} and finished_at is null and cancelled_at is null and paused_at is null and ${after}
    order by owner, lane, priority desc, created_at, id
    limit 1`;
  return sql`
    waiting as (
      -- owners who have open jobs, found one after another: most owners of a hub have none
      (${nextOwner(sql`true`)})
      union all
      select (${nextOwner(sql`owner > waiting.owner`)}) from waiting where waiting.owner is not null
    ), last_claim as (
      select coalesce((select start_tag from owners where claimed_at is not null order by claimed_at desc limit 1), 0) as tag
    ), allowed as (
      select o.id, greatest(o.finish_tag, last_claim.tag) as tag
      from waiting join owners o on o.id = waiting.owner, last_claim
      where (o.max_slots is null or o.slots_in_use < o.max_slots)
        and not exists (select from model_limits m where m.model_id = ${request.modelId} and m.slots_in_use >= m.max_slots)
    ), front as materialized (
      -- the jobs that come first of all are those of the owners whose first job does
      select allowed.id, allowed.tag
      from allowed cross join lateral (
        select j.lane from jobs j where ${open} and j.owner = allowed.id order by j.lane, j.priority desc, j.created_at, j.id limit 1
      ) first
      order by first.lane, allowed.tag, allowed.id
      limit ${LOOK_AHEAD}
    ), line as materialized (
      (
        select j.id, allowed.tag, true as is_starved
        from jobs j join allowed on allowed.id = j.owner
        where ${open} and j.slots_in_use = 0 and j.waiting_since < now() - make_interval(secs => ${STARVATION_SECONDS})
        order by j.waiting_since
        limit ${LOOK_AHEAD}
      )
      union all
      select next.id, front.tag, false
      from front cross join lateral (
        select j.id from jobs j
        where ${open} and j.owner = front.id
        order by j.lane, j.priority desc, j.created_at, j.id
        limit ${LOOK_AHEAD}
      ) next
      -- with the limit the planner knows that they are few
      limit ${LOOK_AHEAD * (LOOK_AHEAD + 1)}`;
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
          where w.stopped_at is null and w.draining_since is null and w.heartbeat_at > now() - make_interval(secs => ${LEASE_SECONDS})
            and offer ->> 'modelId' = chosen.model_id and offer ->> 'modelVersion' = chosen.model_version
        )))
      )::int)) as row_count
      from chosen join room on room.granted > 0`;
}
