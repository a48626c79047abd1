/** The order vector of a view: indexes of the rows that pass, in order. Sorted by the database, sent as bytes. */
import { JOB_STATUSES, ROW_OUTCOMES } from '@omtx/contract';
import { sql, type RawBuilder } from 'kysely';
import type { RowSelection, SortKey } from '../../domain/row-selection.ts';
import type { Database } from '../database.ts';
import type { RowSnapshot } from './row-snapshot.ts';

/** Everything of the selection but its chemistry, which RDKit decides. In the snapshot's transaction. */
export async function orderRows(tx: Database, snapshot: RowSnapshot, selection: RowSelection): Promise<Uint32Array> {
  const order = sql.join([...selection.sort.map((key) => orderOf(snapshot, key)), sql`r.index`]);
  // One value of 4 bytes a row instead of a line of text each: 100,000 rows are 400 kB.
  const { rows } = await sql<{ indexes: Buffer | null }>`
    select string_agg(int4send(r.index), ''::bytea order by ${order}) as indexes
    from batch_rows r
    where ${rowConditions(snapshot, selection)}`.execute(tx);
  return unsignedOf(rows[0]?.indexes ?? null);
}

/** Number of rows that pass, chemistry left out. */
export async function countRows(tx: Database, snapshot: RowSnapshot, selection: RowSelection): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from batch_rows r where ${rowConditions(snapshot, selection)}`.execute(tx);
  return rows[0]?.n ?? 0;
}

export function rowConditions(snapshot: RowSnapshot, selection: RowSelection): RawBuilder<unknown> {
  const { statuses, outcomes, codes, ranges, text } = selection;
  const conditions: RawBuilder<unknown>[] = [sql`r.batch_id = ${snapshot.id}`];
  if (statuses.length > 0) conditions.push(sql`${shownStatus(snapshot)} = any (${statuses}::text[])`);
  if (outcomes.length > 0) conditions.push(sql`${shownOutcome(snapshot)} = any (${outcomes}::text[])`);
  if (codes.length > 0) conditions.push(sql`r.code = any (${codes}::text[])`);
  for (const { metric, min, max } of ranges) {
    const value = metricValue(snapshot, metric);
    if (min !== null) conditions.push(sql`${value} >= ${min}::float8`);
    if (max !== null) conditions.push(sql`${value} <= ${max}::float8`);
    if (min === null && max === null) conditions.push(sql`${value} is not null`);
  }
  if (text !== null) {
    const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
    conditions.push(sql`r.name ilike ${pattern}`);
  }
  return sql.join(conditions, sql` and `);
}

/** The rule of the view `row_states`, with the rows in flight asked for once instead of for each row. */
export function shownStatus({ isCancelled, inFlight }: RowSnapshot): RawBuilder<unknown> {
  if (isCancelled) return sql`case when r.status = 'pending' then 'cancelled' else r.status end`;
  if (inFlight.length === 0) return sql`r.status`;
  return sql`case when r.status = 'pending' and r.index = any (${inFlight}::int[]) then 'running' else r.status end`;
}

export function shownOutcome({ isCancelled }: RowSnapshot): RawBuilder<unknown> {
  return isCancelled ? sql`case when r.status = 'pending' then 'cancelled' else r.outcome end` : sql`r.outcome`;
}

/** The ranking metric has a column of its own. */
export function metricValue({ rankBy }: RowSnapshot, metric: string): RawBuilder<unknown> {
  return metric === rankBy ? sql`r.score` : sql`(r.metrics -> ${metric})::float8`;
}

export const rowSeconds = sql`extract(epoch from r.finished_at - r.started_at)::float8`;

/** Place in a list of names, from 0; null where there is none. */
export function placeIn(value: RawBuilder<unknown>, names: readonly string[]): RawBuilder<unknown> {
  return sql`array_position(${names}::text[], ${value}) - 1`;
}

function orderOf(snapshot: RowSnapshot, { key, descending }: SortKey): RawBuilder<unknown> {
  const isDown = key === 'rank' && !snapshot.rankAscending ? !descending : descending;
  const value = sortValue(snapshot, key);
  return isDown ? sql`${value} desc nulls last` : sql`${value} asc nulls last`;
}

function sortValue(snapshot: RowSnapshot, key: string): RawBuilder<unknown> {
  switch (key) {
    case 'index':
      return sql`r.index`;
    case 'rank':
      return sql`r.score`;
    case 'name':
      return sql`lower(r.name)`;
    case 'status':
      return placeIn(shownStatus(snapshot), JOB_STATUSES);
    case 'outcome':
      return placeIn(shownOutcome(snapshot), ROW_OUTCOMES);
    case 'code':
      return sql`r.code`;
    case 'seconds':
      return rowSeconds;
    case 'similarity':
      // Not known to the database; the rows come in the order of the other keys.
      return sql`null::float8`;
    default:
      return metricValue(snapshot, key);
  }
}

/** PostgreSQL sends the high byte first; clients are given the low byte first, as their machines have it. */
function unsignedOf(bytes: Buffer | null): Uint32Array {
  if (bytes === null) return new Uint32Array();
  const own = new Uint8Array(bytes.length);
  own.set(bytes);
  Buffer.from(own.buffer).swap32();
  return new Uint32Array(own.buffer);
}
