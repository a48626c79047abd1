/** Distribution, metric against metric, and the rank plot; they and the table share one selection. */
import type { JobDetail, MetricDefinition } from '@omtx/contract';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef, type ReactNode } from 'react';
import { Button, IconButton } from '../../../components/button.tsx';
import { downloadSvg } from '../../../components/charts/export-chart.ts';
import { Histogram } from '../../../components/charts/histogram.tsx';
import { Scatter } from '../../../components/charts/scatter.tsx';
import { SkeletonRows } from '../../../components/notes.tsx';
import { formatCount } from '../../../lib/format.ts';
import { columnsQuery } from '../api/job.ts';
import { readRanges, writeRanges, type BatchSearch } from '../batch-search.ts';
import type { RowSelection } from '../selection.ts';

export interface PlotsProps {
  readonly job: JobDetail;
  readonly indexes: Uint32Array;
  readonly metrics: readonly MetricDefinition[];
  readonly current: number | undefined;
  readonly choose: (index: number) => void;
  readonly selection: RowSelection;
  readonly search: BatchSearch;
  readonly change: (part: BatchSearch) => void;
}

export function Plots(props: PlotsProps) {
  const { job, indexes, metrics, selection, search, change } = props;
  const yMetric = metrics.find(({ id }) => id === (search.y ?? job.rankBy)) ?? metrics[0];
  const xMetric = metrics.find(({ id }) => id === (search.x ?? 'heavy_atom_count')) ?? metrics[1] ?? metrics[0];
  const names = useMemo(
    () => [...new Set([xMetric?.id, yMetric?.id, job.rankBy].filter((id) => id !== undefined && id !== null)), 'rank'],
    [xMetric, yMetric, job.rankBy],
  );
  const columns = useQuery(columnsQuery(job.id, names));
  if (!columns.data || !xMetric || !yMetric) return <SkeletonRows count={6} height={60} />;
  const column = (id: string) => columns.data.get(id) ?? new Float32Array();
  const [x, y, rank] = [column(xMetric.id), column(yMetric.id), column('rank')];
  const shownY = Float32Array.from(indexes, (index) => y[index] ?? Number.NaN);
  const selectedY = selection.selected.size === 0 ? undefined : [...selection.selected].map((index) => y[index] ?? Number.NaN);
  return (
    <div className="thin-scroll grid min-h-0 flex-1 content-start gap-4 overflow-auto p-4">
      {selection.selected.size > 0 && <SelectionLine {...props} y={y} metric={yMetric} />}
      <Chart
        title={`${yMetric.label} against ${xMetric.label}`}
        controls={<AxisChoices metrics={metrics} x={xMetric.id} y={yMetric.id} change={change} />}
      >
        <Scatter
          x={x}
          y={y}
          indexes={indexes}
          xLabel={labelOf(xMetric)}
          yLabel={labelOf(yMetric)}
          selected={selection.selected}
          select={selection.set}
          current={props.current}
          choose={props.choose}
        />
      </Chart>
      <div className="grid gap-4 xl:grid-cols-2">
        <Chart title={`Distribution of ${yMetric.label}`}>
          <Histogram
            values={shownY}
            selected={selectedY}
            label={labelOf(yMetric)}
            chooseRange={(from, to) =>
              change({
                where: writeRanges([
                  ...readRanges(search.where).filter(({ metric }) => metric !== yMetric.id),
                  { metric: yMetric.id, from, to },
                ]),
              })
            }
          />
        </Chart>
        <Chart title={`${yMetric.label} by rank`}>
          <Scatter
            x={rank}
            y={y}
            indexes={indexes}
            xLabel="rank"
            yLabel={labelOf(yMetric)}
            selected={selection.selected}
            select={selection.set}
            current={props.current}
            choose={props.choose}
            height={200}
          />
        </Chart>
      </div>
    </div>
  );
}

function labelOf({ label, unit }: MetricDefinition): string {
  return unit === '' ? label : `${label}, ${unit}`;
}

function Chart({ title, controls, children }: { readonly title: string; readonly controls?: ReactNode; readonly children: ReactNode }) {
  const body = useRef<HTMLElement>(null);
  const save = (): void => {
    const svg = body.current?.querySelector('svg[role="img"], svg');
    if (svg instanceof SVGSVGElement) downloadSvg(svg, title);
  };
  return (
    <section ref={body} className="panel min-w-0">
      <div className="border-line flex flex-wrap items-center gap-2 border-b px-3 py-1.5">
        <h2 className="min-w-0 flex-1 truncate font-medium">{title}</h2>
        {controls}
        <IconButton icon="download" label={`Download ${title} as SVG`} onClick={save} />
      </div>
      <div className="p-2">{children}</div>
    </section>
  );
}

function AxisChoices({
  metrics,
  x,
  y,
  change,
}: {
  readonly metrics: readonly MetricDefinition[];
  readonly x: string;
  readonly y: string;
  readonly change: (part: BatchSearch) => void;
}) {
  const choice = (axis: 'x' | 'y', value: string) => (
    <label className="text-ink-2 flex items-center gap-1.5">
      {axis === 'x' ? 'across' : 'up'}
      <select
        className="field !w-auto !py-0.5 !text-sm"
        value={value}
        onChange={({ target }) => change(axis === 'x' ? { x: target.value } : { y: target.value })}
      >
        {metrics.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <>
      {choice('y', y)}
      {choice('x', x)}
    </>
  );
}

/** What the lasso holds, and how to keep to it. */
function SelectionLine({
  selection,
  change,
  search,
  y,
  metric,
}: PlotsProps & { readonly y: Float32Array; readonly metric: MetricDefinition }) {
  const values = [...selection.selected].map((index) => y[index] ?? Number.NaN).filter(Number.isFinite);
  const range = { metric: metric.id, from: Math.min(...values), to: Math.max(...values) };
  return (
    <div className="panel flex flex-wrap items-center gap-2 px-3 py-2">
      <span className="flex-1">{formatCount(selection.selected.size)} rows selected; they are marked in the table too.</span>
      <Button onClick={() => selection.set(new Set())}>Clear</Button>
      <Button
        onClick={() =>
          change({ where: writeRanges([...readRanges(search.where).filter((each) => each.metric !== metric.id), range]), view: undefined })
        }
      >
        Show rows in this range of {metric.label}
      </Button>
    </div>
  );
}
