/** Stores a submission: job, shared input, rows, first event and queue message in one transaction. After it nothing can be lost. */
import { HubError, type JobId, type OwnerId, type Rejection, type RoutingRule } from '@omtx/contract';
import { sql } from 'kysely';
import { INTERACTIVE_ROWS, type Lane } from '../domain/lane.ts';
import type { StatusCounts } from '../domain/progress.ts';
import type { Database } from './database.ts';
import { appendEvent, insertFirstEvent } from './events.ts';
import { jsonText } from './json-text.ts';
import { wakeWorkers } from './wake.ts';
import type { PinnedMsa } from './tables.ts';

export interface NewRow {
  /** 1-based physical line of the library; null where the input was no text. */
  readonly line: number | null;
  readonly name: string | null;
  readonly input: Readonly<Record<string, unknown>>;
  readonly original: Readonly<Record<string, string>> | null;
  readonly canonicalSmiles: string | null;
  readonly rejection: Rejection | null;
  /** Index of the earlier row that asks the same. */
  readonly reusedFrom: number | null;
}

export interface NewJob {
  readonly id: JobId;
  readonly jobType: 'individual' | 'batch_parent';
  readonly taskType: string;
  readonly modelId: string;
  readonly modelVersion: string;
  readonly name: string;
  readonly routedBy: RoutingRule;
  readonly tags: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly rankBy: string | null;
  /** True where a lower score is better. */
  readonly rankAscending: boolean;
  readonly seed: number;
  readonly timeoutSeconds: number;
  readonly maxConcurrency: number;
  readonly idempotency: { readonly key: string; readonly bodySha256: string } | null;
  readonly shared: Readonly<Record<string, unknown>>;
  readonly sharedSha256: string;
  /** Alignments of its proteins; none where absent. */
  readonly msas?: readonly PinnedMsa[];
  /** By the number of rows where absent. */
  readonly lane?: Lane;
  /** Among the jobs of the owner; 0 where absent. */
  readonly priority?: number;
  /** The job that this one was made from. */
  readonly clonedFrom?: JobId | null;
  /** The span that submits it, as W3C `traceparent`. */
  readonly traceparent?: string | null;
  /** Further columns of the library in their order; null where there are none, or where they are known only when all rows are there. */
  readonly libraryColumns?: readonly string[] | null;
  /** In input order; at least one. */
  readonly rows: readonly NewRow[];
}

/** The job itself; its rows may come as a stream. */
export type JobToStore = Omit<NewJob, 'rows'>;

/** Rows as they are when the job is inserted. */
export interface FirstCounts {
  readonly total: number;
  readonly rejected: number;
  /** Rows [0, checked) have been checked. */
  readonly checked: number;
}

export interface IngestedJob {
  readonly id: JobId;
  /** True when the idempotency key was seen before with the same body: nothing was stored and `id` is that job. */
  readonly replayed: boolean;
}

/** Rows per insert: 145k rows/s were measured with unnest of 5,000 (docs/decisions/0002). */
const ROWS_PER_INSERT = 5_000;

/** @throws HubError idempotency_conflict when the key was used with another body */
export async function ingestJob(db: Database, owner: OwnerId, job: NewJob): Promise<IngestedJob> {
  return db.transaction().execute(async (tx) => {
    const rejected = job.rows.filter((row) => row.rejection !== null).length;
    const counts = { total: job.rows.length, rejected, checked: job.rows.length };
    if (!(await insertJob(tx, owner, job, counts, 1))) return replay(tx, owner, job);
    for (let start = 0; start < job.rows.length; start += ROWS_PER_INSERT) {
      await insertRows(tx, job.id, start, job.rows.slice(start, start + ROWS_PER_INSERT));
    }
    const isFinal = counts.rejected === counts.total;
    await insertFirstEvent(tx, job.id, countsOf(counts));
    if (isFinal) await appendEvent(tx, job.id, 'finished', []);
    else await wakeWorkers(tx, job.modelId);
    return { id: job.id, replayed: false };
  });
}

/** With its shared input, in one statement. @param eventSequence of the last event, which the caller inserts @returns false when the idempotency key is taken */
export async function insertJob(tx: Database, owner: OwnerId, job: JobToStore, counts: FirstCounts, eventSequence = 0): Promise<boolean> {
  const inserted = await tx
    .with('job', (qb) =>
      qb
        .insertInto('jobs')
        .values({ ...valuesOf(owner, job, counts), event_sequence: eventSequence })
        .onConflict((conflict) => conflict.columns(['owner', 'idempotency_key']).where('idempotency_key', 'is not', null).doNothing())
        .returning('id'),
    )
    .insertInto('job_inputs')
    .columns(['job_id', 'shared', 'sha256', 'msas'])
    .expression((eb) =>
      eb
        .selectFrom('job')
        .select([
          'job.id',
          eb.cast<string>(eb.val(jsonText(job.shared)), 'jsonb').as('shared'),
          eb.val(job.sharedSha256).as('sha256'),
          eb.cast<string>(eb.val(JSON.stringify(job.msas ?? [])), 'jsonb').as('msas'),
        ]),
    )
    .returning('job_id')
    .executeTakeFirst();
  return inserted !== undefined;
}

function countsOf({ total, rejected, checked }: FirstCounts): StatusCounts {
  return { total, running: 0, completed: 0, failed: rejected, cancelled: 0, reused: 0, rejected, checked };
}

function valuesOf(owner: OwnerId, job: JobToStore, counts: FirstCounts) {
  return {
    id: job.id,
    owner,
    job_type: job.jobType,
    task_type: job.taskType,
    model_id: job.modelId,
    model_version: job.modelVersion,
    name: job.name,
    routed_by: job.routedBy,
    tags: [...job.tags],
    parameters: JSON.stringify(job.parameters),
    rank_by: job.rankBy,
    rank_ascending: job.rankAscending,
    seed: job.seed,
    timeout_seconds: job.timeoutSeconds,
    max_concurrency: job.maxConcurrency,
    idempotency_key: job.idempotency?.key ?? null,
    body_sha256: job.idempotency?.bodySha256 ?? null,
    cloned_from: job.clonedFrom ?? null,
    traceparent: job.traceparent ?? null,
    library_columns: job.libraryColumns ?? null,
    lane: (job.lane ?? (counts.total <= INTERACTIVE_ROWS ? 'interactive' : 'bulk')) === 'interactive' ? 0 : 1,
    priority: job.priority ?? 0,
    total_count: counts.total,
    checked_until: counts.checked,
    checked_count: counts.checked,
    failed_count: counts.rejected,
    rejected_count: counts.rejected,
    ...(counts.rejected === counts.total ? { finished_at: sql<Date>`now()` } : {}),
  };
}

/** @throws HubError idempotency_conflict when the key was used with another body */
export async function replay(tx: Database, owner: OwnerId, { idempotency }: JobToStore): Promise<IngestedJob> {
  const first = await tx
    .selectFrom('jobs')
    .select(['id', 'body_sha256'])
    .where('owner', '=', owner)
    .where('idempotency_key', '=', idempotency?.key ?? '')
    .executeTakeFirstOrThrow();
  if (first.body_sha256 === idempotency?.bodySha256) return { id: first.id, replayed: true };
  throw new HubError(
    'idempotency_conflict',
    `The idempotency key "${idempotency?.key ?? ''}" was used for job ${first.id} with another body. Use a new key.`,
  );
}

async function insertRows(tx: Database, jobId: JobId, start: number, rows: readonly NewRow[]): Promise<void> {
  await sql`
    insert into batch_rows (batch_id, index, line, name, input, original, canonical_smiles, reused_from, status, outcome, code, message, finished_at)
    select
      ${jobId}, index, line, name, input, original, smiles, reused_from,
      case when code is null then 'pending' else 'failed' end, case when code is not null then 'rejected' end, code, message,
      case when code is not null then now() end
    from unnest(
      ${rows.map((_, place) => start + place)}::int[], ${rows.map((row) => row.line)}::int[], ${rows.map((row) => row.name)}::text[],
      ${rows.map((row) => jsonText(row.input))}::jsonb[],
      ${rows.map((row) => (row.original === null ? null : jsonText(row.original)))}::jsonb[],
      ${rows.map((row) => row.canonicalSmiles)}::text[], ${rows.map((row) => row.reusedFrom)}::int[],
      ${rows.map((row) => row.rejection?.code ?? null)}::text[], ${rows.map((row) => row.rejection?.message ?? null)}::text[]
    ) as given (index, line, name, input, original, smiles, reused_from, code, message)`.execute(tx);
}
