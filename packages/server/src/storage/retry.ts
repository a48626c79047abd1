/** Retry: rows that failed or were cancelled run again in the same batch, under the next attempt; what they had goes to their history. */
import { newRetryId, type FailureCode, type JobId, type OwnerId, type RetryId, type RunId } from '@omtx/contract';
import { sql } from 'kysely';
import { INTERACTIVE_ROWS } from '../domain/lane.ts';
import type { Database } from './database.ts';
import { appendEvent } from './events.ts';
import { CANCEL_CHANNEL, notify } from './notify.ts';
import { lockRowsOf } from './rows-lock.ts';
import { freeSlots } from './runs/end-run.ts';
import { wakeWorkers } from './wake.ts';

/** Which rows; each condition narrows the choice. Rows that were refused before running are never chosen: they would be refused again. */
export interface RetryChoice {
  readonly statuses: readonly ('failed' | 'cancelled')[];
  readonly indexes?: readonly number[] | undefined;
  readonly codes?: readonly FailureCode[] | undefined;
}

/** What the rows run with in place of the job's own settings. */
export interface RetryChanges {
  /** All parameters, checked; null: the job's own. */
  readonly parameters: Readonly<Record<string, unknown>> | null;
  readonly timeoutSeconds: number | null;
  readonly memoryBytes: number | null;
  readonly alone: boolean;
}

export type RetryResult =
  | { readonly kind: 'retried'; readonly retryId: RetryId; readonly rows: number }
  /** Rows of a cancelled job that are not written down yet: do that first. */
  | { readonly kind: 'cancel_unwritten' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'not_found' };

/**
 * In one transaction under the job's row lock. A cancelled job is open again, and what its runs may still say is cut off by ending them.
 */
export async function retryRows(
  db: Database,
  owner: OwnerId,
  jobId: JobId,
  choice: RetryChoice,
  changes: RetryChanges,
): Promise<RetryResult> {
  return db.transaction().execute(async (tx) => {
    await lockRowsOf(tx, jobId);
    const job = await tx
      .selectFrom('jobs')
      .select(['model_id', 'cancelled_at', 'finished_at'])
      .where('id', '=', jobId)
      .where('owner', '=', owner)
      .forUpdate()
      .executeTakeFirst();
    if (!job) return { kind: 'not_found' };
    if (job.cancelled_at !== null && job.finished_at === null) return { kind: 'cancel_unwritten' };
    const retryId = newRetryId();
    await insertRetry(tx, jobId, retryId, changes);
    const reopened = await reopenRows(tx, jobId, retryId, choice, changes.alone);
    if (reopened.length === 0) {
      await tx.deleteFrom('retries').where('id', '=', retryId).execute();
      return { kind: 'nothing' };
    }
    if (job.cancelled_at !== null) await endRunsOfCancelled(tx, jobId);
    await reopenJob(tx, jobId, reopened);
    await appendEvent(
      tx,
      jobId,
      'retried',
      reopened.map((row) => row.index),
    );
    await wakeWorkers(tx, job.model_id);
    return { kind: 'retried', retryId, rows: reopened.length };
  });
}

async function insertRetry(tx: Database, jobId: JobId, id: RetryId, changes: RetryChanges): Promise<void> {
  const { parameters, timeoutSeconds, memoryBytes, alone } = changes;
  await tx
    .insertInto('retries')
    .values({
      id,
      job_id: jobId,
      parameters: parameters && JSON.stringify(parameters),
      timeout_seconds: timeoutSeconds,
      memory_bytes: memoryBytes,
      alone,
    })
    .execute();
}

interface ReopenedRow {
  readonly index: number;
  readonly was: 'failed' | 'cancelled';
}

/** A repeated row goes on waiting only where the row it repeats runs again with the same settings. */
async function reopenRows(
  tx: Database,
  jobId: JobId,
  retryId: RetryId,
  { statuses, indexes, codes }: RetryChoice,
  alone: boolean,
): Promise<readonly ReopenedRow[]> {
  const { rows } = await sql<ReopenedRow>`
    with chosen as materialized (
      select index, attempt, status, code, message, run_id, retry_id, started_at, finished_at
      from batch_rows
      where batch_id = ${jobId} and status = any (${statuses}::text[]) and outcome <> 'rejected'
        and (${indexes ?? null}::int[] is null or index = any (${indexes ?? null}::int[]))
        and (${codes ?? null}::text[] is null or code = any (${codes ?? null}::text[]))
      order by index
      for update
    ), noted as (
      insert into attempts (batch_id, index, attempt, run_id, retry_id, code, message, started_at, ended_at)
      select
        ${jobId}, index, attempt, run_id, retry_id, coalesce(code, 'cancelled'), coalesce(message, 'It was cancelled.'), started_at, finished_at
      from chosen
    ), reopened as (
      update batch_rows r
      set status = 'pending', outcome = null, code = null, message = null, score = null, metrics = null, run_id = null, started_at = null,
        finished_at = null, attempt = r.attempt + 1, retry_id = ${retryId},
        reused_from = case when r.reused_from in (select index from chosen) then r.reused_from end
      from chosen
      where r.batch_id = ${jobId} and r.index = chosen.index
      returning r.index, r.reused_from, chosen.status as was
    ), listed as (
      insert into requeued_rows (batch_id, index, alone, retry_id)
      select ${jobId}, index, ${alone}, ${retryId} from reopened where reused_from is null
      on conflict (batch_id, index) do update set alone = excluded.alone, not_before = now(), retry_id = excluded.retry_id
    )
    select index, was from reopened order by index`.execute(tx);
  return rows;
}

/** Their processes are being killed; ended now, nothing they say can be taken for the new attempt, and their slots are free. */
async function endRunsOfCancelled(tx: Database, jobId: JobId): Promise<void> {
  const { rows } = await sql<{ id: RunId }>`
    update runs set ended_at = now(), end_reason = 'cancelled' where batch_id = ${jobId} and ended_at is null returning id`.execute(tx);
  const ids = rows.map((row) => row.id);
  await sql`
    update jobs set slots_in_use = slots_in_use - (select coalesce(sum(slots), 0) from runs where id = any (${ids}::uuid[]))
    where id = ${jobId}`.execute(tx);
  await freeSlots(tx, jobId, ids);
  await notify(tx, CANCEL_CHANNEL, jobId);
}

async function reopenJob(tx: Database, jobId: JobId, reopened: readonly ReopenedRow[]): Promise<void> {
  const failed = reopened.filter((row) => row.was === 'failed').length;
  await sql`
    update jobs
    set failed_count = failed_count - ${failed}, cancelled_count = cancelled_count - ${reopened.length - failed},
      -- of a job that had ended, no row of the range is left
      next_index = case when finished_at is null then next_index else checked_until end,
      finished_at = null, cancelled_at = null, waiting_since = now(),
      lane = case when ${reopened.length} <= ${INTERACTIVE_ROWS} then 0 else lane end
    where id = ${jobId}`.execute(tx);
}
