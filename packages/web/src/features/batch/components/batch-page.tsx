import type { JobDetail, MetricDefinition } from '@omtx/contract';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { EmptyState, ErrorNote, SkeletonRows } from '../../../components/notes.tsx';
import { formatCount, plural } from '../../../lib/format.ts';
import { modelQuery } from '../../models/api/models.ts';
import { columnsQuery, isFinal, orderQuery } from '../api/job.ts';
import { useFormulaOrder } from '../api/use-formula-order.ts';
import { isFiltered, pinsOf, readFormulas, viewOf, type BatchSearch } from '../batch-search.ts';
import { useIsNarrow } from '../../../lib/preferences.ts';
import { allColumns, chosenColumns, narrowColumns, type Column } from '../columns.ts';
import { useSelection, type RowSelection } from '../selection.ts';
import { BatchHead } from './batch-head.tsx';
import { BatchToolbar } from './batch-toolbar.tsx';
import { RowPane } from './row-pane.tsx';
import { RowTable } from './row-table.tsx';

const Gallery = lazy(() => import('./gallery.tsx').then((module) => ({ default: module.Gallery })));
const Series = lazy(() => import('./series.tsx').then((module) => ({ default: module.Series })));
const Plots = lazy(() => import('./plots.tsx').then((module) => ({ default: module.Plots })));

export function BatchPage({ job }: { readonly job: JobDetail }) {
  const search = useSearch({ from: '/results/$jobId' });
  const change = useChange();
  const model = useQuery(modelQuery(job.modelId));
  const metrics = model.data?.metrics ?? NO_METRICS;
  const { all, shown } = useColumns(job, search, metrics);
  const order = useQuery(orderQuery(job.id, viewOf(search)));
  const indexes = useFormulaOrder(job.id, order.data?.indexes, search.sort, all);
  const selection = useSelection();
  const [hasPane, setPane] = useState(true);
  const current = search.row ?? indexes?.[0];
  return (
    <div className="flex min-h-0 flex-1 flex-col md:h-[calc(100dvh-3rem)] md:flex-none">
      <BatchHead
        job={job}
        search={search}
        selected={selection.selected}
        showOutcome={(outcome) => change({ outcome, code: undefined })}
        showCode={(code) => change({ code, outcome: undefined })}
      />
      <div className="flex min-h-0 flex-1 flex-col md:flex-row">
        <section aria-label="Rows" className="flex min-h-[24rem] min-w-0 flex-1 flex-col">
          <BatchToolbar
            jobId={job.id}
            search={search}
            change={change}
            metrics={metrics}
            all={all}
            shown={shown}
            count={countWords(selection.selected.size, isFiltered(search) ? indexes?.length : undefined)}
            hasPane={hasPane}
            togglePane={() => setPane(!hasPane)}
          />
          {order.isError ? (
            <div className="p-4">
              <ErrorNote error={order.error} retry={() => void order.refetch()} />
            </div>
          ) : !indexes || !model.data ? (
            <SkeletonRows count={12} height={48} />
          ) : indexes.length === 0 ? (
            <NoRows isFiltered={isFiltered(search)} />
          ) : (
            <Rows
              job={job}
              indexes={indexes}
              metrics={metrics}
              columns={shown}
              current={current}
              search={search}
              change={change}
              selection={selection}
            />
          )}
        </section>
        {hasPane && current !== undefined && (
          <div className="border-line min-h-0 border-t md:w-[23.5rem] md:shrink-0 md:border-t-0 md:border-l">
            <RowPane job={job} index={current} pins={pinsOf(search)} metrics={metrics} />
          </div>
        )}
      </div>
    </div>
  );
}

/** Every column, and those that are shown: of the address, else as the model and the width of the screen have them. */
function useColumns(job: JobDetail, search: BatchSearch, metrics: readonly MetricDefinition[]) {
  const isNarrow = useIsNarrow();
  const all = useMemo(() => allColumns(metrics, readFormulas(search.formulas)), [metrics, search.formulas]);
  const shown = useMemo(
    () => (isNarrow && search.columns === undefined ? narrowColumns(all, job.rankBy) : chosenColumns(all, search.columns, job.rankBy)),
    [all, search.columns, job.rankBy, isNarrow],
  );
  return { all, shown };
}

const NO_METRICS: readonly MetricDefinition[] = [];

function useChange(): (part: BatchSearch) => void {
  const navigate = useNavigate({ from: '/results/$jobId' });
  return useCallback((part) => void navigate({ search: (before) => ({ ...before, ...part }), replace: true }), [navigate]);
}

function countWords(selected: number, matching: number | undefined): string {
  if (selected > 0) return `${formatCount(selected)} selected`;
  return matching === undefined ? '' : plural(matching, 'row');
}

function NoRows({ isFiltered: hasFilter }: { readonly isFiltered: boolean }) {
  if (hasFilter) return <EmptyState title="No row passes the filters">Take a filter away, or widen its range.</EmptyState>;
  return <EmptyState title="No rows yet">They appear when the first ones are read.</EmptyState>;
}

interface RowsProps {
  readonly job: JobDetail;
  readonly indexes: Uint32Array;
  readonly metrics: readonly MetricDefinition[];
  readonly columns: readonly Column[];
  readonly current: number | undefined;
  readonly search: BatchSearch;
  readonly change: (part: BatchSearch) => void;
  readonly selection: RowSelection;
}

/** The rows in the chosen view. */
function Rows({ job, indexes, metrics, columns, current, search, change, selection }: RowsProps) {
  const navigate = useNavigate();
  const scoreRange = useScoreRange(job);
  const choose = useCallback((row: number) => change({ row }), [change]);
  const { pins = '' } = search;
  const pinned = useMemo(() => new Set(pinsOf({ pins: pins === '' ? undefined : pins })), [pins]);
  const togglePinned = (index: number): void => {
    const next = pinned.has(index) ? [...pinned].filter((pin) => pin !== index) : [...pinned, index];
    change({ pins: next.length === 0 ? undefined : next.join(',') });
  };
  if (search.view !== undefined && search.view !== 'table')
    return (
      <Suspense fallback={<SkeletonRows count={8} height={80} />}>
        {search.view === 'gallery' ? (
          <Gallery job={job} indexes={indexes} metrics={metrics} current={current} choose={choose} />
        ) : search.view === 'series' ? (
          <Series job={job} indexes={indexes} metrics={metrics} current={current} choose={choose} core={search.core} change={change} />
        ) : (
          <Plots
            job={job}
            indexes={indexes}
            metrics={metrics}
            current={current}
            choose={choose}
            selection={selection}
            search={search}
            change={change}
          />
        )}
      </Suspense>
    );
  return (
    <RowTable
      jobId={job.id}
      indexes={indexes}
      columns={columns}
      rankBy={job.rankBy}
      scoreRange={scoreRange}
      sort={search.sort}
      changeSort={(sort) => change({ sort })}
      current={current}
      choose={choose}
      selected={selection.selected}
      toggleSelected={selection.toggle}
      pinned={pinned}
      togglePinned={togglePinned}
      open={(index) => void navigate({ to: '/results/$jobId/rows/$index', params: { jobId: job.id, index: String(index) } })}
      highlight={search.substructure}
    />
  );
}

/** Least and greatest score, for the bars under the scores. */
function useScoreRange(job: JobDetail): readonly [number, number] | undefined {
  const names = useMemo(() => (job.rankBy === null ? [] : [job.rankBy]), [job.rankBy]);
  const columns = useQuery({ ...columnsQuery(job.id, names), enabled: names.length > 0 });
  const finished = isFinal(job);
  const { refetch } = columns;
  useEffect(() => {
    if (finished) void refetch();
  }, [finished, refetch]);
  return useMemo(() => {
    const scores = job.rankBy === null ? undefined : columns.data?.get(job.rankBy);
    if (!scores) return undefined;
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (const score of scores) {
      if (score < min) min = score;
      if (score > max) max = score;
    }
    return min <= max ? [min, max] : undefined;
  }, [columns.data, job.rankBy]);
}
