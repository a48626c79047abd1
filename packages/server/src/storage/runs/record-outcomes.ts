/** Writes a group of outcomes of a run: rows, details, counters and one event in one transaction. */
import type { Failure, JobId, RunId } from '@omtx/contract';
import { sql } from 'kysely';
import { decideRetry } from '../../domain/retry-policy.ts';
import type { Database } from '../database.ts';
import { appendEvent } from '../events.ts';
import { completeDuplicates, freeDuplicates } from '../release-duplicates.ts';
import type { StoredArtifactLink, StoredNote } from '../tables.ts';
import { wakeWorkers } from '../wake.ts';

export interface CompletedRow {
  readonly index: number;
  readonly attempt: number;
  readonly startedAt: Date;
  readonly score: number | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  readonly notes: readonly StoredNote[];
  readonly artifacts: readonly StoredArtifactLink[];
}

export interface FailedRow {
  readonly index: number;
  readonly attempt: number;
  readonly startedAt: Date;
  readonly failure: Failure;
}

export interface RecordedRows {
  /** Indexes whose outcome was written now, reused rows among them. */
  readonly written: readonly number[];
  /** Indexes that were put back for another attempt. */
  readonly requeued: readonly number[];
}

interface LiveRun {
  readonly batchId: JobId;
  readonly modelId: string;
  readonly alone: boolean;
}

/**
 * Records what a run has to say of its rows. Fenced: an outcome is written only where the run is live, its job is not cancelled, the row
 * is pending and its attempt is the one given; anything else is late and changes nothing. Whether a failure is final is the domain's to say.
 */
export async function recordOutcomes(
  db: Database,
  runId: RunId,
  completed: readonly CompletedRow[],
  failed: readonly FailedRow[],
): Promise<RecordedRows> {
  return db.transaction().execute(async (tx) => {
    const run = await lockLiveRun(tx, runId);
    if (!run) return { written: [], requeued: [] };
    const decided = failed.map((row) => ({
      row,
      decision: decideRetry({ code: row.failure.code, attempt: row.attempt, wasAlone: run.alone }),
    }));
    const done = await writeCompleted(tx, runId, run.batchId, completed);
    const finalFailures = decided.flatMap(({ row, decision }) => (decision.kind === 'final' ? [row] : []));
    const broken = await writeFailed(tx, runId, run.batchId, finalFailures);
    const requeued: number[] = [];
    for (const { row, decision } of decided) {
      if (decision.kind === 'requeue' && (await requeue(tx, runId, run.batchId, row, decision))) requeued.push(row.index);
    }
    const reused = await completeDuplicates(tx, run.batchId, done);
    await freeDuplicates(tx, run.batchId, broken);
    const written = [...done, ...reused, ...broken];
    await takeOutOfFlight(tx, runId, [...written, ...requeued]);
    await count(tx, run.batchId, done.length + reused.length, reused.length, broken.length);
    if (written.length > 0) await tellChange(tx, run.batchId, written);
    if (requeued.length + broken.length > 0) await wakeWorkers(tx, run.modelId);
    return { written, requeued };
  });
}

/** Locks the job, then the run: the order of every statement that takes both. */
async function lockLiveRun(tx: Database, runId: RunId): Promise<LiveRun | undefined> {
  await sql`select id from jobs where id = (select batch_id from runs where id = ${runId}) for update`.execute(tx);
  const { rows } = await sql<LiveRun>`
    select runs.batch_id as "batchId", runs.alone, jobs.model_id as "modelId"
    from runs join jobs on jobs.id = runs.batch_id
    where runs.id = ${runId} and runs.ended_at is null and jobs.cancelled_at is null
    for share of runs`.execute(tx);
  return rows[0];
}

async function writeCompleted(tx: Database, runId: RunId, batchId: JobId, rows: readonly CompletedRow[]): Promise<readonly number[]> {
  if (rows.length === 0) return [];
  const { rows: written } = await sql<{ index: number }>`
    with given as (
      select * from unnest(
        ${rows.map((row) => row.index)}::int[], ${rows.map((row) => row.attempt)}::int[], ${rows.map((row) => row.startedAt)}::timestamptz[],
        ${rows.map((row) => row.score)}::float8[], ${rows.map((row) => JSON.stringify(row.metrics))}::jsonb[],
        ${rows.map((row) => JSON.stringify(row.tables))}::jsonb[], ${rows.map((row) => JSON.stringify(row.notes))}::jsonb[],
        ${rows.map((row) => JSON.stringify(row.artifacts))}::jsonb[]
      ) as given (index, attempt, started_at, score, metrics, tables, notes, artifacts)
    ), written as (
      update batch_rows r
      set status = 'completed', outcome = 'completed', score = given.score, metrics = given.metrics, run_id = ${runId},
        started_at = given.started_at, finished_at = now()
      from given, runs
      where runs.id = ${runId} and r.batch_id = ${batchId} and r.index = given.index and r.status = 'pending' and r.attempt = given.attempt
        and given.attempt = runs.attempts[array_position(runs.indexes, given.index)]
      returning r.index
    ), detailed as (
      insert into row_details (batch_id, index, tables, notes, artifacts)
      select ${batchId}, index, tables, notes, artifacts from given join written using (index)
      on conflict (batch_id, index) do update set tables = excluded.tables, notes = excluded.notes, artifacts = excluded.artifacts
    )
    select index from written order by index`.execute(tx);
  return written.map((row) => row.index);
}

async function writeFailed(tx: Database, runId: RunId, batchId: JobId, rows: readonly FailedRow[]): Promise<readonly number[]> {
  if (rows.length === 0) return [];
  const { rows: written } = await sql<{ index: number }>`
    update batch_rows r
    set status = 'failed', outcome = 'failed', code = given.code, message = given.message, run_id = ${runId},
      started_at = given.started_at, finished_at = now()
    from runs, unnest(
      ${rows.map((row) => row.index)}::int[], ${rows.map((row) => row.attempt)}::int[], ${rows.map((row) => row.startedAt)}::timestamptz[],
      ${rows.map((row) => row.failure.code)}::text[], ${rows.map((row) => row.failure.message)}::text[]
    ) as given (index, attempt, started_at, code, message)
    where runs.id = ${runId} and r.batch_id = ${batchId} and r.index = given.index and r.status = 'pending' and r.attempt = given.attempt
      and given.attempt = runs.attempts[array_position(runs.indexes, given.index)]
    returning r.index`.execute(tx);
  return written.map((row) => row.index);
}

/** Writes the attempt down and gives the row the next one. @returns false when the outcome was late */
async function requeue(
  tx: Database,
  runId: RunId,
  batchId: JobId,
  { index, attempt, startedAt, failure }: FailedRow,
  { alone, delaySeconds }: { readonly alone: boolean; readonly delaySeconds: number },
): Promise<boolean> {
  const { rows } = await sql`
    with raised as (
      update batch_rows r set attempt = r.attempt + 1
      from runs
      where runs.id = ${runId} and r.batch_id = ${batchId} and r.index = ${index} and r.status = 'pending' and r.attempt = ${attempt}
        and ${attempt} = runs.attempts[array_position(runs.indexes, r.index)]
      returning r.index
    ), noted as (
      insert into attempts (batch_id, index, attempt, run_id, code, message, started_at)
      select ${batchId}, index, ${attempt}, ${runId}, ${failure.code}, ${failure.message}, ${startedAt} from raised
    )
    insert into requeued_rows (batch_id, index, alone, not_before)
    select ${batchId}, index, ${alone}, now() + make_interval(secs => ${delaySeconds}) from raised
    on conflict (batch_id, index) do update set alone = excluded.alone, not_before = excluded.not_before
    returning index`.execute(tx);
  return rows.length > 0;
}

async function takeOutOfFlight(tx: Database, runId: RunId, indexes: readonly number[]): Promise<void> {
  await sql`
    update runs
    set in_flight = array(select unnest(in_flight) except select unnest(${indexes}::int[]))
    where id = ${runId} and in_flight && ${indexes}::int[]`.execute(tx);
}

async function count(tx: Database, batchId: JobId, completed: number, reused: number, failed: number): Promise<void> {
  await sql`
    update jobs
    set completed_count = completed_count + ${completed}, reused_count = reused_count + ${reused}, failed_count = failed_count + ${failed},
      started_at = coalesce(started_at, now()),
      finished_at = case when completed_count + failed_count + cancelled_count + ${completed + failed} = total_count then now() end
    where id = ${batchId}`.execute(tx);
}

async function tellChange(tx: Database, batchId: JobId, written: readonly number[]): Promise<void> {
  const job = await tx.selectFrom('jobs').select('finished_at').where('id', '=', batchId).executeTakeFirstOrThrow();
  await appendEvent(tx, batchId, job.finished_at === null ? 'progress' : 'finished', written);
}
