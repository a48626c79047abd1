/** What the monitor looks for: runs whose worker is gone, jobs that nobody was woken for, and parents that were not finished. */
import type { JobId, RunId, WorkerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { appendEvent } from '../events.ts';
import { QUEUE_SCHEMA } from '../wake.ts';
import { INTERACTIVE_ROWS } from './claim-run.ts';

/** A message is held for milliseconds; one that is held this long belongs to a process that died. */
const MESSAGE_LIMIT_SECONDS = 60;

/** Live runs whose lease is over. */
export async function findLostRuns(db: Database): Promise<readonly RunId[]> {
  const { rows } = await sql<{
    id: RunId;
  }>`select id from runs where ended_at is null and lease_until < now() order by lease_until`.execute(db);
  return rows.map((row) => row.id);
}

export async function liveRunsOf(db: Database, workerId: WorkerId): Promise<readonly RunId[]> {
  const rows = await db.selectFrom('runs').select('id').where('worker_id', '=', workerId).where('ended_at', 'is', null).execute();
  return rows.map((row) => row.id);
}

/** Models of jobs that have rows to give out now. */
export async function findWaitingModels(db: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ modelId: string }>`
    select distinct model_id as "modelId"
    from jobs
    where finished_at is null and cancelled_at is null and paused_at is null and slots_in_use < max_concurrency
      and (next_index < checked_until or exists (select from requeued_rows q where q.batch_id = jobs.id and q.not_before <= now()))`.execute(
    db,
  );
  return rows.map((row) => row.modelId);
}

/** Whether a small job of one of these models waits for its turn. */
export async function hasSmallJobWaiting(db: Database, modelIds: readonly string[]): Promise<boolean> {
  const { rows } = await sql`
    select from jobs
    where model_id = any (${modelIds}::text[]) and total_count <= ${INTERACTIVE_ROWS} and finished_at is null and cancelled_at is null
      and paused_at is null and slots_in_use = 0
      and (next_index < checked_until or exists (select from requeued_rows q where q.batch_id = jobs.id and q.not_before <= now()))
    limit 1`.execute(db);
  return rows.length > 0;
}

/** Cancelled jobs whose rows are not all written down. */
export async function findUnwrittenCancels(db: Database): Promise<readonly JobId[]> {
  const rows = await db.selectFrom('jobs').select('id').where('cancelled_at', 'is not', null).where('finished_at', 'is', null).execute();
  return rows.map((row) => row.id);
}

/** Frees messages whose holder died; Graphile Worker itself would wait for hours. @returns how many */
export async function freeDeadMessages(db: Database): Promise<number> {
  const { rows } = await sql<{ lockedBy: string }>`
    select distinct locked_by as "lockedBy" from ${sql.id(QUEUE_SCHEMA)}.jobs
    where locked_at < now() - make_interval(secs => ${MESSAGE_LIMIT_SECONDS})`.execute(db);
  if (rows.length > 0)
    await sql`select ${sql.id(QUEUE_SCHEMA)}.force_unlock_workers(${rows.map((row) => row.lockedBy)}::text[])`.execute(db);
  return rows.length;
}

/** Finishes parents whose rows all have an outcome, which the recording transaction should have done. @returns those it found */
export async function repairFinished(db: Database): Promise<readonly JobId[]> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ id: JobId }>`
      update jobs set finished_at = now()
      where finished_at is null and completed_count + failed_count + cancelled_count = total_count
      returning id`.execute(tx);
    for (const { id } of rows) await appendEvent(tx, id, 'finished', []);
    return rows.map((row) => row.id);
  });
}
