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
  expectEqual,
  freeSlots,
  freshRow,
  isHeld,
  pickFrom,
  settle,
  type Model,
  type ModelJob,
  type ModelRow,
  type ModelRun,
  type Move,
  type Real,
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
    const rows = Array.from({ length: this.#rows }, freshRow);
    model.jobs.push({ id, maxConcurrency: this.#maxConcurrency, rows, isCancelled: false, isPaused: false });
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
    expect([job.isCancelled, job.isPaused]).toEqual([false, false]);
    expect(claimed.slots).toBeLessThanOrEqual(Math.min(this.#slots, freeSlots(model, job)));
    expect(claimed.indexes.length).toBeLessThanOrEqual(this.#maxRows);
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
    const goesOn = await heartbeat(real.db, real.worker, [
      { id: run.id, inFlight: inFlight.map((index) => ({ index, attempt: run.held.get(index) ?? 0 })) },
    ]);
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

class CancelRows implements Move {
  readonly #pick: number;
  readonly #mask: number;
  constructor(pick: number, mask: number) {
    this.#pick = pick;
    this.#mask = mask;
  }
  check = (model: Readonly<Model>): boolean => model.jobs.length > 0;
  toString = (): string => `cancelRows(job ${String(this.#pick)}, rows ${this.#mask.toString(2)})`;
  async run(model: Model, real: Real): Promise<void> {
    const job = pickFrom(model.jobs, this.#pick);
    const indexes = [...job.rows.keys()].filter((index) => (this.#mask >> index) % 2 === 1);
    const open = job.isCancelled ? [] : indexes.filter((index) => job.rows[index]?.outcome === null);
    expect(await cancelRows(real.db, LOCAL_OWNER, job.id, indexes)).toEqual({ kind: 'cancelled', rows: open.length });
    for (const index of open) {
      const row = job.rows[index];
      if (row) row.outcome = 'cancelled';
    }
    for (const run of model.runs) if (run.isLive && run.job === job) run.inFlight = run.inFlight.filter((index) => !open.includes(index));
    await expectEqual(model, real);
  }
}

const RETRIED = [['failed'], ['cancelled'], ['failed', 'cancelled']] as const;

class Retry implements Move {
  readonly #pick: number;
  readonly #statuses: (typeof RETRIED)[number];
  readonly #isAlone: boolean;
  constructor(pick: number, statuses: (typeof RETRIED)[number], isAlone: boolean) {
    this.#pick = pick;
    this.#statuses = statuses;
    this.#isAlone = isAlone;
  }
  check = (model: Readonly<Model>): boolean => model.jobs.length > 0;
  toString = (): string => `retry(job ${String(this.#pick)}, ${this.#statuses.join(' and ')}${this.#isAlone ? ', alone' : ''})`;
  async run(model: Model, real: Real): Promise<void> {
    const job = pickFrom(model.jobs, this.#pick);
    const chosen = job.rows.filter(({ outcome }) => this.#statuses.some((status) => status === outcome));
    const changes = { parameters: null, timeoutSeconds: null, memoryBytes: null, alone: this.#isAlone };
    const result = await retryRows(real.db, LOCAL_OWNER, job.id, { statuses: this.#statuses }, changes);
    expect(result).toMatchObject(chosen.length === 0 ? { kind: 'nothing' } : { kind: 'retried', rows: chosen.length });
    if (chosen.length > 0) this.#reopen(model, job, chosen);
    await expectEqual(model, real);
  }

  #reopen(model: Model, job: ModelJob, chosen: readonly ModelRow[]): void {
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
}

class SetPaused implements Move {
  readonly #pick: number;
  readonly #isPaused: boolean;
  constructor(pick: number, isPaused: boolean) {
    this.#pick = pick;
    this.#isPaused = isPaused;
  }
  check = (model: Readonly<Model>): boolean => model.jobs.length > 0;
  toString = (): string => `${this.#isPaused ? 'pause' : 'resume'}(job ${String(this.#pick)})`;
  async run(model: Model, real: Real): Promise<void> {
    const job = pickFrom(model.jobs, this.#pick);
    const isFinal = job.isCancelled || job.rows.every((row) => row.outcome !== null);
    const expected = isFinal ? 'final' : job.isPaused === this.#isPaused ? 'unchanged' : 'changed';
    expect(await setPaused(real.db, LOCAL_OWNER, job.id, this.#isPaused)).toBe(expected);
    if (!isFinal) job.isPaused = this.#isPaused;
    await expectEqual(model, real);
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
    fc.tuple(small, fc.nat({ max: 63 })).map(([job, mask]) => new CancelRows(job, mask)),
    fc.tuple(small, fc.constantFrom(...RETRIED), fc.boolean()).map(([job, statuses, isAlone]) => new Retry(job, statuses, isAlone)),
    fc.tuple(small, fc.boolean()).map(([job, isPaused]) => new SetPaused(job, isPaused)),
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
