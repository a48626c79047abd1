/** Rows of a batch as their owner sees them: by input order or by rank, in pages; one of them with all it has. */
import { REJECTION_CODES, type JobId, type JobStatus, type OwnerId, type Rejection, type RowOutcome, type RunId } from '@omtx/contract';
import { sql, type RawBuilder } from 'kysely';
import type { Database } from './database.ts';
import type { StoredArtifactLink, StoredNote } from './tables.ts';

export interface StoredRow {
  readonly index: number;
  readonly line: number | null;
  readonly name: string | null;
  readonly input: Readonly<Record<string, unknown>>;
  readonly original: Readonly<Record<string, string>> | null;
  readonly canonicalSmiles: string | null;
  readonly status: JobStatus;
  readonly outcome: RowOutcome | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly attempt: number;
  readonly reusedFrom: number | null;
  /** 1-based; equal scores share it. null without a score. */
  readonly rank: number | null;
  readonly metrics: Readonly<Record<string, number>> | null;
  readonly runId: RunId | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly notes: readonly StoredNote[] | null;
  readonly artifacts: readonly StoredArtifactLink[] | null;
}

export interface StoredRowDetail extends StoredRow {
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> | null;
  readonly environmentDigest: string | null;
  readonly workerHost: string | null;
  readonly attempts: readonly {
    readonly attempt: number;
    readonly runId: RunId | null;
    readonly startedAt: string | null;
    readonly endedAt: string;
    readonly code: string;
    readonly message: string;
    readonly changes: StoredChanges | null;
  }[];
  readonly changes: StoredChanges | null;
}

/** What a person's retry changed; null where it kept the job's own. */
export interface StoredChanges {
  readonly parameters: Readonly<Record<string, unknown>> | null;
  readonly timeoutSeconds: number | null;
  readonly memoryBytes: number | null;
  readonly alone: boolean;
}

export interface RowsRequest {
  readonly sort: 'index' | 'rank';
  readonly status?: JobStatus | undefined;
  readonly offset: number;
  readonly limit: number;
}

/** Shared by list and detail: the row as it is shown, with rank and what its original has where it is reused. */
const shown = sql`
  r.index, r.line, r.name, r.input, r.original, r.canonical_smiles as "canonicalSmiles", r.shown_status as status, r.shown_outcome as outcome,
  r.code, r.message, r.attempt, r.reused_from as "reusedFrom", ranked.rank, r.metrics, r.run_id as "runId",
  r.started_at as "startedAt", r.finished_at as "finishedAt", d.notes, d.artifacts`;

/** Owner's rows only; empty where the job is not theirs. */
export async function listRows(
  db: Database,
  owner: OwnerId,
  batchId: JobId,
  { sort, status, offset, limit }: RowsRequest,
): Promise<readonly StoredRow[]> {
  const order = sort === 'index' ? sql`r.index` : sql`ranked.rank nulls last, r.index`;
  const where = status === undefined ? sql`` : sql`and r.shown_status = ${status}`;
  const { rows } = await sql<StoredRow>`
    with ranked as materialized (${ranks(owner, batchId)})
    select ${shown}
    from row_states r
    left join ranked on ranked.index = r.index
    left join row_details d on d.batch_id = r.batch_id and d.index = case when r.outcome = 'reused' then r.reused_from else r.index end
    where r.batch_id = ${batchId} and exists (select from jobs where id = ${batchId} and owner = ${owner}) ${where}
    order by ${order}
    limit ${limit} offset ${offset}`.execute(db);
  return rows;
}

export async function findRow(db: Database, owner: OwnerId, batchId: JobId, index: number): Promise<StoredRowDetail | undefined> {
  const { rows } = await sql<StoredRowDetail>`
    with ranked as materialized (${ranks(owner, batchId)})
    select ${shown}, d.tables, runs.environment_digest as "environmentDigest", workers.host as "workerHost",
      coalesce((
        select jsonb_agg(jsonb_build_object(
          'attempt', a.attempt, 'runId', a.run_id, 'startedAt', a.started_at, 'endedAt', a.ended_at, 'code', a.code, 'message', a.message,
          'changes', ${changesOf(sql`a.retry_id`)}
        ) order by a.attempt)
        from attempts a where a.batch_id = r.batch_id and a.index = r.index
      ), '[]') as attempts,
      ${changesOf(sql`r.retry_id`)} as changes
    from row_states r
    left join ranked on ranked.index = r.index
    left join row_details d on d.batch_id = r.batch_id and d.index = case when r.outcome = 'reused' then r.reused_from else r.index end
    left join runs on runs.id = r.run_id
    left join workers on workers.id = runs.worker_id
    where r.batch_id = ${batchId} and r.index = ${index} and exists (select from jobs where id = ${batchId} and owner = ${owner})`.execute(
    db,
  );
  return rows[0];
}

function changesOf(retryId: RawBuilder<unknown>) {
  return sql`(
    select jsonb_build_object('parameters', t.parameters, 'timeoutSeconds', t.timeout_seconds, 'memoryBytes', t.memory_bytes, 'alone', t.alone)
    from retries t where t.id = ${retryId}
  )`;
}

/** What a row was given, and why it was refused if it was. */
export interface RowInput {
  readonly line: number | null;
  readonly name: string | null;
  readonly input: Readonly<Record<string, unknown>>;
  readonly original: Readonly<Record<string, string>> | null;
  readonly rejection: Rejection | null;
}

/** Inputs of the owner's rows, all or those chosen, in input order. */
export async function rowInputs(
  db: Database,
  owner: OwnerId,
  batchId: JobId,
  { indexes, status }: { readonly indexes?: readonly number[] | undefined; readonly status?: JobStatus | undefined },
): Promise<readonly RowInput[]> {
  const { rows } = await sql<Omit<RowInput, 'rejection'> & { readonly code: string | null; readonly message: string | null }>`
    select r.line, r.name, r.input, r.original, case when r.outcome = 'rejected' then r.code end as code, r.message
    from row_states r
    where r.batch_id = ${batchId} and exists (select from jobs where id = ${batchId} and owner = ${owner})
      and (${indexes ?? null}::int[] is null or r.index = any (${indexes ?? null}::int[]))
      and (${status ?? null}::text is null or r.shown_status = ${status ?? null})
    order by r.index`.execute(db);
  return rows.map(({ code, message, ...row }) => ({
    ...row,
    rejection: code !== null && isRejectionCode(code) ? { code, message: message ?? '' } : null,
  }));
}

function isRejectionCode(code: string): code is Rejection['code'] {
  return Object.hasOwn(REJECTION_CODES, code);
}

/** Place of every scored row; ascending where a lower score is better. Scores with a minus turn the order around in one index. */
function ranks(owner: OwnerId, batchId: JobId) {
  return sql`
    select b.index, rank() over (order by case when j.rank_ascending then b.score else -b.score end)::int as rank
    from batch_rows b join jobs j on j.id = b.batch_id
    where b.batch_id = ${batchId} and j.owner = ${owner} and b.score is not null and b.status = 'completed'`;
}

/** Whether any row or run of the owner names the file; a file is read only through a job. */
export async function findArtifact(db: Database, owner: OwnerId, jobId: JobId, sha256: string): Promise<StoredArtifactLink | undefined> {
  const named = JSON.stringify([{ sha256 }]);
  const { rows } = await sql<{ artifacts: readonly StoredArtifactLink[] }>`
    select artifacts from row_details d
    where d.batch_id = ${jobId} and d.artifacts @> ${named}::jsonb and exists (select from jobs where id = ${jobId} and owner = ${owner})
    union all
    select artifacts from runs
    where runs.batch_id = ${jobId} and runs.artifacts @> ${named}::jsonb and exists (select from jobs where id = ${jobId} and owner = ${owner})
    limit 1`.execute(db);
  return rows[0]?.artifacts.find((artifact) => artifact.sha256 === sha256);
}
