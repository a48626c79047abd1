/** Residues that the ligands of a batch touch, by the tables of models that look at interactions. */
import type { JobId, OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';

/** Old pages poll this, so it looks at so many of the first completed rows. */
const MOST_ROWS = 10_000;
const MOST_RESIDUES = 20;

export interface Contacts {
  /** Completed rows that have a table of interactions. */
  readonly analysedRows: number;
  /** The most frequent first; `rows` of the analysed ones touch it. */
  readonly residues: readonly { readonly residue: string; readonly rows: number }[];
}

/** `interactions` with a column `residue` is what such models call it; a batch of any other model has none. */
export async function summariseContacts(db: Database, owner: OwnerId, jobId: JobId): Promise<Contacts> {
  const { rows } = await sql<Contacts>`
    with analysed as (
      select r.index, d.tables -> 'interactions' as items
      from (
        select index, case when outcome = 'reused' then reused_from else index end as source
        from batch_rows
        where batch_id = ${jobId} and status = 'completed' and exists (select from jobs where id = ${jobId} and owner = ${owner})
        order by index limit ${MOST_ROWS}
      ) r
      join row_details d on d.batch_id = ${jobId} and d.index = r.source
      where jsonb_typeof(d.tables -> 'interactions') = 'array'
    ), touched as (
      select item ->> 'residue' as residue, count(distinct index)::int as n
      from analysed, jsonb_array_elements(items) item
      where item ->> 'residue' is not null
      group by 1 order by 2 desc, 1 limit ${MOST_RESIDUES}
    )
    select (select count(*)::int from analysed) as "analysedRows",
      coalesce((select jsonb_agg(jsonb_build_object('residue', residue, 'rows', n) order by n desc, residue) from touched), '[]') as residues`.execute(
    db,
  );
  return rows[0] ?? { analysedRows: 0, residues: [] };
}
