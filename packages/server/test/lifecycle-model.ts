/** The small reference model of the life of rows, and what the database has to say alike. */
import type { FailureCode, JobId, RunId, WorkerId } from '@omtx/contract';
import type fc from 'fast-check';
import { sql } from 'kysely';
import { expect } from 'vitest';
import { decideRetry } from '../src/domain/retry-policy.ts';
import type { Database } from '../src/storage/database.ts';

export interface ModelRow {
  outcome: 'completed' | 'failed' | 'cancelled' | null;
  attempt: number;
  /** How the attempts ended that are not its present one. */
  earlier: (FailureCode | 'cancelled')[];
  /** Failures since it was submitted or last retried by a person. */
  recent: FailureCode[];
  /** Of the failure that is its outcome. */
  code: FailureCode | null;
  /** Number of the retry that it belongs to; 0 before the first. */
  retry: number;
}

export interface ModelJob {
  readonly id: JobId;
  readonly maxConcurrency: number;
  readonly rows: ModelRow[];
  isCancelled: boolean;
  isPaused: boolean;
}

export interface ModelRun {
  readonly id: RunId;
  readonly job: ModelJob;
  readonly slots: number;
  readonly alone: boolean;
  /** Attempt of each index. */
  readonly held: ReadonlyMap<number, number>;
  inFlight: readonly number[];
  isLive: boolean;
}

export interface Model {
  jobs: ModelJob[];
  runs: ModelRun[];
  retries: number;
}

export interface Real {
  readonly db: Database;
  readonly worker: WorkerId;
}

export type Move = fc.AsyncCommand<Model, Real>;

export function isHeld(model: Model, job: ModelJob, index: number): boolean {
  return model.runs.some((run) => run.isLive && run.job === job && run.held.get(index) === job.rows[index]?.attempt);
}

export function freeSlots(model: Model, job: ModelJob): number {
  return job.maxConcurrency - model.runs.filter((run) => run.isLive && run.job === job).reduce((sum, run) => sum + run.slots, 0);
}

export function canGive(model: Model, job: ModelJob): boolean {
  return (
    !job.isCancelled &&
    !job.isPaused &&
    freeSlots(model, job) > 0 &&
    job.rows.some((row, index) => row.outcome === null && !isHeld(model, job, index))
  );
}

/** Of one row that a run tells of: whether the outcome counts. */
export function counts(run: ModelRun, index: number, attempt: number): boolean {
  const row = run.job.rows[index];
  return run.isLive && !run.job.isCancelled && row?.outcome === null && row.attempt === attempt && run.held.get(index) === attempt;
}

/** A failed attempt: it is the row's outcome, or the row goes back. */
export function settle(run: ModelRun, row: ModelRow, code: FailureCode): 'final' | 'requeue' {
  const times = 1 + row.recent.filter((each) => each === code).length;
  const { kind } = decideRetry({ code, times, wasAlone: run.alone });
  if (kind === 'final') {
    row.outcome = 'failed';
    row.code = code;
  } else {
    row.attempt += 1;
    row.earlier.push(code);
    row.recent.push(code);
  }
  return kind;
}

/** A move on one of what there is; `pick` is any number. */
/** A move, after which the database has to say what the model says. */
export function moveOf(
  name: string,
  isAllowed: (model: Readonly<Model>) => boolean,
  act: (model: Model, real: Real) => Promise<void>,
): Move {
  return {
    check: isAllowed,
    run: async (model, real) => {
      await act(model, real);
      await expectEqual(model, real);
    },
    toString: () => name,
  };
}

/** A move on one of those that the model then has: its runs, its jobs. */
export function moveOn<T>(
  name: string,
  all: (model: Readonly<Model>) => readonly T[],
  pick: number,
  act: (chosen: T, model: Model, real: Real) => Promise<void>,
): Move {
  const isAllowed = (model: Readonly<Model>): boolean => all(model).length > 0;
  return moveOf(name, isAllowed, (model, real) => act(pickFrom(all(model), pick), model, real));
}

function pickFrom<T>(all: readonly T[], pick: number): T {
  const chosen = all[pick % all.length];
  if (chosen === undefined) throw new Error('unreachable: the move was checked');
  return chosen;
}

/** Rows, history, counters, slots and what is in flight. */
async function expectEqual(model: Model, real: Real): Promise<void> {
  for (const job of model.jobs) {
    const { rows } = await sql<Pick<ModelRow, 'outcome' | 'attempt' | 'earlier' | 'code'> & { index: number }>`
      select index, outcome, attempt, code, array(select code from attempts a where a.batch_id = r.batch_id and a.index = r.index order by attempt) as earlier
      from batch_rows r where batch_id = ${job.id} order by index`.execute(real.db);
    expect(rows).toEqual(job.rows.map(({ outcome, attempt, earlier, code }, index) => ({ index, outcome, attempt, earlier, code })));
    const stored = await real.db.selectFrom('jobs').selectAll().where('id', '=', job.id).executeTakeFirstOrThrow();
    const count = (outcome: ModelRow['outcome']): number => job.rows.filter((row) => row.outcome === outcome).length;
    expect({
      completed: stored.completed_count,
      failed: stored.failed_count,
      cancelled: stored.cancelled_count,
      slots: stored.slots_in_use,
      isFinished: stored.finished_at !== null,
      isCancelled: stored.cancelled_at !== null,
      isPaused: stored.paused_at !== null,
    }).toEqual({
      completed: count('completed'),
      failed: count('failed'),
      cancelled: count('cancelled'),
      slots: job.maxConcurrency - freeSlots(model, job),
      isFinished: count(null) === 0,
      isCancelled: job.isCancelled,
      isPaused: job.isPaused,
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

/** A row as it is submitted. */
export function freshRow(): ModelRow {
  return { outcome: null, attempt: 1, earlier: [], recent: [], code: null, retry: 0 };
}
