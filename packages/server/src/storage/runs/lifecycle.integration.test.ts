/**
 * The life of rows as a game of random moves on the real PostgreSQL beside a small reference model: after each move the database says of
 * every row, counter and slot what the model says. A claim is the database's choice, so the model judges it; all else it foretells.
 */
import { newWorkerId, LOCAL_OWNER, type FailureCode, type JobId, type RunId, type WorkerId } from '@omtx/contract';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts';
import { decideRetry } from '../../domain/retry-policy.ts';
import { markCancelled, writeDownCancelledRows } from '../cancel.ts';
import { openDatabase, type Database } from '../database.ts';
import { settledClaim, submitTestBatch } from '../../../test/jobs.ts';
import type { ClaimedRun } from './claim-run.ts';
import { endRun } from './end-run.ts';
import { heartbeat } from './heartbeat.ts';
import { recordOutcomes } from './record-outcomes.ts';
import { findLostRuns } from './watch.ts';

/** Games and moves of a game: some seconds. */
const GAMES = 25;
const MOST_MOVES = 40;

interface ModelRow {
  outcome: 'completed' | 'failed' | 'cancelled' | null;
  attempt: number;
  /** How the attempts ended that have no outcome. */
  earlier: FailureCode[];
}

interface ModelJob {
  readonly id: JobId;
  readonly maxConcurrency: number;
  readonly rows: ModelRow[];
  isCancelled: boolean;
}

interface ModelRun {
  readonly id: RunId;
  readonly job: ModelJob;
  readonly slots: number;
  readonly alone: boolean;
  /** Attempt of each index. */
  readonly held: ReadonlyMap<number, number>;
  inFlight: readonly number[];
  isLive: boolean;
}

interface Model {
  jobs: ModelJob[];
  runs: ModelRun[];
}

interface Real {
  readonly db: Database;
  readonly worker: WorkerId;
}

type Move = fc.AsyncCommand<Model, Real>;

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

function isHeld(model: Model, job: ModelJob, index: number): boolean {
  return model.runs.some((run) => run.isLive && run.job === job && run.held.get(index) === job.rows[index]?.attempt);
}

function freeSlots(model: Model, job: ModelJob): number {
  return job.maxConcurrency - model.runs.filter((run) => run.isLive && run.job === job).reduce((sum, run) => sum + run.slots, 0);
}

function canGive(model: Model, job: ModelJob): boolean {
  return !job.isCancelled && freeSlots(model, job) > 0 && job.rows.some((row, index) => row.outcome === null && !isHeld(model, job, index));
}

/** Of one row that a run tells of: whether the outcome counts. */
function counts(run: ModelRun, index: number, attempt: number): boolean {
  const row = run.job.rows[index];
  return run.isLive && !run.job.isCancelled && row?.outcome === null && row.attempt === attempt && run.held.get(index) === attempt;
}

/** A failed attempt: it is the row's outcome, or the row goes back. */
function settle(run: ModelRun, row: ModelRow, code: FailureCode): 'final' | 'requeue' {
  const times = 1 + row.earlier.filter((each) => each === code).length;
  const { kind } = decideRetry({ code, times, wasAlone: run.alone });
  if (kind === 'final') row.outcome = 'failed';
  else {
    row.attempt += 1;
    row.earlier.push(code);
  }
  return kind;
}

/** A move on one of what there is; `pick` is any number. */
function pickFrom<T>(all: readonly T[], pick: number): T {
  const chosen = all[pick % all.length];
  if (chosen === undefined) throw new Error('unreachable: the move was checked');
  return chosen;
}

class Submit implements Move {
  readonly #rows: number;
  readonly #maxConcurrency: number;
  constructor(rows: number, maxConcurrency: number) {
    this.#rows = rows;
    this.#maxConcurrency = maxConcurrency;
  }
  check = (model: Readonly<Model>): boolean => model.jobs.length < 4;
  toString = (): string => `submit(${String(this.#rows)} rows, at most ${String(this.#maxConcurrency)})`;
  async run(model: Model, real: Real): Promise<void> {
    const id = await submitTestBatch(real.db, this.#rows, { rankBy: null, maxConcurrency: this.#maxConcurrency });
    const rows = Array.from({ length: this.#rows }, (): ModelRow => ({ outcome: null, attempt: 1, earlier: [] }));
    model.jobs.push({ id, maxConcurrency: this.#maxConcurrency, rows, isCancelled: false });
    await expectEqual(model, real);
  }
}

class Claim implements Move {
  readonly #slots: number;
  readonly #maxRows: number;
  constructor(slots: number, maxRows: number) {
    this.#slots = slots;
    this.#maxRows = maxRows;
  }
  check = (): boolean => true;
  toString = (): string => `claim(${String(this.#slots)} slots, ${String(this.#maxRows)} rows)`;
  async run(model: Model, real: Real): Promise<void> {
    const request = { workerId: real.worker, modelId: 'echo', modelVersion: '1', environmentDigest: null };
    const claimed = await settledClaim(real.db, { ...request, freeSlots: this.#slots, maxRows: this.#maxRows });
    if (claimed) this.#judge(model, claimed);
    else expect(model.jobs.filter((job) => canGive(model, job))).toEqual([]);
    await expectEqual(model, real);
  }

  #judge(model: Model, claimed: ClaimedRun): void {
    const job = model.jobs.find((each) => each.id === claimed.batchId);
    if (!job) throw new Error('a run on a job that nobody submitted');
    expect(job.isCancelled).toBe(false);
    expect(claimed.slots).toBeLessThanOrEqual(Math.min(this.#slots, freeSlots(model, job)));
    expect(claimed.indexes.length).toBeLessThanOrEqual(this.#maxRows);
    if (claimed.alone) expect([claimed.slots, claimed.indexes.length]).toEqual([1, 1]);
    for (const [place, index] of claimed.indexes.entries()) {
      expect(isHeld(model, job, index), `row ${String(index)} is given twice`).toBe(false);
      expect(job.rows[index]).toMatchObject({ outcome: null, attempt: claimed.attempts[place] });
    }
    const held = new Map(claimed.indexes.map((index, place) => [index, claimed.attempts[place] ?? 0]));
    model.runs.push({ id: claimed.id, job, slots: claimed.slots, alone: claimed.alone, held, inFlight: [], isLive: true });
  }
}

class Heartbeat implements Move {
  readonly #pick: number;
  readonly #mask: number;
  constructor(pick: number, mask: number) {
    this.#pick = pick;
    this.#mask = mask;
  }
  check = (model: Readonly<Model>): boolean => model.runs.length > 0;
  toString = (): string => `heartbeat(run ${String(this.#pick)}, rows ${this.#mask.toString(2)})`;
  async run(model: Model, real: Real): Promise<void> {
    const run = pickFrom(model.runs, this.#pick);
    const isOpen = (index: number): boolean => counts(run, index, run.held.get(index) ?? 0);
    const inFlight = [...run.held.keys()].filter((index, place) => (this.#mask >> place) % 2 === 1 && isOpen(index));
    const goesOn = await heartbeat(real.db, real.worker, [{ id: run.id, inFlight }]);
    expect(goesOn.has(run.id)).toBe(run.isLive && !run.job.isCancelled);
    if (run.isLive) run.inFlight = inFlight;
    await expectEqual(model, real);
  }
}

class Lose implements Move {
  readonly #pick: number;
  constructor(pick: number) {
    this.#pick = pick;
  }
  check = (model: Readonly<Model>): boolean => model.runs.some((run) => run.isLive);
  toString = (): string => `lose(run ${String(this.#pick)})`;
  async run(model: Model, real: Real): Promise<void> {
    const run = pickFrom(
      model.runs.filter((each) => each.isLive),
      this.#pick,
    );
    await sql`update runs set lease_until = now() - interval '1 second' where id = ${run.id}`.execute(real.db);
    expect(await findLostRuns(real.db)).toContain(run.id);
    expect(await endRun(real.db, run.id, 'lost')).toBe(true);
    for (const index of run.inFlight) {
      const row = run.job.rows[index];
      if (row && counts(run, index, row.attempt)) settle(run, row, 'lease_lost');
    }
    run.isLive = false;
    await sql`update requeued_rows set not_before = now()`.execute(real.db);
    await expectEqual(model, real);
  }
}

class End implements Move {
  readonly #pick: number;
  constructor(pick: number) {
    this.#pick = pick;
  }
  check = (model: Readonly<Model>): boolean => model.runs.length > 0;
  toString = (): string => `end(run ${String(this.#pick)})`;
  async run(model: Model, real: Real): Promise<void> {
    const run = pickFrom(model.runs, this.#pick);
    expect(await endRun(real.db, run.id, 'finished')).toBe(run.isLive);
    run.isLive = false;
    await expectEqual(model, real);
  }
}

const TELLINGS = ['completed', 'model_error', 'worker_lost', 'nothing'] as const;

/** Tells of the rows of a run, live or not, some of them under an attempt that is not theirs. */
class Record implements Move {
  readonly #pick: number;
  readonly #tellings: readonly (typeof TELLINGS)[number][];
  readonly #isStale: boolean;
  constructor(pick: number, tellings: readonly (typeof TELLINGS)[number][], isStale: boolean) {
    this.#pick = pick;
    this.#tellings = tellings;
    this.#isStale = isStale;
  }
  check = (model: Readonly<Model>): boolean => model.runs.length > 0;
  toString = (): string => `record(run ${String(this.#pick)}, ${this.#tellings.join(' ')}${this.#isStale ? ', of another attempt' : ''})`;
  async run(model: Model, real: Real): Promise<void> {
    const run = pickFrom(model.runs, this.#pick);
    const told = [...run.held].map(([index, attempt], place) => ({
      index,
      attempt: this.#isStale ? attempt + 1 : attempt,
      startedSecondsAgo: 0,
      telling: this.#tellings[place % this.#tellings.length] ?? 'nothing',
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
    const written = [...completed.filter((row) => this.#complete(run, row)), ...failed.filter((row) => this.#fail(run, row) === 'final')];
    expect(recorded.written.toSorted((a, b) => a - b)).toEqual(written.map((row) => row.index).sort((a, b) => a - b));
    // Of a cancelled job nothing is written any more.
    if (run.job.isCancelled) {
      await expectEqual(model, real);
      return;
    }
    run.inFlight = run.inFlight.filter(
      (index) => run.job.rows[index]?.outcome === null && run.job.rows[index].attempt === run.held.get(index),
    );
    await expectEqual(model, real);
  }

  #complete(run: ModelRun, { index, attempt }: { index: number; attempt: number }): boolean {
    const row = run.job.rows[index];
    if (!row || !counts(run, index, attempt)) return false;
    row.outcome = 'completed';
    return true;
  }

  #fail(run: ModelRun, { index, attempt, failure }: { index: number; attempt: number; failure: { code: FailureCode } }): string {
    const row = run.job.rows[index];
    if (!row || !counts(run, index, attempt)) return 'late';
    return settle(run, row, failure.code);
  }
}

class Cancel implements Move {
  readonly #pick: number;
  constructor(pick: number) {
    this.#pick = pick;
  }
  check = (model: Readonly<Model>): boolean => model.jobs.length > 0;
  toString = (): string => `cancel(job ${String(this.#pick)})`;
  async run(model: Model, real: Real): Promise<void> {
    const job = pickFrom(model.jobs, this.#pick);
    const isFinal = job.isCancelled || job.rows.every((row) => row.outcome !== null);
    expect(await markCancelled(real.db, LOCAL_OWNER, job.id)).toBe(isFinal ? 'already_final' : 'marked');
    await writeDownCancelledRows(real.db, job.id, 2);
    if (!isFinal) {
      job.isCancelled = true;
      for (const row of job.rows) row.outcome ??= 'cancelled';
    }
    await expectEqual(model, real);
  }
}

/** Rows, history, counters, slots and what is in flight. */
async function expectEqual(model: Model, real: Real): Promise<void> {
  for (const job of model.jobs) {
    const { rows } = await sql<ModelRow & { index: number }>`
      select index, outcome, attempt, array(select code from attempts a where a.batch_id = r.batch_id and a.index = r.index order by attempt) as earlier
      from batch_rows r where batch_id = ${job.id} order by index`.execute(real.db);
    expect(rows).toEqual(job.rows.map((row, index) => ({ index, ...row })));
    const stored = await real.db.selectFrom('jobs').selectAll().where('id', '=', job.id).executeTakeFirstOrThrow();
    const count = (outcome: ModelRow['outcome']): number => job.rows.filter((row) => row.outcome === outcome).length;
    expect({
      completed: stored.completed_count,
      failed: stored.failed_count,
      cancelled: stored.cancelled_count,
      slots: stored.slots_in_use,
      isFinished: stored.finished_at !== null,
    }).toEqual({
      completed: count('completed'),
      failed: count('failed'),
      cancelled: count('cancelled'),
      slots: job.maxConcurrency - freeSlots(model, job),
      isFinished: count(null) === 0,
    });
    const live = await real.db
      .selectFrom('runs')
      .select(['id', 'in_flight'])
      .where('batch_id', '=', job.id)
      .where('ended_at', 'is', null)
      .execute();
    const expected = model.runs
      .filter((run) => run.isLive && run.job === job)
      .map((run) => [run.id, [...run.inFlight].sort((a, b) => a - b)]);
    expect(live.map((run) => [run.id, run.in_flight.toSorted((a, b) => a - b)]).sort()).toEqual(expected.sort());
  }
}

const small = fc.nat({ max: 7 });
const moves = fc.commands(
  [
    fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 })).map(([rows, most]) => new Submit(rows, most)),
    fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 })).map(([slots, rows]) => new Claim(slots, rows)),
    fc.tuple(small, fc.nat({ max: 15 })).map(([run, mask]) => new Heartbeat(run, mask)),
    small.map((run) => new Lose(run)),
    small.map((run) => new End(run)),
    fc
      .tuple(small, fc.array(fc.constantFrom(...TELLINGS), { minLength: 1, maxLength: 4 }), fc.nat({ max: 5 }))
      .map(([run, tellings, stale]) => new Record(run, tellings, stale === 0)),
    small.map((job) => new Cancel(job)),
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
        await fc.asyncModelRun(() => ({ model: { jobs: [], runs: [] }, real: { db, worker } }), game);
      }),
      { numRuns: GAMES, endOnFailure: false },
    );
  },
);
