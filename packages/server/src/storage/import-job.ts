/** Stores a job that has ended elsewhere, with its rows and their outcomes, as it was, in one transaction. No worker is woken. */
import type { Failure, OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import { keepBestRow } from './best-row.ts';
import type { Database } from './database.ts';
import { appendEvent } from './events.ts';
import { insertJob, type JobToStore } from './ingest.ts';
import { jsonText, storable } from './json-text.ts';
import type { StoredArtifactLink } from './tables.ts';

export interface EndedRow {
  readonly name: string | null;
  readonly input: Readonly<Record<string, unknown>>;
  readonly original: Readonly<Record<string, string>> | null;
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly failure: Failure | null;
  readonly score: number | null;
  readonly metrics: Readonly<Record<string, number>> | null;
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  readonly artifacts: readonly StoredArtifactLink[];
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

export interface EndedJob extends JobToStore {
  readonly createdAt: Date;
  readonly notes: string;
  readonly rows: readonly EndedRow[];
}

const ROWS_PER_INSERT = 5_000;

/** @returns known or deleted where a job of this id is or was here: nothing is changed then */
export async function importEndedJob(db: Database, owner: OwnerId, job: EndedJob): Promise<'imported' | 'known' | 'deleted'> {
  return db.transaction().execute(async (tx) => {
    const { rows: there } = await sql<{ known: boolean; deleted: boolean }>`
      select exists (select from jobs where id = ${job.id}) as known, exists (select from deleted_jobs where id = ${job.id}) as deleted`.execute(
      tx,
    );
    if (there[0]?.known === true) return 'known';
    if (there[0]?.deleted === true) return 'deleted';
    const total = job.rows.length;
    await insertJob(tx, owner, { ...job, name: storable(job.name) }, { total, rejected: 0, checked: total });
    for (let start = 0; start < total; start += ROWS_PER_INSERT)
      await insertEndedRows(tx, job, start, job.rows.slice(start, start + ROWS_PER_INSERT));
    // Rows that arrive with an outcome pass no trigger.
    await sql`select tally_rows_of_job(${job.id}, 1)`.execute(tx);
    await appendEvent(tx, job.id, 'submitted', []);
    await endJob(tx, job);
    await keepBestRow(tx, job.id);
    await appendEvent(tx, job.id, 'finished', []);
    return 'imported';
  });
}

async function endJob(tx: Database, { id, rows, createdAt, notes }: EndedJob): Promise<void> {
  const count = (status: EndedRow['status']): number => rows.filter((row) => row.status === status).length;
  const times = rows.map(({ startedAt, finishedAt }) => [startedAt.getTime(), finishedAt.getTime()] as const);
  const startedAt = new Date(times.reduce((least, [start]) => Math.min(least, start), Infinity));
  const finishedAt = new Date(times.reduce((most, [, end]) => Math.max(most, end), 0));
  await sql`
    update jobs
    set completed_count = ${count('completed')}, failed_count = ${count('failed')}, cancelled_count = ${count('cancelled')}, next_index = total_count,
      created_at = ${createdAt}, started_at = ${startedAt}, finished_at = ${finishedAt}, updated_at = ${finishedAt}, notes = ${storable(notes)}
    where id = ${id}`.execute(tx);
}

async function insertEndedRows(tx: Database, { id }: EndedJob, start: number, rows: readonly EndedRow[]): Promise<void> {
  await sql`
    insert into batch_rows (batch_id, index, name, input, original, status, outcome, code, message, score, metrics, started_at, finished_at)
    select ${id}, index, name, input, original, status, status, code, message, score, metrics, started_at, finished_at
    from unnest(
      ${rows.map((_, place) => start + place)}::int[], ${rows.map((row) => row.name && storable(row.name))}::text[], ${rows.map((row) => jsonText(row.input))}::jsonb[],
      ${rows.map((row) => row.original && jsonText(row.original))}::jsonb[], ${rows.map((row) => row.status)}::text[],
      ${rows.map((row) => row.failure?.code ?? null)}::text[], ${rows.map((row) => row.failure && storable(row.failure.message))}::text[],
      ${rows.map((row) => row.score)}::float8[], ${rows.map((row) => row.metrics && JSON.stringify(row.metrics))}::jsonb[],
      ${rows.map((row) => row.startedAt)}::timestamptz[], ${rows.map((row) => row.finishedAt)}::timestamptz[]
    ) as given (index, name, input, original, status, code, message, score, metrics, started_at, finished_at)`.execute(tx);
  const detailed = rows
    .map((row, place) => ({ ...row, index: start + place }))
    .filter(({ tables, artifacts }) => artifacts.length > 0 || Object.keys(tables).length > 0);
  if (detailed.length === 0) return;
  await sql`
    insert into row_details (batch_id, index, tables, notes, artifacts)
    select ${id}, index, tables, '[]', artifacts
    from unnest(
      ${detailed.map((row) => row.index)}::int[], ${detailed.map((row) => jsonText(row.tables))}::jsonb[],
      ${detailed.map((row) => JSON.stringify(row.artifacts))}::jsonb[]
    ) as given (index, tables, artifacts)`.execute(tx);
}
