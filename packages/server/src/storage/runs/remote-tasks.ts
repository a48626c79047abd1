/** Work elsewhere as rows: written before it is sent, kept until none of its rows waits for it. */
import { randomUUID } from 'node:crypto';
import type { JobId } from '@omtx/contract';
import { sql } from 'kysely';
import pg from 'pg';
import type { NewRemoteTask, RemoteRow, RemoteTask } from '../../domain/remote-task.ts';
import type { Database } from '../database.ts';

const UNIQUE_VIOLATION = '23505';

type StoredTask = Omit<RemoteTask, 'remoteId' | 'answerSha256' | 'acceptedSecondsAgo'> & {
  readonly remoteId: string | null;
  readonly answerSha256: string | null;
  readonly acceptedSecondsAgo: number | null;
};

const columns = sql`
  t.id, t.kind, t.model_id as "modelId", t.model_version as "modelVersion", t.batch_id as "batchId", t.remote_id as "remoteId",
  t.is_ended as "isEnded", t.answer_sha256 as "answerSha256", extract(epoch from now() - t.accepted_at)::float8 as "acceptedSecondsAgo",
  (select coalesce(jsonb_agg(jsonb_build_object('index', r.index, 'attempt', r.attempt) order by r.index), '[]') from remote_rows r where r.task_id = t.id) as rows`;

function taskOf({ remoteId, answerSha256, acceptedSecondsAgo, ...rest }: StoredTask): RemoteTask {
  return {
    ...rest,
    remoteId: remoteId ?? undefined,
    answerSha256: answerSha256 ?? undefined,
    acceptedSecondsAgo: acceptedSecondsAgo ?? undefined,
  };
}

/** Tasks that stand for any of the rows under these attempts. */
export async function findRemoteTasks(db: Database, batchId: JobId, rows: readonly RemoteRow[]): Promise<readonly RemoteTask[]> {
  const { rows: found } = await sql<StoredTask>`
    select ${columns}
    from remote_tasks t
    where t.id in (
      select mine.task_id
      from unnest(${rows.map((row) => row.index)}::int[], ${rows.map((row) => row.attempt)}::int[]) as given (index, attempt)
      join remote_rows mine on mine.batch_id = ${batchId} and mine.index = given.index and mine.attempt = given.attempt
    )
    order by t.created_at, t.id`.execute(db);
  return found.map(taskOf);
}

/**
 * Writes down that a request is about to be sent for rows. Fenced like an outcome: a run that is over sends nothing.
 * @returns undefined when the run is over, or a task stands for one of the rows
 */
export async function beginRemoteTask(db: Database, { runId, rows, ...task }: NewRemoteTask): Promise<RemoteTask | undefined> {
  const id = randomUUID();
  try {
    return await db.transaction().execute(async (tx) => {
      const live = await sql`select from runs where id = ${runId} and ended_at is null for share`.execute(tx);
      if (live.rows.length === 0) return undefined;
      const { kind, modelId, modelVersion, batchId } = task;
      await sql`
        insert into remote_tasks (id, kind, model_id, model_version, batch_id)
        values (${id}, ${kind}, ${modelId}, ${modelVersion}, ${batchId})`.execute(tx);
      await sql`
        insert into remote_rows (batch_id, index, attempt, task_id)
        select ${batchId}, index, attempt, ${id}
        from unnest(${rows.map((row) => row.index)}::int[], ${rows.map((row) => row.attempt)}::int[]) as given (index, attempt)`.execute(
        tx,
      );
      return { ...task, id, rows, remoteId: undefined, isEnded: false, answerSha256: undefined, acceptedSecondsAgo: undefined };
    });
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === UNIQUE_VIOLATION) return undefined;
    throw error;
  }
}

/** Safe to repeat: the time of the first call stays. */
export async function acceptRemoteTask(db: Database, id: string, remoteId: string): Promise<void> {
  await sql`update remote_tasks set remote_id = ${remoteId}, accepted_at = coalesce(accepted_at, now()) where id = ${id}`.execute(db);
}

export async function endRemoteTask(db: Database, id: string, answerSha256?: string): Promise<void> {
  await sql`
    update remote_tasks set is_ended = true, answer_sha256 = coalesce(${answerSha256 ?? null}, answer_sha256) where id = ${id}`.execute(db);
}

/** Tasks of these models for none of whose rows anybody waits: rows with an outcome, with a later attempt, cancelled, or deleted. */
export async function unwantedRemoteTasks(
  db: Database,
  models: readonly { readonly modelId: string; readonly modelVersion: string }[],
): Promise<readonly RemoteTask[]> {
  const { rows } = await sql<StoredTask>`
    select ${columns}
    from remote_tasks t
    join unnest(${models.map((each) => each.modelId)}::text[], ${models.map((each) => each.modelVersion)}::text[]) as mine (id, version)
      on mine.id = t.model_id and mine.version = t.model_version
    where not exists (${wantedRows(sql`t.id`)})
    order by t.created_at
    limit 1000`.execute(db);
  return rows.map(taskOf);
}

/** Rows that the task will not tell: they are not its own any more. */
export async function leaveRemoteTask(db: Database, id: string, rows: readonly RemoteRow[]): Promise<void> {
  await sql`
    delete from remote_rows mine
    using unnest(${rows.map((row) => row.index)}::int[], ${rows.map((row) => row.attempt)}::int[]) as given (index, attempt)
    where mine.task_id = ${id} and mine.index = given.index and mine.attempt = given.attempt`.execute(db);
}

export async function unwantedRowsOf(db: Database, id: string): Promise<readonly number[]> {
  const { rows } = await sql<{ index: number }>`
    select mine.index from remote_rows mine
    where mine.task_id = ${id} and mine.index not in (${wantedRows(sql`${id}`)})
    order by mine.index`.execute(db);
  return rows.map(({ index }) => index);
}

/** Rows of a task that wait for it. */
function wantedRows(taskId: ReturnType<typeof sql>) {
  return sql`
    select wanted.index
    from remote_rows wanted
    join batch_rows r on r.batch_id = wanted.batch_id and r.index = wanted.index and r.attempt = wanted.attempt and r.status = 'pending'
    join jobs j on j.id = r.batch_id and j.cancelled_at is null
    where wanted.task_id = ${taskId}`;
}

export async function forgetRemoteTask(db: Database, id: string): Promise<void> {
  await sql`delete from remote_tasks where id = ${id}`.execute(db);
}
