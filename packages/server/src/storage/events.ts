/** The ordered log of a job. */
import type { EVENT_KINDS, JobEvent, JobId, OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import { progressOf, type StatusCounts } from '../domain/progress.ts';
import type { Database } from './database.ts';
import { EVENT_CHANNEL, notify } from './notify.ts';

export type EventKind = (typeof EVENT_KINDS)[number];

/** More changed rows than this are not listed: a reader that is told of none looks at all. */
const MAX_LISTED_ROWS = 1_000;

interface Snapshot extends StatusCounts {
  readonly sequence: number;
  readonly status: JobEvent['status'];
  readonly startedAt: Date | null;
  readonly cancelledAt: Date | null;
  readonly pausedAt: Date | null;
  readonly now: Date;
}

/**
 * Appends an event in the caller's transaction, with the counts as they are at that moment. The sequence is assigned under the job's
 * row lock, so a reader that has seen n has seen all before it. One NOTIFY, sent on commit.
 */
export async function appendEvent(db: Database, jobId: JobId, kind: EventKind, rows: readonly number[]): Promise<void> {
  const { rows: snapshots } = await sql<Snapshot>`
    update jobs
    set event_sequence = event_sequence + 1, updated_at = now()
    where id = ${jobId}
    returning
      event_sequence as sequence, status, total_count as total, completed_count as completed, reused_count as reused,
      failed_count as failed, rejected_count as rejected, cancelled_count as cancelled,
      (select coalesce(sum(cardinality(in_flight)), 0)::int from runs where batch_id = jobs.id and ended_at is null) as running,
      started_at as "startedAt", cancelled_at as "cancelledAt", paused_at as "pausedAt", clock_timestamp() as now`.execute(db);
  const [snapshot] = snapshots;
  if (!snapshot) return;
  const { sequence, status, startedAt, cancelledAt, pausedAt, now, ...counts } = snapshot;
  const progress = progressOf(counts, { startedAt, cancelledAt, pausedAt, now });
  const data = { status, progress, rows: rows.length > MAX_LISTED_ROWS ? [] : rows };
  await db
    .insertInto('job_events')
    .values({ job_id: jobId, sequence, kind, data: JSON.stringify(data) })
    .execute();
  await notify(db, EVENT_CHANNEL, `${jobId}:${String(sequence)}`);
}

/** Events after `after` in order, at most `limit`; undefined where the owner has no such job. */
export async function readEvents(
  db: Database,
  owner: OwnerId,
  jobId: JobId,
  after: number,
  limit: number,
): Promise<readonly JobEvent[] | undefined> {
  const job = await db.selectFrom('jobs').select('id').where('id', '=', jobId).where('owner', '=', owner).executeTakeFirst();
  if (!job) return undefined;
  const events = await db
    .selectFrom('job_events')
    .selectAll()
    .where('job_id', '=', jobId)
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit)
    .execute();
  return events.map(({ sequence, kind, at, data }) => {
    const { status, progress, rows } = data as Pick<JobEvent, 'status' | 'progress' | 'rows'>;
    return { jobId, sequence, kind: kind as EventKind, at: at.toISOString(), status, progress, rows };
  });
}
