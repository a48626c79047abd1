/** Rows of a job as lines of a table: by their indexes, by input order, or by rank. All in the transaction of a snapshot. */
import { sql, type RawBuilder } from 'kysely';
import type { RowSelection } from '../../domain/row-selection.ts';
import type { Database } from '../database.ts';
import type { StoredRow } from '../read-rows.ts';
import { rowConditions, shownOutcome, shownStatus } from './row-order.ts';
import type { RowSnapshot } from './row-snapshot.ts';

type Unranked = Omit<StoredRow, 'rank'>;

/** In the order of the indexes; those that the job does not have are left out. */
export async function rowsByIndexes(tx: Database, snapshot: RowSnapshot, indexes: readonly number[]): Promise<readonly StoredRow[]> {
  const { rows } = await sql<Unranked & { readonly score: number | null }>`
    select ${lineOf(snapshot)}
    from unnest(${indexes}::int[]) with ordinality as wanted (index, place)
    join batch_rows r on r.batch_id = ${snapshot.id} and r.index = wanted.index
    ${details}
    order by wanted.place`.execute(tx);
  return ranked(tx, snapshot, rows);
}

/** Rows that pass, by index, from `from` on. */
export async function rowsFromIndex(
  tx: Database,
  snapshot: RowSnapshot,
  selection: RowSelection,
  from: number,
  limit: number,
): Promise<readonly StoredRow[]> {
  const { rows } = await sql<Unranked & { readonly score: number | null }>`
    select ${lineOf(snapshot)}
    from batch_rows r
    ${details}
    where ${rowConditions(snapshot, selection)} and r.index >= ${from}
    order by r.index
    limit ${limit}`.execute(tx);
  return ranked(tx, snapshot, rows);
}

/** Indexes of all rows from place `offset` on, best first; those without a score follow in input order. */
export async function indexesByRank(tx: Database, snapshot: RowSnapshot, offset: number, limit: number): Promise<readonly number[]> {
  const order = snapshot.rankAscending ? sql`score asc, index` : sql`score desc, index`;
  const { rows: scored } = await sql<{ index: number }>`
    select index from batch_rows where batch_id = ${snapshot.id} and score is not null
    order by ${order} limit ${limit} offset ${offset}`.execute(tx);
  if (scored.length === limit) return scored.map(({ index }) => index);
  const { rows: counts } = await sql<{ n: number }>`
    select count(*)::int as n from batch_rows where batch_id = ${snapshot.id} and score is not null`.execute(tx);
  const skipped = Math.max(0, offset - (counts[0]?.n ?? 0));
  const { rows: unscored } = await sql<{ index: number }>`
    select index from batch_rows where batch_id = ${snapshot.id} and score is null
    order by index limit ${limit - scored.length} offset ${skipped}`.execute(tx);
  return [...scored, ...unscored].map(({ index }) => index);
}

const details = sql`
    left join row_details d on d.batch_id = r.batch_id and d.index = case when r.outcome = 'reused' then r.reused_from else r.index end`;

function lineOf(snapshot: RowSnapshot): RawBuilder<unknown> {
  return sql`
    r.index, r.line, r.name, r.input, r.original, r.canonical_smiles as "canonicalSmiles", ${shownStatus(snapshot)} as status,
    ${shownOutcome(snapshot)} as outcome, r.code, r.message, r.attempt, r.reused_from as "reusedFrom", r.metrics, r.run_id as "runId",
    r.started_at as "startedAt", r.finished_at as "finishedAt", d.notes, d.artifacts, case when r.status = 'completed' then r.score end as score`;
}

/**
 * Adds each row's place by the ranking metric. One pass over the index of scores tells how many lie below each score of the page:
 * numbering all rows and looking up a hundred of them took three times as long at 100,000 rows.
 */
async function ranked(
  tx: Database,
  snapshot: RowSnapshot,
  rows: readonly (Unranked & { readonly score: number | null })[],
): Promise<readonly StoredRow[]> {
  const sign = snapshot.rankAscending ? 1 : -1;
  const steps = [...new Set(rows.flatMap(({ score }) => (score === null ? [] : [sign * score])))].sort((a, b) => a - b);
  const below = steps.length === 0 ? new Map<number, number>() : await countBelow(tx, snapshot, steps);
  return rows.map(({ score, ...row }) => ({ ...row, rank: score === null ? null : 1 + (below.get(sign * score) ?? 0) }));
}

/** @param steps signed scores, ascending and different @returns for each the number of completed rows that are better */
async function countBelow(tx: Database, snapshot: RowSnapshot, steps: readonly number[]): Promise<ReadonlyMap<number, number>> {
  const last = steps.at(-1) ?? 0;
  const { rows } = await sql<{ bucket: number; n: number }>`
    select width_bucket(${snapshot.rankAscending ? sql`score` : sql`-score`}, ${steps}::float8[]) as bucket, count(*)::int as n
    from batch_rows
    where batch_id = ${snapshot.id} and score is not null and ${snapshot.rankAscending ? sql`score < ${last}` : sql`score > ${-last}`}
    group by 1`.execute(tx);
  const inBucket = new Map(rows.map(({ bucket, n }) => [bucket, n]));
  let sum = 0;
  return new Map(
    steps.map((step, place) => {
      sum += inBucket.get(place) ?? 0;
      return [step, sum];
    }),
  );
}
