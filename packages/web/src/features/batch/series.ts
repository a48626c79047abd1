/** Rows that share a scaffold. Pure. */
import type { MetricDefinition, RowView } from '@omtx/contract';

export interface SeriesGroup {
  /** SMILES; empty for rows without a ring. */
  readonly scaffold: string;
  /** In the order of the view. */
  readonly members: readonly RowView[];
  /** The best value of the ranking metric; undefined where no member has one. */
  readonly best: number | undefined;
}

/** Largest first, then by the better best. @param scaffolds of `rows`, in order; null where a row has no readable molecule */
export function groupSeries(
  rows: readonly RowView[],
  scaffolds: readonly (string | null)[],
  metric: Pick<MetricDefinition, 'id' | 'direction'> | undefined,
): readonly SeriesGroup[] {
  const byScaffold = new Map<string, RowView[]>();
  rows.forEach((row, place) => {
    const scaffold = scaffolds[place];
    if (typeof scaffold !== 'string') return;
    const members = byScaffold.get(scaffold);
    if (members) members.push(row);
    else byScaffold.set(scaffold, [row]);
  });
  const sign = metric?.direction === 'higher' ? -1 : 1;
  return [...byScaffold]
    .map(([scaffold, members]) => ({ scaffold, members, best: metric && bestOf(members, metric) }))
    .sort((a, b) => b.members.length - a.members.length || sign * ((a.best ?? Infinity * sign) - (b.best ?? Infinity * sign)));
}

function bestOf(rows: readonly RowView[], { id, direction }: Pick<MetricDefinition, 'id' | 'direction'>): number | undefined {
  const values = rows.flatMap(({ metrics }) => metrics[id] ?? []);
  if (values.length === 0) return undefined;
  return direction === 'higher' ? Math.max(...values) : Math.min(...values);
}

/** R1 before R2 before R10. */
export function groupNames(groups: readonly Readonly<Record<string, string>>[]): readonly string[] {
  const names = new Set(groups.flatMap((each) => Object.keys(each)));
  return [...names].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
}
