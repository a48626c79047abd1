/** Whole columns of a job's rows as 32-bit floats, in input order. */
import { JOB_STATUSES, ROW_OUTCOMES } from '@omtx/contract';
import { sql, type RawBuilder } from 'kysely';
import type { Database } from '../database.ts';
import { metricValue, placeIn, rowSeconds, shownOutcome, shownStatus } from './row-order.ts';
import type { RowSnapshot } from './row-snapshot.ts';

/** @returns the columns one after another, each with a number per row; NaN where a row has none. Low byte first. */
export async function readRowColumns(tx: Database, snapshot: RowSnapshot, names: readonly string[]): Promise<Buffer> {
  const { rows } = await sql<{ columns: Buffer | null }>`
    with columns as (
      select ${sql.join(names.map((name, place) => sql`string_agg(float4send(coalesce(${inReach(columnValue(snapshot, name))}, 'NaN')::float4), ''::bytea order by r.index) as ${sql.id(`c${String(place)}`)}`))}
      from (
        select b.*, ${names.includes('rank') ? rankOf(snapshot) : sql`null::float8`} as rank
        from batch_rows b where b.batch_id = ${snapshot.id}
      ) r
    )
    select ${sql.join(
      names.map((_, place) => sql.id(`c${String(place)}`)),
      sql` || `,
    )} as columns from columns`.execute(tx);
  return (rows[0]?.columns ?? Buffer.alloc(0)).swap32();
}

/** Beyond the range of 32 bits a number is as good as infinite; PostgreSQL would refuse the cast. */
function inReach(value: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`case when ${value} > 3.4e38 then 'Infinity' when ${value} < -3.4e38 then '-Infinity' when abs(${value}) < 1.2e-38 then 0 else ${value} end`;
}

function columnValue(snapshot: RowSnapshot, name: string): RawBuilder<unknown> {
  switch (name) {
    case 'index':
      return sql`r.index::float8`;
    case 'rank':
      return sql`r.rank::float8`;
    case 'status':
      return sql`(${placeIn(shownStatus(snapshot), JOB_STATUSES)})::float8`;
    case 'outcome':
      return sql`(${placeIn(shownOutcome(snapshot), ROW_OUTCOMES)})::float8`;
    case 'seconds':
      return rowSeconds;
    case 'score':
      return sql`r.score`;
    default:
      return metricValue(snapshot, name);
  }
}

function rankOf({ rankAscending }: RowSnapshot): RawBuilder<unknown> {
  return sql`case when b.score is not null and b.status = 'completed'
    then rank() over (partition by b.score is not null and b.status = 'completed' order by b.score ${rankAscending ? sql`asc` : sql`desc`}) end`;
}
