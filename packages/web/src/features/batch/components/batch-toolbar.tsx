/** Above the rows: how they are shown, which of them, how many. */
import type { MetricDefinition } from '@omtx/contract';
import { IconButton } from '../../../components/button.tsx';
import { Segmented } from '../../../components/segmented.tsx';
import type { BatchSearch, BatchView } from '../batch-search.ts';
import type { Column } from '../columns.ts';
import { ColumnMenu } from './column-menu.tsx';
import { FilterBar } from './filter-bar.tsx';

export interface BatchToolbarProps {
  readonly jobId: string;
  readonly search: BatchSearch;
  readonly change: (part: BatchSearch) => void;
  readonly metrics: readonly MetricDefinition[];
  readonly all: readonly Column[];
  readonly shown: readonly Column[];
  /** How many rows, in words. */
  readonly count: string;
  readonly hasPane: boolean;
  readonly togglePane: () => void;
}

const VIEWS = [
  ['table', 'Table'],
  ['gallery', 'Gallery'],
  ['series', 'Series'],
  ['plots', 'Plots'],
] as const satisfies readonly (readonly [BatchView, string])[];

export function BatchToolbar({ jobId, search, change, metrics, all, shown, count, hasPane, togglePane }: BatchToolbarProps) {
  const view = search.view ?? 'table';
  return (
    <div className="border-line no-print bg-surface-0 flex flex-wrap items-center gap-2 border-b px-4 py-2 md:px-5">
      <Segmented label="View" choices={VIEWS} value={view} choose={(next) => change({ view: next === 'table' ? undefined : next })} />
      <FilterBar jobId={jobId} search={search} metrics={metrics} change={change} />
      <span className="text-ink-3 ml-auto whitespace-nowrap">{count}</span>
      {view === 'table' && <ColumnMenu all={all} shown={shown} change={change} search={search} metrics={metrics} />}
      <IconButton icon="pane" label={hasPane ? 'Hide the pane' : 'Show the pane'} onClick={togglePane} aria-pressed={hasPane} />
    </div>
  );
}
