/** Cancel: one mark that holds at once, then the open rows written down in pages. */
import type { JobId, OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { appendEvent } from './events.ts';
import { CANCEL_CHANNEL, notify } from './notify.ts';

const PAGE_ROWS = 5_000;

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
