/** Order of rows by the metric that ranks, best first. */
import type { MetricDefinition } from '@omtx/contract';

export interface ScoredRow {
  readonly index: number;
  /** null, or no finite number, where the row has no score. */
  readonly score: number | null;
}

export interface RankedRow extends ScoredRow {
  /** 1-based; equal scores share a rank and the next rank is skipped, as `rank()` in SQL does. null without a score. */
  readonly rank: number | null;
}

/** Best first, equal scores in input order, rows without a score last in input order. With direction `none` there are no ranks. */
export function rankRows(rows: readonly ScoredRow[], direction: MetricDefinition['direction']): readonly RankedRow[] {
  const inOrder = rows.toSorted((a, b) => a.index - b.index);
  if (direction === 'none') return inOrder.map((row) => ({ ...row, rank: null }));
  const sign = direction === 'lower' ? 1 : -1;
  const ranked: RankedRow[] = [];
  const scored = inOrder.flatMap(({ index, score }) => (score !== null && Number.isFinite(score) ? [{ index, score }] : []));
  for (const row of scored.sort((a, b) => sign * (a.score - b.score) || a.index - b.index)) {
    const before = ranked.at(-1);
    ranked.push({ ...row, rank: before?.score === row.score ? before.rank : ranked.length + 1 });
  }
  const unscored = inOrder.filter(({ score }) => score === null || !Number.isFinite(score));
  return [...ranked, ...unscored.map((row) => ({ ...row, rank: null }))];
}
