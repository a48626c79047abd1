/** The one way in which a run ends. */
import { FAILURE_CODES, type JobId, type RunId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { lockRowsOf } from '../rows-lock.ts';
import { wakeWorkers } from '../wake.ts';
import { lockLiveRun, settleFailures } from './record-outcomes.ts';

export type EndReason = 'finished' | 'lost' | 'stopped' | 'setup_failed' | 'cancelled';

interface EndedRun {
  readonly batchId: JobId;
  readonly modelId: string;
}

/**
 * Ends a live run, frees its slots and puts its unfinished rows back, in one transaction. Only a lost run charges an attempt, and only
 * to rows that were in flight: each goes back after a while, or has failed when it was lost too often. Safe to call from worker and
 * monitor at once: the second call changes nothing.
 * @returns false when the run had ended before
 */
export async function endRun(db: Database, runId: RunId, reason: EndReason): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const batch = await tx.selectFrom('runs').select('batch_id').where('id', '=', runId).executeTakeFirst();
    if (!batch) return false;
    await lockRowsOf(tx, batch.batch_id);
    // The job before the run: the order in which every statement locks them.
    await tx.selectFrom('jobs').select('id').where('id', '=', batch.batch_id).forUpdate().execute();
    if (reason === 'lost') await chargeRowsInFlight(tx, runId);
    const { rows } = await sql<EndedRun>`
      with ended as (
        update runs set ended_at = now(), end_reason = ${reason} where id = ${runId} and ended_at is null
        returning batch_id, slots
      )
      update jobs set slots_in_use = slots_in_use - ended.slots, updated_at = now()
      from ended where jobs.id = ended.batch_id
      returning jobs.id as "batchId", jobs.model_id as "modelId"`.execute(tx);
    const [ended] = rows;
    if (!ended) return false;
    await putBack(tx, runId);
    await freeSlots(tx, ended.batchId, [runId]);
    await wakeWorkers(tx, ended.modelId);
    return true;
  });
}

/**
 * The attempt that was lost is written down and the row gets the next one, so that nothing late can match. A row that runs elsewhere goes
 * on there whatever becomes of the host: it keeps its attempt, by which the next run finds it.
 */
async function chargeRowsInFlight(tx: Database, runId: RunId): Promise<void> {
  const run = await lockLiveRun(tx, runId);
  if (!run) return;
  const { rows } = await sql<{ index: number; attempt: number }>`
    select held.index, held.attempt
    from runs, unnest(runs.indexes, runs.attempts) as held (index, attempt)
    where runs.id = ${runId} and held.index = any (runs.in_flight)
      and not exists (
        select from remote_rows r where r.batch_id = runs.batch_id and r.index = held.index and r.attempt = held.attempt
      )`.execute(tx);
  const failure = { code: 'lease_lost', message: FAILURE_CODES.lease_lost.title } as const;
  await settleFailures(
    tx,
    runId,
    run,
    rows.map((row) => ({ ...row, startedSecondsAgo: null, failure })),
  );
}

/** Slots that the owner and the model of a job have in use, less those of these runs. In the transaction that ends them. */
export async function freeSlots(tx: Database, batchId: JobId, runIds: readonly RunId[]): Promise<void> {
  const { rows } = await sql<{ owner: string; modelId: string; slots: number }>`
    select owner, model_id as "modelId", (select coalesce(sum(slots), 0)::int from runs where id = any (${runIds}::uuid[])) as slots
    from jobs where id = ${batchId}`.execute(tx);
  for (const { owner, modelId, slots } of rows) {
    await sql`update owners set slots_in_use = greatest(0, slots_in_use - ${slots}) where id = ${owner}`.execute(tx);
    await sql`update model_limits set slots_in_use = greatest(0, slots_in_use - ${slots}) where model_id = ${modelId}`.execute(tx);
  }
}

/**
 * Rows that still have the attempt the run was given: what was charged, retried or put back since belongs to another run. Those of a
 * cancelled job stay where they are, for they are cancelled.
 */
async function putBack(tx: Database, runId: RunId): Promise<void> {
  await sql`
    with run as (
      select runs.*, cardinality(runs.indexes) = runs.indexes[cardinality(runs.indexes)] - runs.indexes[1] + 1 as is_range
      from runs join jobs on jobs.id = runs.batch_id and jobs.cancelled_at is null
      where runs.id = ${runId}
    ), open as (
      -- a range is read at once, a list row by row: for 2,000 rows 2 ms and 9 ms
      select r.batch_id, r.index, r.attempt, r.retry_id
      from run join batch_rows r
        on r.batch_id = run.batch_id and r.index >= run.indexes[1] and r.index <= run.indexes[cardinality(run.indexes)] and r.status = 'pending'
      where run.is_range
      union all
      select r.batch_id, r.index, r.attempt, r.retry_id
      from run cross join unnest(run.indexes) as given (index)
      join batch_rows r on r.batch_id = run.batch_id and r.index = given.index and r.status = 'pending'
      where not run.is_range
    )
    insert into requeued_rows (batch_id, index, alone, retry_id)
    select open.batch_id, open.index, run.alone, open.retry_id
    from run join open on open.attempt = run.attempts[array_position(run.indexes, open.index)]
    on conflict do nothing`.execute(tx);
}
