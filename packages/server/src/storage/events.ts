/** The ordered log of a job. */
import type { EVENT_KINDS, JobEvent, JobId, OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import { batchStatus, progressOf, type StatusCounts } from '../domain/progress.ts';
import type { Database } from './database.ts';
import { KEPT_PLAN } from './kept-plans.ts';
import { EVENT_CHANNEL } from './notify.ts';

export type EventKind = (typeof EVENT_KINDS)[number];

/** More changed rows than this are not listed: a reader that is told of none looks at all. */
const MAX_LISTED_ROWS = 1_000;

interface Snapshot extends StatusCounts {
  readonly sequence: number;
  readonly status: JobEvent['status'];
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly cancelledAt: Date | null;
  readonly pausedAt: Date | null;
  readonly now: Date;
  readonly timeProfile: readonly number[] | null;
}

const snapshot = sql`
  event_sequence as sequence, status, total_count as total, completed_count as completed, reused_count as reused,
  failed_count as failed, rejected_count as rejected, cancelled_count as cancelled, checked_count as checked,
  (select coalesce(sum(cardinality(in_flight)), 0)::int from runs where batch_id = jobs.id and ended_at is null) as running,
  started_at as "startedAt", finished_at as "finishedAt", cancelled_at as "cancelledAt", paused_at as "pausedAt", time_profile as "timeProfile", clock_timestamp() as now`;

/**
 * Appends an event in the caller's transaction, with the counts as they are at that moment. The sequence is assigned under the job's
 * row lock, so a reader that has seen n has seen all before it. One NOTIFY, sent on commit.
 */
export async function appendEvent(db: Database, jobId: JobId, kind: EventKind, rows: readonly number[]): Promise<void> {
  const { rows: snapshots } = await sql<Snapshot>`${KEPT_PLAN}
    update jobs
    set event_sequence = event_sequence + 1, updated_at = now()
    where id = ${jobId}
    returning ${snapshot}`.execute(db);
  if (snapshots[0]) await insertEvent(db, jobId, kind, rows, snapshots[0]);
}

/** The first event of a job that is being stored, whose `event_sequence` is 1: nothing has to be read for it. */
export async function insertFirstEvent(db: Database, jobId: JobId, counts: StatusCounts): Promise<void> {
  const status = batchStatus(counts, { startedAt: null, cancelledAt: null });
  const marks = { startedAt: null, finishedAt: null, cancelledAt: null, pausedAt: null, timeProfile: null, now: new Date(0) };
  await insertEvent(db, jobId, 'submitted', [], { ...counts, ...marks, sequence: 1, status });
}

/** Marks a job as started, once, with the event that tells so. In the caller's transaction. */
export async function startJob(db: Database, jobId: JobId): Promise<void> {
  const { rows: snapshots } = await sql<Snapshot>`${KEPT_PLAN}
    update jobs
    set started_at = now(), event_sequence = event_sequence + 1, updated_at = now()
    where id = ${jobId} and started_at is null and cancelled_at is null
    returning ${snapshot}`.execute(db);
  if (snapshots[0]) await insertEvent(db, jobId, 'started', [], snapshots[0]);
}

export interface NewOutcomes {
  /** Reused ones among them. */
  readonly completed: number;
  readonly reused: number;
  readonly failed: number;
}

/**
 * Adds the outcomes of `rows` to the counters, finishes the job with its last one, and appends the event that tells so: one write for the group.
 * @returns false when the job is cancelled: nothing was written, and the caller undoes the rest
 */
export async function countOutcomes(
  db: Database,
  jobId: JobId,
  { completed, reused, failed }: NewOutcomes,
  rows: readonly number[],
): Promise<boolean> {
  const { rows: snapshots } = await sql<Snapshot>`${KEPT_PLAN}
    update jobs
    set completed_count = completed_count + ${completed}, reused_count = reused_count + ${reused}, failed_count = failed_count + ${failed},
      started_at = coalesce(started_at, now()),
      finished_at = case when completed_count + failed_count + cancelled_count + ${completed + failed} = total_count then now() end,
      event_sequence = event_sequence + 1, updated_at = now()
    where id = ${jobId} and cancelled_at is null
    returning ${snapshot}`.execute(db);
  const [counted] = snapshots;
  if (!counted) return false;
  await insertEvent(db, jobId, counted.finishedAt === null ? 'progress' : 'finished', rows, counted);
  return true;
}

async function insertEvent(db: Database, jobId: JobId, kind: EventKind, rows: readonly number[], counted: Snapshot): Promise<void> {
  const { sequence, status, startedAt, finishedAt: _, cancelledAt, pausedAt, now, timeProfile, ...counts } = counted;
  const progress = progressOf(counts, { startedAt, cancelledAt, pausedAt, now, timeProfile });
  const data = JSON.stringify({ status, progress, rows: rows.length > MAX_LISTED_ROWS ? [] : rows });
  await sql`${KEPT_PLAN}
    with added as (
      insert into job_events (job_id, sequence, kind, data) values (${jobId}, ${sequence}, ${kind}, ${data}) returning job_id, sequence
    )
    select pg_notify(${EVENT_CHANNEL}, job_id || ':' || sequence) from added`.execute(db);
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
