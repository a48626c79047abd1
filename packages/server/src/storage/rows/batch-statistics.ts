/** Counts over a job's rows that its own counters do not hold; each read from an index, not from the rows. */
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import type { RowSnapshot } from './row-snapshot.ts';

export interface StoredBatchStatistics {
  readonly byCode: Readonly<Record<string, number>>;
  readonly score: { readonly min: number; readonly max: number } | null;
}

export async function readBatchStatistics(tx: Database, snapshot: RowSnapshot): Promise<StoredBatchStatistics> {
  const { rows } = await sql<{ byCode: Record<string, number>; min: number | null; max: number | null }>`
    select
      coalesce((
        select jsonb_object_agg(code, n) from (
          select code, count(*) as n from batch_rows where batch_id = ${snapshot.id} and code is not null group by code
        ) codes
      ), '{}') as "byCode",
      (select min(score) from batch_rows where batch_id = ${snapshot.id} and score is not null) as min,
      (select max(score) from batch_rows where batch_id = ${snapshot.id} and score is not null) as max`.execute(tx);
  const { byCode = {}, min = null, max = null } = rows[0] ?? {};
  return { byCode, score: min === null || max === null ? null : { min, max } };
}
