/**
 * The life of rows as a game of random moves on the real PostgreSQL beside a small reference model: after each move the database says of
 * every row, counter and slot what the model says. A claim is the database's choice, so the model judges it; all else it foretells.
 */
import { newWorkerId, LOCAL_OWNER, type FailureCode } from '@omtx/contract';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts';
import { cancelRows, markCancelled, writeDownCancelledRows } from '../cancel.ts';
import { openDatabase, type Database } from '../database.ts';
import { setPaused } from '../pause.ts';
import { retryRows } from '../retry.ts';
import {
  canGive,
  counts,
  freeSlots,
  freshRow,
  isHeld,
  moveOf,
  moveOn,
  settle,
  type Model,
  type ModelJob,
  type ModelRow,
  type ModelRun,
  type Move,
} from '../../../test/lifecycle-model.ts';
import { settledClaim, submitTestBatch } from '../../../test/jobs.ts';
import type { ClaimedRun } from './claim-run.ts';
import { endRun } from './end-run.ts';
import { heartbeat } from './heartbeat.ts';
import { recordOutcomes } from './record-outcomes.ts';
import { findLostRuns } from './watch.ts';

/** Games and moves of a game: some seconds. */
const GAMES = 30;
const MOST_MOVES = 50;

let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = openDatabase(testDatabase.url, 4);
});

afterAll(async () => {
  await db.destroy();
  await testDatabase.drop();
});

const runsOf = (model: Readonly<Model>): readonly ModelRun[] => model.runs;
const jobsOf = (model: Readonly<Model>): readonly ModelJob[] => model.jobs;

function submit(rowCount: number, maxConcurrency: number): Move {
  const name = `submit(${String(rowCount)} rows, at most ${String(maxConcurrency)})`;
  const isAllowed = (model: Readonly<Model>): boolean => model.jobs.length < 4;
  return moveOf(name, isAllowed, async (model, real) => {
    const id = await submitTestBatch(real.db, rowCount, { rankBy: null, maxConcurrency });
    const rows = Array.from({ length: rowCount }, freshRow);
    model.jobs.push({ id, maxConcurrency, rows, isCancelled: false, isPaused: false });
  });
}

function claim(slots: number, maxRows: number): Move {
  const name = `claim(${String(slots)} slots, ${String(maxRows)} rows)`;
  return moveOf(
    name,
    () => true,
    async (model, real) => {
      const request = { workerId: real.worker, modelId: 'echo', modelVersion: '1', environmentDigest: null };
      const claimed = await settledClaim(real.db, { ...request, freeSlots: slots, maxRows });
      if (claimed) judgeClaim(model, claimed, { slots, maxRows });
      else expect(model.jobs.filter((job) => canGive(model, job))).toEqual([]);
    },
  );
}

function judgeClaim(model: Model, claimed: ClaimedRun, asked: { readonly slots: number; readonly maxRows: number }): void {
  const job = model.jobs.find((each) => each.id === claimed.batchId);
  if (!job) throw new Error('a run on a job that nobody submitted');
  expect([job.isCancelled, job.isPaused]).toEqual([false, false]);
  expect(claimed.slots).toBeLessThanOrEqual(Math.min(asked.slots, freeSlots(model, job)));
  expect(claimed.indexes.length).toBeLessThanOrEqual(asked.maxRows);
  if (claimed.alone) expect([claimed.slots, claimed.indexes.length]).toEqual([1, 1]);
  for (const [place, index] of claimed.indexes.entries()) {
    expect(isHeld(model, job, index), `row ${String(index)} is given twice`).toBe(false);
    expect(job.rows[index]).toMatchObject({ outcome: null, attempt: claimed.attempts[place] });
  }
  // Rows of one run have one set of settings.
  expect(new Set(claimed.indexes.map((index) => job.rows[index]?.retry)).size).toBeLessThanOrEqual(1);
  const held = new Map(claimed.indexes.map((index, place) => [index, claimed.attempts[place] ?? 0]));
  model.runs.push({ id: claimed.id, job, slots: claimed.slots, alone: claimed.alone, held, inFlight: [], isLive: true });
}

function beat(pick: number, mask: number): Move {
  return moveOn(`heartbeat(run ${String(pick)}, rows ${mask.toString(2)})`, runsOf, pick, async (run, _model, real) => {
    const isOpen = (index: number): boolean => counts(run, index, run.held.get(index) ?? 0);
    const inFlight = masked([...run.held.keys()], mask).filter(isOpen);
    const goesOn = await heartbeat(real.db, real.worker, [
      { id: run.id, inFlight: inFlight.map((index) => ({ index, attempt: run.held.get(index) ?? 0 })) },
    ]);
    expect(goesOn.has(run.id)).toBe(run.isLive && !run.job.isCancelled);
    if (run.isLive) run.inFlight = inFlight;
  });
}

function lose(pick: number): Move {
  const liveRuns = (model: Readonly<Model>): readonly ModelRun[] => model.runs.filter((run) => run.isLive);
  return moveOn(`lose(run ${String(pick)})`, liveRuns, pick, async (run, _model, real) => {
    await sql`update runs set lease_until = now() - interval '1 second' where id = ${run.id}`.execute(real.db);
    expect(await findLostRuns(real.db)).toContain(run.id);
    expect(await endRun(real.db, run.id, 'lost')).toBe(true);
    for (const index of run.inFlight) {
      const row = run.job.rows[index];
      if (row && counts(run, index, row.attempt)) settle(run, row, 'lease_lost');
    }
    run.isLive = false;
    await sql`update requeued_rows set not_before = now()`.execute(real.db);
  });
}

function end(pick: number): Move {
  return moveOn(`end(run ${String(pick)})`, runsOf, pick, async (run, _model, real) => {
    expect(await endRun(real.db, run.id, 'finished')).toBe(run.isLive);
    run.isLive = false;
  });
}

const TELLINGS = ['completed', 'model_error', 'worker_lost', 'nothing'] as const;

/** Tells of the rows of a run, live or not, some of them under an attempt that is not theirs. */
function record(pick: number, tellings: readonly (typeof TELLINGS)[number][], isStale: boolean): Move {
  const name = `record(run ${String(pick)}, ${tellings.join(' ')}${isStale ? ', of another attempt' : ''})`;
  return moveOn(name, runsOf, pick, async (run, _model, real) => {
    const told = [...run.held].map(([index, attempt], place) => ({
      index,
      attempt: isStale ? attempt + 1 : attempt,
      startedSecondsAgo: 0,
      telling: tellings[place % tellings.length] ?? 'nothing',
    }));
    const completed = told
      .filter((row) => row.telling === 'completed')
      .map((row) => ({ ...row, score: null, metrics: {}, tables: {}, notes: [], artifacts: [] }));
    const failed = told.flatMap((row) =>
      row.telling === 'model_error' || row.telling === 'worker_lost'
        ? [{ ...row, failure: { code: row.telling, message: 'it failed' } }]
        : [],
    );
    const recorded = await recordOutcomes(real.db, run.id, completed, failed);
    const written = [...completed.filter((row) => completes(run, row)), ...failed.filter((row) => fails(run, row) === 'final')];
    expect(recorded.written.toSorted((a, b) => a - b)).toEqual(written.map((row) => row.index).sort((a, b) => a - b));
    // Of a cancelled job nothing is written any more.
    if (run.job.isCancelled) return;
    run.inFlight = run.inFlight.filter(
      (index) => run.job.rows[index]?.outcome === null && run.job.rows[index].attempt === run.held.get(index),
    );
  });
}

function completes(run: ModelRun, { index, attempt }: { index: number; attempt: number }): boolean {
  const row = run.job.rows[index];
  if (!row || !counts(run, index, attempt)) return false;
  row.outcome = 'completed';
  return true;
}

function fails(run: ModelRun, { index, attempt, failure }: { index: number; attempt: number; failure: { code: FailureCode } }): string {
  const row = run.job.rows[index];
  if (!row || !counts(run, index, attempt)) return 'late';
  return settle(run, row, failure.code);
}

function cancel(pick: number): Move {
  return moveOn(`cancel(job ${String(pick)})`, jobsOf, pick, async (job, _model, real) => {
    const isFinal = hasEnded(job);
    expect(await markCancelled(real.db, LOCAL_OWNER, job.id)).toBe(isFinal ? 'already_final' : 'marked');
    await writeDownCancelledRows(real.db, job.id, 2);
    if (isFinal) return;
    job.isCancelled = true;
    for (const row of job.rows) row.outcome ??= 'cancelled';
  });
}

function cancelSome(pick: number, mask: number): Move {
  return moveOn(`cancelRows(job ${String(pick)}, rows ${mask.toString(2)})`, jobsOf, pick, async (job, model, real) => {
    const indexes = masked([...job.rows.keys()], mask);
    const open = job.isCancelled ? [] : indexes.filter((index) => job.rows[index]?.outcome === null);
    expect(await cancelRows(real.db, LOCAL_OWNER, job.id, indexes)).toEqual({ kind: 'cancelled', rows: open.length });
    for (const index of open) {
      const row = job.rows[index];
      if (row) row.outcome = 'cancelled';
    }
    for (const run of model.runs) if (run.isLive && run.job === job) run.inFlight = run.inFlight.filter((index) => !open.includes(index));
  });
}

const RETRIED = [['failed'], ['cancelled'], ['failed', 'cancelled']] as const;

function retry(pick: number, statuses: (typeof RETRIED)[number], isAlone: boolean): Move {
  const name = `retry(job ${String(pick)}, ${statuses.join(' and ')}${isAlone ? ', alone' : ''})`;
  return moveOn(name, jobsOf, pick, async (job, model, real) => {
    const chosen = job.rows.filter(({ outcome }) => statuses.some((status) => status === outcome));
    const changes = { parameters: null, timeoutSeconds: null, memoryBytes: null, alone: isAlone };
    const result = await retryRows(real.db, LOCAL_OWNER, job.id, { statuses }, changes);
    expect(result).toMatchObject(chosen.length === 0 ? { kind: 'nothing' } : { kind: 'retried', rows: chosen.length });
    if (chosen.length > 0) reopen(model, job, chosen);
  });
}

function reopen(model: Model, job: ModelJob, chosen: readonly ModelRow[]): void {
  model.retries += 1;
  for (const row of chosen) {
    row.earlier.push(row.code ?? 'cancelled');
    Object.assign(row, { outcome: null, code: null, attempt: row.attempt + 1, recent: [], retry: model.retries });
  }
  if (!job.isCancelled) return;
  // Whatever its runs may still say is cut off.
  job.isCancelled = false;
  for (const run of model.runs) if (run.job === job) run.isLive = false;
}

function pauseOrResume(pick: number, isPaused: boolean): Move {
  return moveOn(`${isPaused ? 'pause' : 'resume'}(job ${String(pick)})`, jobsOf, pick, async (job, _model, real) => {
    const isFinal = hasEnded(job);
    const expected = isFinal ? 'final' : job.isPaused === isPaused ? 'unchanged' : 'changed';
    expect(await setPaused(real.db, LOCAL_OWNER, job.id, isPaused)).toBe(expected);
    if (!isFinal) job.isPaused = isPaused;
  });
}

function hasEnded(job: ModelJob): boolean {
  return job.isCancelled || job.rows.every((row) => row.outcome !== null);
}

/** Those whose place is a one in the mask. */
function masked(indexes: readonly number[], mask: number): readonly number[] {
  return indexes.filter((_index, place) => (mask >> place) % 2 === 1);
}

const small = fc.nat({ max: 7 });
const moves = fc.commands(
  [
    fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 })).map(([rows, most]) => submit(rows, most)),
    fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 })).map(([slots, rows]) => claim(slots, rows)),
    fc.tuple(small, fc.nat({ max: 15 })).map(([run, mask]) => beat(run, mask)),
    small.map((run) => lose(run)),
    small.map((run) => end(run)),
    fc
      .tuple(small, fc.array(fc.constantFrom(...TELLINGS), { minLength: 1, maxLength: 4 }), fc.nat({ max: 5 }))
      .map(([run, tellings, stale]) => record(run, tellings, stale === 0)),
    small.map((job) => cancel(job)),
    fc.tuple(small, fc.nat({ max: 63 })).map(([job, mask]) => cancelSome(job, mask)),
    fc.tuple(small, fc.constantFrom(...RETRIED), fc.boolean()).map(([job, statuses, isAlone]) => retry(job, statuses, isAlone)),
    fc.tuple(small, fc.boolean()).map(([job, isPaused]) => pauseOrResume(job, isPaused)),
  ],
  { maxCommands: MOST_MOVES, size: 'max' },
);

test(
  'whatever is done in whatever order, rows, counters, slots and history are those of the reference model',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(moves, async (game) => {
        await sql`delete from jobs`.execute(db);
        const worker = newWorkerId();
        await db
          .insertInto('workers')
          .values({ id: worker, host: 'h', boot_id: 'b', pid: 1, process_started_at: '1', offers: '[]' })
          .execute();
        await fc.asyncModelRun(() => ({ model: { jobs: [], runs: [], retries: 0 }, real: { db, worker } }), game);
      }),
      { numRuns: GAMES, endOnFailure: false },
    );
  },
);
