/** What a run needs to know of its job, and what it has to tell once its shard is open. */
import type { JobId, RetryId, RunId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import type { StoredArtifactLink, StoredNote } from '../tables.ts';

export interface RunInput {
  readonly shared: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly timeoutSeconds: number;
  /** Most memory of one row, where a retry asks for another limit than the manifest's. */
  readonly memoryBytes: number | undefined;
  readonly rankBy: string | null;
  /** Span of the request that submitted the job. */
  readonly traceparent: string | null;
  /** By index. */
  readonly inputs: ReadonlyMap<number, Readonly<Record<string, unknown>>>;
}

/** Settings are the job's own, or those of the retry that the run's rows belong to. */
export async function readRunInput(db: Database, batchId: JobId, indexes: readonly number[], retryId: RetryId | null): Promise<RunInput> {
  // Side by side: the first row waits for them.
  const [job, retry, rows] = await Promise.all([readSettings(db, batchId), readRetry(db, retryId), readInputs(db, batchId, indexes)]);
  return {
    shared: job.shared,
    parameters: retry?.parameters ?? job.parameters,
    seed: job.seed,
    timeoutSeconds: retry?.timeout_seconds ?? job.timeout_seconds,
    memoryBytes: retry?.memory_bytes ? Number(retry.memory_bytes) : undefined,
    rankBy: job.rank_by,
    traceparent: job.traceparent,
    inputs: new Map(rows.map((row) => [row.index, row.input])),
  };
}

async function readSettings(db: Database, batchId: JobId) {
  return db
    .selectFrom('jobs')
    .innerJoin('job_inputs', 'job_inputs.job_id', 'jobs.id')
    .select(['shared', 'parameters', 'seed', 'timeout_seconds', 'rank_by', 'traceparent'])
    .where('jobs.id', '=', batchId)
    .executeTakeFirstOrThrow();
}

async function readRetry(db: Database, retryId: RetryId | null) {
  if (retryId === null) return undefined;
  return db
    .selectFrom('retries')
    .select(['parameters', 'timeout_seconds', 'memory_bytes'])
    .where('id', '=', retryId)
    .executeTakeFirstOrThrow();
}

async function readInputs(db: Database, batchId: JobId, indexes: readonly number[]) {
  return db
    .selectFrom('batch_rows')
    .select(['index', 'input'])
    .where('batch_id', '=', batchId)
    .where(sql<boolean>`index = any (${indexes}::int[])`)
    .execute();
}

export interface OpenedRun {
  readonly setupSeconds?: number;
  readonly notes?: readonly StoredNote[];
  readonly artifacts: readonly StoredArtifactLink[];
}

/** Adds to the run's files and notes; changes nothing when the run is over. */
export async function describeRun(db: Database, runId: RunId, { setupSeconds, notes, artifacts }: OpenedRun): Promise<void> {
  await db
    .updateTable('runs')
    .set((eb) => ({
      ...(setupSeconds === undefined ? {} : { setup_seconds: setupSeconds }),
      ...(notes === undefined ? {} : { notes: JSON.stringify(notes) }),
      artifacts: eb.fn<string>('jsonb_concat', ['artifacts', eb.cast(eb.val(JSON.stringify(artifacts)), 'jsonb')]),
    }))
    .where('id', '=', runId)
    .where('ended_at', 'is', null)
    .execute();
}
