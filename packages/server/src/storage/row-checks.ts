/**
 * The check of rows that were stored unchecked: who does it, how far it is, and what it found.
 *
 * States of a check: waiting (no holder, or its lease is over) -> held -> (a chunk written, lease renewed) ... -> ended (the note is gone).
 * A chunk is one transaction with the rows, the counters, the watermark and one event, fenced by the holder: what comes from one that
 * lost its lease changes nothing. So any process may die at any moment, and the next goes on behind the last chunk that was committed.
 */
import type { JobId, OwnerId, Rejection } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { appendEvent } from './events.ts';
import { storable } from './json-text.ts';
import { completeDuplicates, freeDuplicates } from './release-duplicates.ts';
import { lockRowsOf } from './rows-lock.ts';
import { writeFingerprints } from './search/pending.ts';
import { wakeWorkers } from './wake.ts';

/** A chunk takes a second or two; a holder that says nothing for this long is dead, and costs its job this time. */
const LEASE_SECONDS = 20;

export interface HeldCheck {
  readonly jobId: JobId;
  readonly owner: OwnerId;
  readonly modelId: string;
  readonly taskType: string;
  readonly rejectAll: boolean;
  readonly total: number;
  /** Rows [0, checked) are done. */
  readonly checked: number;
}

/** Takes the check whose job has waited longest. @param holder random id of the process's loop @returns undefined when there is none to take */
export async function takeCheck(db: Database, holder: string): Promise<HeldCheck | undefined> {
  const { rows } = await sql<HeldCheck>`
    with chosen as (
      select job_id from row_checks
      where holder is null or lease_until < now()
      order by created_at, job_id
      limit 1
      for update skip locked
    )
    update row_checks c
    set holder = ${holder}, lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
    from chosen join jobs on jobs.id = chosen.job_id
    where c.job_id = chosen.job_id
    returning c.job_id as "jobId", c.reject_all as "rejectAll", jobs.owner, jobs.model_id as "modelId", jobs.task_type as "taskType",
      jobs.total_count as total, jobs.checked_count as checked`.execute(db);
  return rows[0];
}

/** Gives it back, so that another process need not wait for the lease. */
export async function giveBackCheck(db: Database, jobId: JobId, holder: string): Promise<void> {
  await sql`update row_checks set holder = null, lease_until = null where job_id = ${jobId} and holder = ${holder}`.execute(db);
}

export interface RowToCheck {
  readonly index: number;
  readonly input: Readonly<Record<string, unknown>>;
  /** False for what was rejected when it was read, or cancelled since. */
  readonly isOpen: boolean;
}

export async function readRowsToCheck(db: Database, jobId: JobId, start: number, end: number): Promise<readonly RowToCheck[]> {
  const { rows } = await sql<RowToCheck>`
    select index, input, status = 'pending' as "isOpen"
    from batch_rows
    where batch_id = ${jobId} and index >= ${start} and index < ${end}
    order by index`.execute(db);
  return rows;
}

export interface CheckedRow {
  readonly index: number;
  readonly canonicalSmiles: string | null;
  readonly rejection: Rejection | null;
  readonly reusedFrom: number | null;
}

/** First rows of their kind among those checked before, for a holder that goes on where another was lost. */
export async function* readFirstRows(
  db: Database,
  jobId: JobId,
  until: number,
): AsyncGenerator<
  readonly { readonly index: number; readonly canonicalSmiles: string; readonly input: Readonly<Record<string, unknown>> }[]
> {
  const page = 5_000;
  for (let start = 0; start < until; start += page) {
    const { rows } = await sql<{ index: number; canonicalSmiles: string; input: Readonly<Record<string, unknown>> }>`
      select index, canonical_smiles as "canonicalSmiles", input
      from batch_rows
      where batch_id = ${jobId} and index >= ${start} and index < ${Math.min(start + page, until)} and canonical_smiles is not null
        and outcome is distinct from 'rejected' and outcome is distinct from 'reused'
      order by index`.execute(db);
    yield rows;
  }
}

/** Rows [start, end), and a fingerprint of each. */
export interface CheckedChunk {
  readonly start: number;
  readonly end: number;
  readonly rows: readonly CheckedRow[];
  readonly morgan: Uint8Array;
}

/**
 * Writes what was found of rows [start, end), which follow those that were checked.
 * @returns `lost` when the check is another's now, or its job cancelled or gone: the caller stops
 */
export async function writeCheckedRows(
  db: Database,
  check: HeldCheck,
  holder: string,
  { start, end, rows, morgan }: CheckedChunk,
): Promise<'written' | 'lost'> {
  return db.transaction().execute(async (tx) => {
    if (!(await renew(tx, check, holder, start))) return 'lost';
    const rejected = await writeRows(tx, check.jobId, rows);
    await writeFingerprints(tx, { jobId: check.jobId, kind: 'morgan', start, bits: morgan });
    await sql`
      update jobs
      set failed_count = failed_count + ${rejected}, rejected_count = rejected_count + ${rejected}, checked_count = ${end},
        checked_until = case when ${check.rejectAll} then checked_until else ${end} end, updated_at = now()
      where id = ${check.jobId}`.execute(tx);
    const originals = [...new Set(rows.flatMap((row) => row.reusedFrom ?? []))];
    if (originals.length > 0) await settleDuplicates(tx, check.jobId, originals);
    await tellChunk(tx, check, end);
    return 'written';
  });
}

/**
 * The job first: the order of every statement that locks it. No run records meanwhile, or a row that is found to repeat one that is just
 * being completed would wait for it for ever.
 */
async function renew(tx: Database, { jobId }: HeldCheck, holder: string, start: number): Promise<boolean> {
  await lockRowsOf(tx, jobId);
  const job = await tx.selectFrom('jobs').select(['checked_count', 'cancelled_at']).where('id', '=', jobId).forUpdate().executeTakeFirst();
  if (!job || job.cancelled_at !== null || job.checked_count !== start) return false;
  const { rows } = await sql`
    update row_checks set lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
    where job_id = ${jobId} and holder = ${holder}
    returning job_id`.execute(tx);
  return rows.length > 0;
}

/** @returns how many were rejected now */
async function writeRows(tx: Database, jobId: JobId, rows: readonly CheckedRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  const { rows: written } = await sql<{ rejected: number }>`
    with written as (
      update batch_rows r
      set canonical_smiles = given.smiles, reused_from = given.reused_from,
        status = case when given.code is null then 'pending' else 'failed' end,
        outcome = case when given.code is not null then 'rejected' end,
        code = given.code, message = given.message,
        finished_at = case when given.code is not null then now() end
      from unnest(
        ${rows.map((row) => row.index)}::int[], ${rows.map((row) => row.canonicalSmiles)}::text[], ${rows.map((row) => row.reusedFrom)}::int[],
        ${rows.map((row) => row.rejection?.code ?? null)}::text[],
        ${rows.map((row) => (row.rejection ? storable(row.rejection.message) : null))}::text[]
      ) as given (index, smiles, reused_from, code, message)
      where r.batch_id = ${jobId} and r.index = given.index and r.status = 'pending'
      returning given.code
    )
    select count(*) filter (where code is not null)::int as rejected from written`.execute(tx);
  return written[0]?.rejected ?? 0;
}

/** Repeats of rows that have ended already: their result is taken over, or there is none and they run themselves. */
async function settleDuplicates(tx: Database, jobId: JobId, originals: readonly number[]): Promise<void> {
  const reused = await completeDuplicates(tx, jobId, originals);
  await sql`
    update jobs set completed_count = completed_count + ${reused.length}, reused_count = reused_count + ${reused.length}
    where id = ${jobId}`.execute(tx);
  const { rows: ended } = await sql<{ index: number }>`
    select index from batch_rows where batch_id = ${jobId} and index = any (${originals}::int[]) and status in ('failed', 'cancelled')`.execute(
    tx,
  );
  if (ended.length > 0)
    await freeDuplicates(
      tx,
      jobId,
      ended.map((row) => row.index),
    );
}

async function tellChunk(tx: Database, check: HeldCheck, end: number): Promise<void> {
  if (end === check.total && !check.rejectAll) {
    await endCheck(tx, check);
    return;
  }
  await appendEvent(tx, check.jobId, 'checked', []);
  if (!check.rejectAll) await wakeWorkers(tx, check.modelId);
}

/** All rows may run now; a job whose rows all ended already is final. */
async function endCheck(tx: Database, { jobId, modelId }: HeldCheck): Promise<void> {
  await tx.deleteFrom('row_checks').where('job_id', '=', jobId).execute();
  const { rows } = await sql<{ isFinal: boolean }>`
    update jobs
    set checked_until = total_count,
      finished_at = case when completed_count + failed_count + cancelled_count = total_count then now() end
    where id = ${jobId}
    returning finished_at is not null as "isFinal"`.execute(tx);
  await appendEvent(tx, jobId, rows[0]?.isFinal ? 'finished' : 'checked', []);
  await wakeWorkers(tx, modelId);
}

/**
 * Ends the check of a job with `rejectAll` whose rows are all done: one bad row rejects all others too, in pages that another holder can
 * go on with; without one the rows may run now.
 */
export async function endRejectingCheck(db: Database, check: HeldCheck, holder: string, others: Rejection): Promise<void> {
  for (let isDone = false; !isDone;) isDone = await db.transaction().execute((tx) => rejectPage(tx, check, holder, others));
}

/** @returns true when nothing is left to do */
async function rejectPage(tx: Database, check: HeldCheck, holder: string, { code, message }: Rejection): Promise<boolean> {
  const pageRows = 5_000;
  if (!(await renew(tx, check, holder, check.total))) return true;
  const { rows } = await sql`
    update batch_rows r
    set status = 'failed', outcome = 'rejected', code = ${code}, message = ${message}, finished_at = now(), reused_from = null
    from jobs
    where jobs.id = ${check.jobId} and jobs.rejected_count > 0 and r.batch_id = ${check.jobId}
      and r.index in (select index from batch_rows where batch_id = ${check.jobId} and status = 'pending' order by index limit ${pageRows})
    returning r.index`.execute(tx);
  await sql`
    update jobs set failed_count = failed_count + ${rows.length}, rejected_count = rejected_count + ${rows.length} where id = ${check.jobId}`.execute(
    tx,
  );
  if (rows.length === pageRows) return false;
  await endCheck(tx, check);
  return true;
}

/** Checks of jobs that were cancelled or finished meanwhile need no end. */
export async function dropStaleChecks(db: Database): Promise<void> {
  await sql`
    delete from row_checks using jobs
    where jobs.id = row_checks.job_id and (jobs.cancelled_at is not null or jobs.finished_at is not null)`.execute(db);
}
