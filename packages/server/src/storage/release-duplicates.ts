/** Rows that wait for an earlier row of their batch: what becomes of them when it ends. */
import type { JobId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';

/**
 * Rows that waited for originals that are completed now become `reused`, with score and metrics of their original.
 * In the caller's transaction, which also writes the counters.
 * @returns their indexes
 */
export async function completeDuplicates(tx: Database, batchId: JobId, originals: readonly number[]): Promise<readonly number[]> {
  const { rows } = await sql<{ index: number }>`
    update batch_rows r
    set status = 'completed', outcome = 'reused', score = o.score, metrics = o.metrics, run_id = o.run_id, finished_at = now()
    from batch_rows o
    where r.batch_id = ${batchId} and r.status = 'pending' and r.reused_from = any (${originals}::int[])
      and o.batch_id = r.batch_id and o.index = r.reused_from and o.status = 'completed'
    returning r.index`.execute(tx);
  return rows.map((row) => row.index);
}

/**
 * Originals that failed or were cancelled give nothing to reuse: the first row that waited for each runs itself, the others wait for that one.
 * In the caller's transaction, which holds the job's row lock: an heir that the range of the job has yet to reach is left to it.
 */
export async function freeDuplicates(tx: Database, batchId: JobId, originals: readonly number[]): Promise<void> {
  await sql`
    with heirs as (
      select reused_from as original, min(index) as heir
      from batch_rows
      where batch_id = ${batchId} and status = 'pending' and reused_from = any (${originals}::int[])
      group by reused_from
    ), moved as (
      update batch_rows r
      set reused_from = nullif(heirs.heir, r.index)
      from heirs
      where r.batch_id = ${batchId} and r.status = 'pending' and r.reused_from = heirs.original
      returning r.index, r.attempt, r.retry_id, r.reused_from
    )
    insert into requeued_rows (batch_id, index, retry_id, alone)
    select ${batchId}, moved.index, moved.retry_id, coalesce(retries.alone, false)
    from moved join jobs on jobs.id = ${batchId} left join retries on retries.id = moved.retry_id
    where moved.reused_from is null and (moved.attempt > 1 or moved.index < jobs.next_index)
    on conflict do nothing`.execute(tx);
}
