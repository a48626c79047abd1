/** What the monitor looks for: runs whose worker is gone, jobs that nobody was woken for, and parents that were not finished. */
import type { JobId, RunId, WorkerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { appendEvent } from '../events.ts';
import { QUEUE_SCHEMA } from '../wake.ts';

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

/** Of these models those for which an interactive job waits for its turn. */
export async function modelsOfSmallJobs(db: Database, modelIds: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ modelId: string }>`
    select distinct model_id as "modelId" from jobs
    where model_id = any (${modelIds}::text[]) and lane = 0 and finished_at is null and cancelled_at is null
      and paused_at is null and slots_in_use = 0
      and (next_index < checked_until or exists (select from requeued_rows q where q.batch_id = jobs.id and q.not_before <= now()))`.execute(
    db,
  );
  return rows.map((row) => row.modelId);
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

/** Slots in use of owners and models, counted anew from their live runs where they differ. @returns whose were wrong */
export async function recountSlots(db: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ kind: 'owner' | 'model'; id: string }>`
    with live as (
      select jobs.owner, jobs.model_id, sum(runs.slots)::int as slots
      from runs join jobs on jobs.id = runs.batch_id where runs.ended_at is null group by 1, 2
    )
    select 'owner' as kind, id from owners
    where slots_in_use <> coalesce((select sum(slots) from live where live.owner = owners.id), 0)
    union all
    select 'model', model_id from model_limits
    where slots_in_use <> coalesce((select sum(slots) from live where live.model_id = model_limits.model_id), 0)`.execute(db);
  const wrong: string[] = [];
  for (const { kind, id } of rows) if (await recount(db, kind, id)) wrong.push(`${kind} ${id}`);
  return wrong;
}

/** Claims and ends of runs hold the same row lock, so the second statement sees all of them. */
async function recount(db: Database, kind: 'owner' | 'model', id: string): Promise<boolean> {
  const [table, key] = kind === 'owner' ? (['owners', 'id'] as const) : (['model_limits', 'model_id'] as const);
  return db.transaction().execute(async (tx) => {
    await sql`select from ${sql.table(table)} where ${sql.ref(key)} = ${id} for no key update`.execute(tx);
    const { rows } = await sql`
      update ${sql.table(table)} set slots_in_use = live.slots
      from (
        select coalesce(sum(runs.slots), 0)::int as slots
        from runs join jobs on jobs.id = runs.batch_id
        where runs.ended_at is null and ${kind === 'owner' ? sql`jobs.owner` : sql`jobs.model_id`} = ${id}
      ) live
      where ${sql.ref(key)} = ${id} and slots_in_use <> live.slots
      returning 1`.execute(tx);
    return rows.length > 0;
  });
}
