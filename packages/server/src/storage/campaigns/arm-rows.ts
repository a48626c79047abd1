/** Rows of one arm of a campaign, in the transaction of a snapshot. */
import type { RowOutcome } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { shownOutcome } from '../rows/row-order.ts';
import type { RowSnapshot } from '../rows/row-snapshot.ts';

/** @returns [row] in input order as 64-bit floats, low byte first; NaN where a row has no score */
export async function readScores(tx: Database, { id }: RowSnapshot): Promise<Buffer> {
  const { rows } = await sql<{ scores: Buffer | null }>`
    select string_agg(float8send(coalesce(score, 'NaN')), ''::bytea order by index) as scores
    from batch_rows where batch_id = ${id}`.execute(tx);
  return (rows[0]?.scores ?? Buffer.alloc(0)).swap64();
}

export interface ArmRow {
  readonly index: number;
  readonly name: string | null;
  readonly canonicalSmiles: string | null;
  readonly outcome: RowOutcome | null;
  readonly code: string | null;
}

/** In the order of the indexes. */
export async function readArmRows(tx: Database, snapshot: RowSnapshot, indexes: readonly number[]): Promise<readonly ArmRow[]> {
  const { rows } = await sql<ArmRow>`
    select r.index, r.name, r.canonical_smiles as "canonicalSmiles", ${shownOutcome(snapshot)} as outcome, r.code
    from unnest(${indexes}::int[]) with ordinality as wanted (index, place)
    join batch_rows r on r.batch_id = ${snapshot.id} and r.index = wanted.index
    order by wanted.place`.execute(tx);
  return rows;
}
