/** The order of a view by a column of one's own, worked out here from whole columns of metrics. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { readSort } from '../batch-search.ts';
import type { Column } from '../columns.ts';
import { columnsQuery } from './job.ts';

const NO_METRICS: readonly string[] = [];

/** @returns `indexes` as they are where no formula sorts them, or while its columns are on their way */
export function useFormulaOrder(
  jobId: string,
  indexes: Uint32Array | undefined,
  sort: string | undefined,
  columns: readonly Column[],
): Uint32Array | undefined {
  const [first] = readSort(sort);
  const formula = columns.find((column) => column.formula !== undefined && column.sortKey === first?.key)?.formula;
  const names = formula?.metrics ?? NO_METRICS;
  const values = useQuery({ ...columnsQuery(jobId, names), enabled: names.length > 0 });
  const isDescending = first?.isDescending === true;
  return useMemo(() => {
    const found = values.data;
    if (!indexes || !formula || !found) return indexes;
    return sortByFormula(indexes, (row) => formula.evaluate((metric) => found.get(metric)?.[row] ?? Number.NaN), isDescending);
  }, [indexes, formula, values.data, isDescending]);
}

/** Rows without a value last, whichever way; equal ones stay as they were. */
export function sortByFormula(indexes: Uint32Array, valueOf: (row: number) => number, isDescending: boolean): Uint32Array {
  const values = new Float64Array(indexes.length);
  indexes.forEach((row, place) => (values[place] = valueOf(row)));
  const sign = isDescending ? -1 : 1;
  const places = Uint32Array.from(indexes.keys()).sort((a, b) => {
    const [x = Number.NaN, y = Number.NaN] = [values[a], values[b]];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
    return sign * (x - y) || a - b;
  });
  return places.map((place) => indexes[place] ?? 0);
}
