/** Rows for a file: in pages of one snapshot, without what a page of a screen needs and with all that a record holds. */
import { sql, type RawBuilder } from 'kysely';
import type { RowSelection } from '../../domain/row-selection.ts';
import type { Database } from '../database.ts';
import type { StoredRow } from '../read-rows.ts';
import { readRowColumns } from './row-columns.ts';
import { rowConditions, shownOutcome, shownStatus } from './row-order.ts';
import type { RowSnapshot } from './row-snapshot.ts';

export interface ExportedRow extends StoredRow {
  /** Null where the row has none, or where they were not asked for. */
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> | null;
}

export type Ranks = (index: number) => number | null;

/** Ranks of all rows at once: 4 bytes a row. A rank above 16,777,216 would lose its last digit, and no job has so many rows. */
export async function readRanks(tx: Database, snapshot: RowSnapshot): Promise<Ranks> {
  const bytes = await readRowColumns(tx, snapshot, ['rank']);
  return (index) => {
    const rank = 4 * index + 4 <= bytes.length ? bytes.readFloatLE(4 * index) : Number.NaN;
    return Number.isNaN(rank) ? null : rank;
  };
}

/** Rows that pass, by index, from `from` on. */
export async function exportFromIndex(
  tx: Database,
  snapshot: RowSnapshot,
  selection: RowSelection,
  { from, limit, withTables }: { readonly from: number; readonly limit: number; readonly withTables: boolean },
): Promise<readonly Omit<ExportedRow, 'rank'>[]> {
  const { rows } = await sql<Omit<ExportedRow, 'rank'>>`
    select ${recordOf(snapshot, withTables)}
    from batch_rows r
    ${details}
    where ${rowConditions(snapshot, selection)} and r.index >= ${from}
    order by r.index
    limit ${limit}`.execute(tx);
  return rows;
}

/** In the order of the indexes; those that the job does not have are left out. */
export async function exportByIndexes(
  tx: Database,
  snapshot: RowSnapshot,
  indexes: readonly number[],
  withTables: boolean,
): Promise<readonly Omit<ExportedRow, 'rank'>[]> {
  const { rows } = await sql<Omit<ExportedRow, 'rank'>>`
    select ${recordOf(snapshot, withTables)}
    from unnest(${indexes}::int[]) with ordinality as wanted (index, place)
    join batch_rows r on r.batch_id = ${snapshot.id} and r.index = wanted.index
    ${details}
    order by wanted.place`.execute(tx);
  return rows;
}

/** Further columns of the library in the order of its header; of a job that did not keep them, as they are found. */
export async function readLibraryColumns(tx: Database, snapshot: RowSnapshot): Promise<readonly string[]> {
  const { rows } = await sql<{ columns: readonly string[] | null }>`
    select coalesce(library_columns, (
      select array_agg(name order by name collate "C") from (
        select distinct jsonb_object_keys(original) as name from batch_rows where batch_id = ${snapshot.id} and original is not null limit 1000
      ) found
    )) as columns
    from jobs where id = ${snapshot.id}`.execute(tx);
  return rows[0]?.columns ?? [];
}

/** Number of the last event of the job, and the moment. */
export async function readCursor(tx: Database, snapshot: RowSnapshot): Promise<{ readonly sequence: number; readonly at: Date }> {
  const { rows } = await sql<{ sequence: number; at: Date }>`
    select event_sequence as sequence, now() as at from jobs where id = ${snapshot.id}`.execute(tx);
  return rows[0] ?? { sequence: 0, at: new Date(0) };
}

const details = sql`
    left join row_details d on d.batch_id = r.batch_id and d.index = case when r.outcome = 'reused' then r.reused_from else r.index end`;

function recordOf(snapshot: RowSnapshot, withTables: boolean): RawBuilder<unknown> {
  return sql`
    r.index, r.line, r.name, r.input, r.original, r.canonical_smiles as "canonicalSmiles", ${shownStatus(snapshot)} as status,
    ${shownOutcome(snapshot)} as outcome, r.code, r.message, r.attempt, r.reused_from as "reusedFrom", r.metrics, r.run_id as "runId",
    r.started_at as "startedAt", r.finished_at as "finishedAt", d.notes, d.artifacts, ${withTables ? sql`d.tables` : sql`null::jsonb`} as tables`;
}
