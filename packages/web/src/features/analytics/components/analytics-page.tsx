import { useQuery } from '@tanstack/react-query';
import { scaleBand, scaleLinear } from 'd3-scale';
import { useMemo, useRef, type ReactNode } from 'react';
import { IconButton } from '../../../components/button.tsx';
import { downloadSvg } from '../../../components/charts/export-chart.ts';
import { FRAME } from '../../../components/charts/scales.ts';
import { useWidth } from '../../../components/charts/use-size.ts';
import { EmptyState, ErrorNote, SkeletonRows } from '../../../components/notes.tsx';
import { PageHead } from '../../../components/page-head.tsx';
import { formatCount, formatDuration } from '../../../lib/format.ts';
import { jobsQuery } from '../../results/api/jobs.ts';
import { jobsPerDay, useOfModels, type Day } from '../analytics.ts';

const DAYS = 30;
const MOST_JOBS = 1_000;

export function AnalyticsPage() {
  const jobs = useQuery(jobsQuery({ limit: MOST_JOBS }));
  const found = jobs.data?.jobs;
  const days = useMemo(() => (found ? jobsPerDay(found, DAYS, new Date()) : []), [found]);
  const models = useMemo(() => (found ? useOfModels(found) : []), [found]);
  const note =
    jobs.data && jobs.data.total > MOST_JOBS
      ? `Of the ${formatCount(MOST_JOBS)} newest of ${formatCount(jobs.data.total)} jobs.`
      : 'Of all your jobs.';
  return (
    <>
      <PageHead title="Analytics" note={note} />
      <div className="flex flex-col gap-4 px-4 pb-8 md:px-5">
        {jobs.isError ? (
          <ErrorNote error={jobs.error} retry={() => void jobs.refetch()} />
        ) : !found ? (
          <SkeletonRows count={6} height={60} />
        ) : found.length === 0 ? (
          <EmptyState title="Nothing to count yet">Jobs per day, success and times appear with the first job.</EmptyState>
        ) : (
          <>
            <Chart title={`Jobs per day, last ${String(DAYS)} days`}>
              <DayBars days={days} />
            </Chart>
            <section className="panel overflow-x-auto" tabIndex={0} role="region" aria-label="By model">
              <h2 className="border-line border-b px-3 py-2 font-medium">By model</h2>
              <table className="w-full">
                <thead className="text-ink-2 text-xs">
                  <tr className="border-line border-b">
                    {['Model', 'Jobs', 'Rows', 'Success', 'Time a row', 'Wait for a worker'].map((name, place) => (
                      <th key={name} className={`px-3 py-2 font-normal ${place === 0 ? 'text-left' : 'text-right'}`}>
                        {name}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {models.map((use) => (
                    <tr key={use.modelId} className="border-line border-b text-right last:border-b-0">
                      <td className="px-3 py-2 text-left font-medium">{use.modelId}</td>
                      <td className="px-3 py-2">{formatCount(use.jobs)}</td>
                      <td className="px-3 py-2">{formatCount(use.rows)}</td>
                      <td className="px-3 py-2">{use.successRate === undefined ? '—' : `${(100 * use.successRate).toFixed(1)} %`}</td>
                      <td className="px-3 py-2">{use.secondsPerRow === undefined ? '—' : formatDuration(use.secondsPerRow)}</td>
                      <td className="px-3 py-2">{use.waitSeconds === undefined ? '—' : formatDuration(use.waitSeconds)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
          </>
        )}
      </div>
    </>
  );
}

function Chart({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const body = useRef<HTMLElement>(null);
  const save = (): void => {
    const svg = body.current?.querySelector('svg[role="img"]');
    if (svg instanceof SVGSVGElement) downloadSvg(svg, title);
  };
  return (
    <section ref={body} className="panel">
      <div className="border-line flex items-center border-b px-3 py-1.5">
        <h2 className="flex-1 font-medium">{title}</h2>
        <IconButton icon="download" label={`Download ${title} as SVG`} onClick={save} />
      </div>
      <div className="p-2">{children}</div>
    </section>
  );
}

const PARTS = [
  ['completed', 'var(--ok)'],
  ['failed', 'var(--bad)'],
  ['other', 'var(--muted-mark)'],
] as const;

function DayBars({ days }: { readonly days: readonly Day[] }) {
  const { element, width } = useWidth<HTMLDivElement>(640);
  const height = 220;
  const floor = height - FRAME.bottom;
  const most = Math.max(1, ...days.map(({ completed, failed, other }) => completed + failed + other));
  const x = scaleBand(
    days.map(({ day }) => day),
    [FRAME.left, width - FRAME.right],
  ).padding(0.2);
  const y = scaleLinear([0, most], [floor, FRAME.top]).nice();
  const total = days.reduce((sum, { completed, failed, other }) => sum + completed + failed + other, 0);
  return (
    <div ref={element}>
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={`Jobs per day: ${formatCount(total)} in ${String(days.length)} days`}
        xmlns="http://www.w3.org/2000/svg"
      >
        <g fontSize="11" fill="var(--ink-3)" fontFamily="'Inter Variable', system-ui, sans-serif">
          {y
            .ticks(4)
            .filter(Number.isInteger)
            .map((tick) => (
              <g key={tick}>
                <line x1={FRAME.left} x2={width - FRAME.right} y1={y(tick)} y2={y(tick)} stroke="var(--line)" />
                <text x={FRAME.left - 6} y={y(tick)} dy="0.32em" textAnchor="end">
                  {tick}
                </text>
              </g>
            ))}
          {days.map(({ day }, place) =>
            place % 7 === (days.length - 1) % 7 ? (
              <text key={day} x={(x(day) ?? 0) + x.bandwidth() / 2} y={floor + 14} textAnchor="middle">
                {day.slice(5)}
              </text>
            ) : null,
          )}
        </g>
        {days.map((day) => {
          let below = 0;
          return (
            <g key={day.day}>
              <title>{`${day.day}: ${String(day.completed)} completed, ${String(day.failed)} failed, ${String(day.other)} other`}</title>
              {PARTS.map(([name, colour]) => {
                const from = below;
                below += day[name];
                return (
                  <rect
                    key={name}
                    x={x(day.day)}
                    width={x.bandwidth()}
                    y={y(below)}
                    height={Math.max(0, y(from) - y(below))}
                    fill={colour}
                  />
                );
              })}
            </g>
          );
        })}
      </svg>
    </div>
  );
}
