/** Rows of a batch: the order of a view, rows by their indexes, whole columns for plots. */
import type { RowView } from '@omtx/contract';
import { hub } from '../../../lib/hub.ts';
import type { RowFilter } from '../batch-search.ts';

export interface RowOrder {
  readonly version: string;
  readonly indexes: Uint32Array;
}

export function loadOrder(jobId: string, filter: RowFilter): Promise<RowOrder> {
  return hub.rowOrder(jobId, { sort: 'rank', ...definedOf(filter) });
}

export async function loadRows(jobId: string, indexes: readonly number[]): Promise<readonly RowView[]> {
  return (await hub.rowsAt(jobId, indexes)).rows;
}

/** Values of all rows by their index for each name; NaN where a row has none. */
export async function loadColumns(jobId: string, names: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
  const { columns } = await hub.rowColumns(jobId, names);
  return new Map(names.map((name, place) => [name, columns[place] ?? new Float32Array()]));
}

function definedOf(filter: RowFilter): Record<string, string> {
  return Object.fromEntries(Object.entries(filter).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])));
}
