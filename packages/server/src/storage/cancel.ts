/** Cancel of a job: one mark that holds at once, then the open rows written down in pages. Cancel of rows: written at once. */
import type { JobId, OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { appendEvent } from './events.ts';
import { freeDuplicates } from './release-duplicates.ts';
import { lockRowsOf } from './rows-lock.ts';
import { wakeWorkers } from './wake.ts';
import { CANCEL_CHANNEL, notify } from './notify.ts';

const PAGE_ROWS = 5_000;
/** A payload of NOTIFY holds 8,000 bytes. */
const ROWS_PER_NOTICE = 500;

export type CancelMark = 'marked' | 'already_final' | 'not_found';

/**
 * Sets the mark. After the commit no run opens on the job and no outcome of it is stored; worker hosts are told by NOTIFY.
 * The job's row lock orders it with claims and records, which take the same lock.
 */
export async function markCancelled(db: Database, owner: OwnerId, jobId: JobId): Promise<CancelMark> {
  return db.transaction().execute(async (tx) => {
    const job = await tx
      .selectFrom('jobs')
      .select(['finished_at', 'cancelled_at'])
      .where('id', '=', jobId)
      .where('owner', '=', owner)
      .forUpdate()
      .executeTakeFirst();
    if (!job) return 'not_found';
    if (job.finished_at !== null || job.cancelled_at !== null) return 'already_final';
    await sql`update jobs set cancelled_at = now() where id = ${jobId}`.execute(tx);
    await appendEvent(tx, jobId, 'cancelled', []);
    await notify(tx, CANCEL_CHANNEL, jobId);
    return 'marked';
  });
}

/**
 * Writes the open rows of a cancelled job down, a page a transaction, with the counters. Safe to call from anywhere and again:
 * whoever was interrupted left whole pages. The last page finishes the job.
 * @returns the number of rows written
 */
export async function writeDownCancelledRows(db: Database, jobId: JobId, pageRows = PAGE_ROWS): Promise<number> {
  for (let total = 0; ;) {
    const written = await db.transaction().execute((tx) => writePage(tx, jobId, pageRows));
    total += written;
    if (written < pageRows) return total;
  }
}

async function writePage(tx: Database, jobId: JobId, pageRows: number): Promise<number> {
  await lockRowsOf(tx, jobId);
  const job = await tx
    .selectFrom('jobs')
    .select(['finished_at'])
    .where('id', '=', jobId)
    .where('cancelled_at', 'is not', null)
    .forUpdate()
    .executeTakeFirst();
  if (!job || job.finished_at !== null) return 0;
  const { rows } = await sql<{ index: number }>`
    update batch_rows
    set status = 'cancelled', outcome = 'cancelled', finished_at = now()
    where batch_id = ${jobId}
      and index in (select index from batch_rows where batch_id = ${jobId} and status = 'pending' order by index limit ${pageRows})
    returning index`.execute(tx);
  await sql`
    update jobs
    set cancelled_count = cancelled_count + ${rows.length},
      finished_at = case when completed_count + failed_count + cancelled_count + ${rows.length} = total_count then now() end
    where id = ${jobId}`.execute(tx);
  const left = await tx.selectFrom('jobs').select('finished_at').where('id', '=', jobId).executeTakeFirstOrThrow();
  if (left.finished_at !== null) {
    await sql`delete from requeued_rows where batch_id = ${jobId}`.execute(tx);
    await appendEvent(tx, jobId, 'finished', []);
  }
  return rows.length;
}

export type RowsCancel = { readonly kind: 'cancelled'; readonly rows: number } | { readonly kind: 'not_found' };

/**
 * Cancels rows of a job that have no outcome yet; others stay as they are. After the commit no outcome of them is stored, and worker hosts
 * that hold one are told by NOTIFY. A row that waited for a cancelled one runs itself.
 */
export async function cancelRows(db: Database, owner: OwnerId, jobId: JobId, indexes: readonly number[]): Promise<RowsCancel> {
  return db.transaction().execute(async (tx) => {
    await lockRowsOf(tx, jobId);
    const job = await tx
      .selectFrom('jobs')
      .select(['model_id', 'cancelled_at'])
      .where('id', '=', jobId)
      .where('owner', '=', owner)
      .forUpdate()
      .executeTakeFirst();
    if (!job) return { kind: 'not_found' };
    if (job.cancelled_at !== null) return { kind: 'cancelled', rows: 0 };
    const cancelled = await writeCancelled(tx, jobId, indexes);
    if (cancelled.length === 0) return { kind: 'cancelled', rows: 0 };
    await sql`delete from requeued_rows where batch_id = ${jobId} and index = any (${cancelled}::int[])`.execute(tx);
    await takeFromRuns(tx, jobId, cancelled);
    await freeDuplicates(tx, jobId, cancelled);
    const { rows } = await sql<{ isOver: boolean }>`
      update jobs
      set cancelled_count = cancelled_count + ${cancelled.length},
        finished_at = case when completed_count + failed_count + cancelled_count + ${cancelled.length} = total_count then now() end
      where id = ${jobId}
      returning finished_at is not null as "isOver"`.execute(tx);
    await appendEvent(tx, jobId, rows[0]?.isOver === true ? 'finished' : 'progress', cancelled);
    await wakeWorkers(tx, job.model_id);
    return { kind: 'cancelled', rows: cancelled.length };
  });
}

async function writeCancelled(tx: Database, jobId: JobId, indexes: readonly number[]): Promise<readonly number[]> {
  const { rows } = await sql<{ index: number }>`
    update batch_rows
    set status = 'cancelled', outcome = 'cancelled', finished_at = now()
    where batch_id = ${jobId} and index = any (${indexes}::int[]) and status = 'pending'
    returning index`.execute(tx);
  return rows.map((row) => row.index).sort((a, b) => a - b);
}

/** Live runs that hold some of the rows: they are in flight no more, and the hosts are told. */
async function takeFromRuns(tx: Database, jobId: JobId, indexes: readonly number[]): Promise<void> {
  const { rows } = await sql<{ held: readonly number[] }>`
    update runs
    set in_flight = array(select unnest(in_flight) except select unnest(${indexes}::int[]))
    where batch_id = ${jobId} and ended_at is null and indexes && ${indexes}::int[]
    returning array(select unnest(indexes) intersect select unnest(${indexes}::int[])) as held`.execute(tx);
  const held = rows.flatMap((row) => row.held);
  for (let start = 0; start < held.length; start += ROWS_PER_NOTICE) {
    await notify(tx, CANCEL_CHANNEL, `${jobId}:${held.slice(start, start + ROWS_PER_NOTICE).join(',')}`);
  }
}
