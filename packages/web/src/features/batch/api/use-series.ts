/** The first rows of a view with their molecules, by scaffold, and taken apart on a core. */
import type { JobDetail, MetricDefinition, RowView } from '@omtx/contract';
import { useQuery } from '@tanstack/react-query';
import { findRGroups, findScaffolds } from '../../../lib/molecules/molecules.ts';
import { smilesOf } from '../columns.ts';
import { groupSeries } from '../series.ts';
import { loadRows } from './rows.ts';

/** Rows that are looked at: the first of the view. */
export const MOST_IN_SERIES = 2_000;
const CHUNK = 1_000;

/** @param version of the order, so that rows are read anew when the view changes */
export function useSeriesRows(job: JobDetail, indexes: Uint32Array) {
  const first = indexes.subarray(0, MOST_IN_SERIES);
  return useQuery({
    queryKey: ['series', job.id, job.updatedAt, first.length, digestOf(first)],
    queryFn: async () => {
      const rows: RowView[] = [];
      for (let from = 0; from < first.length; from += CHUNK)
        rows.push(...(await loadRows(job.id, [...first.subarray(from, from + CHUNK)])));
      return rows.filter((row) => row.outcome !== 'rejected' && smilesOf(row) !== undefined);
    },
    placeholderData: (before) => before,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useSeriesGroups(
  rows: readonly RowView[] | undefined,
  key: number,
  metric: MetricDefinition | undefined,
  isWanted: boolean,
) {
  return useQuery({
    queryKey: ['scaffolds', key, rows?.length ?? 0, metric?.id ?? ''],
    queryFn: async ({ signal }) => {
      const known = rows ?? [];
      const scaffolds = await findScaffolds(
        known.map((row) => smilesOf(row) ?? ''),
        signal,
      );
      return groupSeries(known, scaffolds, metric);
    },
    enabled: rows !== undefined && isWanted,
  });
}

export function useRGroups(rows: readonly RowView[] | undefined, key: number, core: string | undefined) {
  return useQuery({
    queryKey: ['rgroups', key, rows?.length ?? 0, core ?? ''],
    queryFn: () =>
      findRGroups(
        core ?? '',
        (rows ?? []).map((row) => smilesOf(row) ?? ''),
      ),
    enabled: rows !== undefined && core !== undefined,
  });
}

function digestOf(indexes: Uint32Array): number {
  let hash = 17;
  for (const index of indexes) hash = (hash * 31 + index) | 0;
  return hash;
}
