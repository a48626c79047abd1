/** The one way in which a run ends. */
import { FAILURE_CODES, type RunId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { wakeWorkers } from '../wake.ts';

export type EndReason = 'finished' | 'lost' | 'stopped' | 'setup_failed' | 'cancelled';

interface EndedRun {
  readonly batchId: string;
  readonly modelId: string;
}

/**
 * Ends a live run, frees its slots and puts its unfinished rows back, in one transaction. Only a lost run charges an attempt, and only
 * to rows that were in flight. Safe to call from worker and monitor at once: the second call changes nothing.
 * @returns false when the run had ended before
 */
export async function endRun(db: Database, runId: RunId, reason: EndReason): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const batch = await tx.selectFrom('runs').select('batch_id').where('id', '=', runId).executeTakeFirst();
    if (!batch) return false;
    // The job before the run: the order in which every statement locks them.
    await tx.selectFrom('jobs').select('id').where('id', '=', batch.batch_id).forUpdate().execute();
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
    if (reason === 'lost') await chargeRowsInFlight(tx, runId);
    await putBack(tx, runId);
    await wakeWorkers(tx, ended.modelId);
    return true;
  });
}

/** The attempt that was lost is written down and the row gets the next one, so that nothing late can match. */
async function chargeRowsInFlight(tx: Database, runId: RunId): Promise<void> {
  await sql`
    with charged as (
      update batch_rows r set attempt = r.attempt + 1
      from runs join jobs on jobs.id = runs.batch_id and jobs.cancelled_at is null
      where runs.id = ${runId} and r.batch_id = runs.batch_id and r.index = any (runs.in_flight) and r.status = 'pending'
        and r.attempt = runs.attempts[array_position(runs.indexes, r.index)]
      returning r.batch_id, r.index, r.attempt - 1 as attempt, r.retry_id, runs.alone
    ), noted as (
      insert into attempts (batch_id, index, attempt, run_id, retry_id, code, message)
      select batch_id, index, attempt, ${runId}, retry_id, 'lease_lost', ${FAILURE_CODES.lease_lost.title} from charged
    )
    insert into requeued_rows (batch_id, index, alone, retry_id)
    select batch_id, index, alone, retry_id from charged`.execute(tx);
}

/**
 * Rows that still have the attempt the run was given: what was charged, retried or put back since belongs to another run. Those of a
 * cancelled job stay where they are, for they are cancelled.
 */
async function putBack(tx: Database, runId: RunId): Promise<void> {
  await sql`
    insert into requeued_rows (batch_id, index, alone, retry_id)
    select r.batch_id, r.index, runs.alone, r.retry_id
    from runs
    join jobs on jobs.id = runs.batch_id and jobs.cancelled_at is null
    cross join unnest(runs.indexes, runs.attempts) as given (index, attempt)
    join batch_rows r on r.batch_id = runs.batch_id and r.index = given.index and r.attempt = given.attempt and r.status = 'pending'
    where runs.id = ${runId}
    on conflict do nothing`.execute(tx);
}
