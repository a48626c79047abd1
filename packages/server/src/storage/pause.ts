/** Pause and resume: claims pass a paused job over; its rows in flight end, and rows that a run holds and has not started are put back. */
import type { JobId, OwnerId } from '@omtx/contract';
import type { Database } from './database.ts';
import { appendEvent } from './events.ts';
import { notify, PAUSE_CHANNEL } from './notify.ts';
import { wakeWorkers } from './wake.ts';

export type PauseResult = 'changed' | 'unchanged' | 'final' | 'not_found';

export async function setPaused(db: Database, owner: OwnerId, jobId: JobId, isPaused: boolean): Promise<PauseResult> {
  return db.transaction().execute(async (tx) => {
    const job = await tx
      .selectFrom('jobs')
      .select(['model_id', 'paused_at', 'finished_at', 'cancelled_at'])
      .where('id', '=', jobId)
      .where('owner', '=', owner)
      .forUpdate()
      .executeTakeFirst();
    if (!job) return 'not_found';
    if (job.finished_at !== null || job.cancelled_at !== null) return 'final';
    if ((job.paused_at !== null) === isPaused) return 'unchanged';
    await tx
      .updateTable('jobs')
      .set((eb) => ({ paused_at: isPaused ? eb.fn<Date>('now') : null, waiting_since: eb.fn<Date>('now') }))
      .where('id', '=', jobId)
      .execute();
    await appendEvent(tx, jobId, isPaused ? 'paused' : 'resumed', []);
    if (isPaused) await notify(tx, PAUSE_CHANNEL, jobId);
    else await wakeWorkers(tx, job.model_id);
    return 'changed';
  });
}
