/** Writes a group of outcomes of a run: rows, details, counters and one event in one transaction. */
import type { Failure, JobId, RunId } from '@omtx/contract';
import { sql } from 'kysely';
import { decideRetry } from '../../domain/retry-policy.ts';
import { keepBestRow } from '../best-row.ts';
import type { Database } from '../database.ts';
import { countOutcomes, type NewOutcomes } from '../events.ts';
import { completeDuplicates, freeDuplicates } from '../release-duplicates.ts';
import type { StoredArtifactLink, StoredNote } from '../tables.ts';
import { shareRowsWith } from '../rows-lock.ts';
import { wakeWorkers } from '../wake.ts';

export interface CompletedRow {
  readonly index: number;
  readonly attempt: number;
  /** How long ago the row was started: a duration, because the clock of the worker host is not the database's. */
  readonly startedSecondsAgo: number;
  readonly score: number | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  readonly notes: readonly StoredNote[];
  readonly artifacts: readonly StoredArtifactLink[];
}

export interface FailedRow {
  readonly index: number;
  readonly attempt: number;
  /** How long ago the row was started: a duration, because the clock of the worker host is not the database's. */
  readonly startedSecondsAgo: number | null;
  readonly failure: Failure;
}

export interface RecordedRows {
  /** Indexes whose outcome was written now, reused rows among them. */
  readonly written: readonly number[];
  /** Indexes that were put back for another attempt. */
  readonly requeued: readonly number[];
}

export interface LiveRun {
  readonly batchId: JobId;
  readonly modelId: string;
  readonly alone: boolean;
  readonly inFlight: readonly number[];
  readonly indexes: readonly number[];
  readonly attempts: readonly number[];
  /** Rows of the job wait for others of it. */
  readonly hasRepeats: boolean;
}

/**
 * Records what a run has to say of its rows. Fenced: an outcome is written only where the run is live, its job is not cancelled, the row
 * is pending and its attempt is the one given; anything else is late and changes nothing. Whether a failure is final is the domain's to say.
 * Safe to call again with the same rows after a fault: what was committed is then late.
 */
export async function recordOutcomes(
  db: Database,
  runId: RunId,
  completed: readonly CompletedRow[],
  failed: readonly FailedRow[],
): Promise<RecordedRows> {
  try {
    return await db.transaction().execute((tx) => record(tx, runId, completed, failed));
  } catch (error) {
    if (error instanceof CancelledMeanwhile) return NOTHING;
    throw error;
  }
}

const NOTHING: RecordedRows = { written: [], requeued: [] };

/** Undoes the transaction: the cancel was committed between its beginning and its end. */
class CancelledMeanwhile extends Error {}

/** Rows first, the job's row last, so that the runs of a job record side by side; from then on only rows that are this run's alone. */
async function record(tx: Database, runId: RunId, completed: readonly CompletedRow[], failed: readonly FailedRow[]): Promise<RecordedRows> {
  const run = await lockLiveRun(tx, runId);
  if (!run) return NOTHING;
  const done = await writeCompleted(tx, runId, run.batchId, completed.filter(heldBy(run)));
  const reused = run.hasRepeats ? await completeDuplicates(tx, run.batchId, done) : [];
  const written = [...done, ...reused];
  await takeOutOfFlight(tx, runId, run, written);
  await count(tx, run.batchId, { completed: written.length, reused: reused.length, failed: 0 }, written);
  if (completed.some(({ score }) => score !== null)) await keepBestRow(tx, run.batchId);
  const settled = await settleFailures(tx, runId, run, failed);
  return { written: [...written, ...settled.written], requeued: settled.requeued };
}

/** Whether the run was given the row under this attempt. */
function heldBy(run: LiveRun): (row: { readonly index: number; readonly attempt: number }) => boolean {
  const attemptOf = new Map(run.indexes.map((index, place) => [index, run.attempts[place]]));
  return ({ index, attempt }) => attemptOf.get(index) === attempt;
}

/** @throws CancelledMeanwhile */
async function count(tx: Database, batchId: JobId, counts: NewOutcomes, rows: readonly number[]): Promise<void> {
  if (rows.length > 0 && !(await countOutcomes(tx, batchId, counts, rows))) throw new CancelledMeanwhile();
}

/**
 * Failed attempts of a live run: each row is put back, or has failed for good, as the domain says. How often it failed so counts from the
 * last time that a person asked for it. In the caller's transaction.
 */
export async function settleFailures(tx: Database, runId: RunId, run: LiveRun, told: readonly FailedRow[]): Promise<RecordedRows> {
  if (told.length === 0) return NOTHING;
  const failed = told.filter(heldBy(run));
  if (failed.length === 0) return NOTHING;
  const earlier = await earlierFailures(tx, run.batchId, failed);
  const final: FailedRow[] = [];
  const requeued: number[] = [];
  for (const row of failed) {
    const times = 1 + (earlier.get(row.index) ?? 0);
    const decision = decideRetry({ code: row.failure.code, times, wasAlone: run.alone });
    if (decision.kind === 'final') final.push(row);
    else if (await requeue(tx, runId, run.batchId, row, decision)) requeued.push(row.index);
  }
  const broken = await writeFailed(tx, runId, run.batchId, final);
  if (run.hasRepeats && broken.length > 0) await freeDuplicatesOf(tx, run.batchId, broken);
  await takeOutOfFlight(tx, runId, run, [...broken, ...requeued]);
  await count(tx, run.batchId, { completed: 0, reused: 0, failed: broken.length }, broken);
  if (requeued.length + broken.length > 0) await wakeWorkers(tx, run.modelId);
  return { written: broken, requeued };
}

/** Under the job's row lock: whether the range of the job has passed an heir must not change meanwhile. */
async function freeDuplicatesOf(tx: Database, batchId: JobId, originals: readonly number[]): Promise<void> {
  await sql`select from jobs where id = ${batchId} for update`.execute(tx);
  await freeDuplicates(tx, batchId, originals);
}

/** How often each row failed by the same code before, since a person last asked for it. */
async function earlierFailures(tx: Database, batchId: JobId, failed: readonly FailedRow[]): Promise<ReadonlyMap<number, number>> {
  const { rows } = await sql<{ index: number; times: number }>`
    select a.index, count(*)::int as times
    from unnest(${failed.map((row) => row.index)}::int[], ${failed.map((row) => row.failure.code)}::text[]) as given (index, code)
    join batch_rows r on r.batch_id = ${batchId} and r.index = given.index
    join attempts a on a.batch_id = ${batchId} and a.index = given.index and a.code = given.code and a.retry_id is not distinct from r.retry_id
    group by a.index`.execute(tx);
  return new Map(rows.map((row) => [row.index, row.times]));
}

/** The run as it is, held until the end of the transaction; undefined where it is over or its job cancelled. */
export async function lockLiveRun(tx: Database, runId: RunId): Promise<LiveRun | undefined> {
  await shareRowsWith(tx, runId);
  const { rows } = await sql<LiveRun>`
    select runs.batch_id as "batchId", runs.alone, runs.in_flight as "inFlight", to_json(runs.indexes) as indexes, to_json(runs.attempts) as attempts, jobs.model_id as "modelId",
      exists (select from batch_rows r where r.batch_id = jobs.id and r.reused_from is not null) as "hasRepeats"
    from runs join jobs on jobs.id = runs.batch_id
    where runs.id = ${runId} and runs.ended_at is null and jobs.cancelled_at is null
    for share of runs`.execute(tx);
  return rows[0];
}

async function writeCompleted(tx: Database, runId: RunId, batchId: JobId, rows: readonly CompletedRow[]): Promise<readonly number[]> {
  if (rows.length === 0) return [];
  const { rows: written } = await sql<{ index: number }>`
    update batch_rows r
    set status = 'completed', outcome = 'completed', score = given.score, metrics = given.metrics, run_id = ${runId},
      started_at = now() - make_interval(secs => given.seconds), finished_at = now()
    from unnest(
      ${rows.map((row) => row.index)}::int[], ${rows.map((row) => row.attempt)}::int[], ${rows.map((row) => row.startedSecondsAgo)}::float8[],
      ${rows.map((row) => row.score)}::float8[], ${rows.map((row) => JSON.stringify(row.metrics))}::jsonb[]
    ) as given (index, attempt, seconds, score, metrics)
    where r.batch_id = ${batchId} and r.index = given.index and r.status = 'pending' and r.attempt = given.attempt
      -- where they lie close together they are read at once
      and r.index between ${Math.min(...rows.map((row) => row.index))} and ${Math.max(...rows.map((row) => row.index))}
    returning r.index`.execute(tx);
  const done = new Set(written.map((row) => row.index));
  await writeDetails(
    tx,
    batchId,
    rows.filter((row) => done.has(row.index) && hasDetails(row)),
  );
  return [...done].sort((a, b) => a - b);
}

function hasDetails({ tables, notes, artifacts }: CompletedRow): boolean {
  return notes.length > 0 || artifacts.length > 0 || Object.keys(tables).length > 0;
}

async function writeDetails(tx: Database, batchId: JobId, rows: readonly CompletedRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    insert into row_details (batch_id, index, tables, notes, artifacts)
    select ${batchId}, index, tables, notes, artifacts
    from unnest(
      ${rows.map((row) => row.index)}::int[], ${rows.map((row) => JSON.stringify(row.tables))}::jsonb[],
      ${rows.map((row) => JSON.stringify(row.notes))}::jsonb[], ${rows.map((row) => JSON.stringify(row.artifacts))}::jsonb[]
    ) as given (index, tables, notes, artifacts)
    on conflict (batch_id, index) do update set tables = excluded.tables, notes = excluded.notes, artifacts = excluded.artifacts`.execute(
    tx,
  );
}

async function writeFailed(tx: Database, runId: RunId, batchId: JobId, rows: readonly FailedRow[]): Promise<readonly number[]> {
  if (rows.length === 0) return [];
  const { rows: written } = await sql<{ index: number }>`
    update batch_rows r
    set status = 'failed', outcome = 'failed', code = given.code, message = given.message, run_id = ${runId},
      started_at = now() - make_interval(secs => given.seconds), finished_at = now()
    from unnest(
      ${rows.map((row) => row.index)}::int[], ${rows.map((row) => row.attempt)}::int[], ${rows.map((row) => row.startedSecondsAgo)}::float8[],
      ${rows.map((row) => row.failure.code)}::text[], ${rows.map((row) => row.failure.message)}::text[]
    ) as given (index, attempt, seconds, code, message)
    where r.batch_id = ${batchId} and r.index = given.index and r.status = 'pending' and r.attempt = given.attempt
    returning r.index`.execute(tx);
  return written.map((row) => row.index);
}

/** Writes the attempt down and gives the row the next one. @returns false when the outcome was late */
async function requeue(
  tx: Database,
  runId: RunId,
  batchId: JobId,
  { index, attempt, startedSecondsAgo, failure }: FailedRow,
  { alone, delaySeconds }: { readonly alone: boolean; readonly delaySeconds: number },
): Promise<boolean> {
  const { rows } = await sql`
    with raised as (
      update batch_rows r set attempt = r.attempt + 1
      from runs
      where runs.id = ${runId} and r.batch_id = ${batchId} and r.index = ${index} and r.status = 'pending' and r.attempt = ${attempt}
        and ${attempt} = runs.attempts[array_position(runs.indexes, r.index)]
      returning r.index, r.retry_id
    ), noted as (
      insert into attempts (batch_id, index, attempt, run_id, retry_id, code, message, started_at)
      select ${batchId}, index, ${attempt}, ${runId}, retry_id, ${failure.code}, ${failure.message}, now() - make_interval(secs => ${startedSecondsAgo}) from raised
    )
    insert into requeued_rows (batch_id, index, alone, not_before, retry_id)
    select ${batchId}, index, ${alone}, now() + make_interval(secs => ${delaySeconds}), retry_id from raised
    on conflict (batch_id, index) do update set alone = excluded.alone, not_before = excluded.not_before
    returning index`.execute(tx);
  return rows.length > 0;
}

/** Rows that were too fast for a heartbeat are not marked, and most groups have no marked one. A group may do so twice: for its completed rows, and for its failed ones. */
async function takeOutOfFlight(tx: Database, runId: RunId, { inFlight }: LiveRun, indexes: readonly number[]): Promise<void> {
  const told = new Set(indexes);
  if (!inFlight.some((index) => told.has(index))) return;
  await sql`update runs set in_flight = array(select i from unnest(in_flight) as i where i <> all (${indexes}::int[])) where id = ${runId}`.execute(
    tx,
  );
}
