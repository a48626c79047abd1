/** Statistics from tallies. Pure. */
import type { ModelStatistics, Statistics, TimeSummary } from '@omtx/contract';

export interface Counted {
  readonly kind: string;
  readonly jobType: string;
  readonly taskType: string;
  readonly modelId: string;
  readonly status: string;
  /** A day since 2000-01-01, or a bucket of milliseconds. */
  readonly bucket: number;
  readonly n: number;
  readonly totalMs: number;
}

/** Ratio of two neighbouring buckets; the same as in the database's `time_bucket`. */
const BUCKET_RATIO = 1.09;
const DAY_ZERO_MS = Date.UTC(2000, 0, 1);
const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS_SHOWN = 30;

export function statisticsOf(tallies: readonly Counted[]): Statistics {
  const of = (kind: string): readonly Counted[] => tallies.filter((tally) => tally.kind === kind);
  const jobs = of('jobs');
  const rows = of('rows');
  return {
    jobs: {
      total: sum(jobs),
      byStatus: sumsBy(jobs, ({ status }) => status),
      byJobType: sumsBy(jobs, ({ jobType }) => jobType),
      byTaskType: sumsBy(jobs, ({ taskType }) => taskType),
      byModel: sumsBy(jobs, ({ modelId }) => modelId),
    },
    rows: outcomesOf(rows),
    successRate: successRate(rows),
    jobSeconds: timeSummary(of('job_time')),
    queueSeconds: timeSummary(of('queue_time')),
    computeSeconds: seconds(of('row_time')),
    models: modelsOf(tallies),
    days: daysOf(of('created'), of('finished')),
  };
}

function modelsOf(tallies: readonly Counted[]): ModelStatistics[] {
  const ids = [...new Set(tallies.flatMap(({ kind, modelId }) => (kind === 'jobs' ? [modelId] : [])))].sort();
  return ids.map((modelId) => {
    const of = (kind: string): readonly Counted[] => tallies.filter((tally) => tally.kind === kind && tally.modelId === modelId);
    return {
      modelId,
      jobs: sum(of('jobs')),
      rows: outcomesOf(of('rows')).total,
      successRate: successRate(of('rows')),
      jobSeconds: timeSummary(of('job_time')),
      rowSeconds: timeSummary(of('row_time')),
      queueSeconds: timeSummary(of('queue_time')),
      computeSeconds: seconds(of('row_time')),
    };
  });
}

function outcomesOf(rows: readonly Counted[]): Statistics['rows'] {
  const { total = 0, ...byOutcome } = sumsBy(rows, ({ status }) => status);
  return { total, byOutcome };
}

function successRate(rows: readonly Counted[]): number | null {
  const { completed = 0, failed = 0, rejected = 0 } = sumsBy(rows, ({ status }) => status);
  const ran = completed + failed - rejected;
  return ran > 0 ? completed / ran : null;
}

/** The mean from the sums, percentiles from the middles of their buckets. */
export function timeSummary(histogram: readonly Counted[]): TimeSummary {
  const inOrder = histogram.toSorted((a, b) => a.bucket - b.bucket);
  const count = sum(inOrder);
  if (count <= 0) return { count: 0, mean: null, p50: null, p95: null };
  return { count, mean: seconds(inOrder) / count, p50: percentile(inOrder, count, 0.5), p95: percentile(inOrder, count, 0.95) };
}

/** Nearest rank. */
function percentile(inOrder: readonly Counted[], count: number, share: number): number {
  const rank = Math.max(1, Math.ceil(share * count));
  let seen = 0;
  for (const { bucket, n } of inOrder) {
    seen += n;
    if (seen >= rank) return BUCKET_RATIO ** (bucket + 0.5) / 1_000;
  }
  return 0;
}

function daysOf(created: readonly Counted[], finished: readonly Counted[]): Statistics['days'] {
  const numbers = [...new Set([...created, ...finished].map(({ bucket }) => bucket))].sort((a, b) => b - a).slice(0, DAYS_SHOWN);
  return numbers.map((number) => {
    const ended = sumsBy(
      finished.filter(({ bucket }) => bucket === number),
      ({ status }) => status,
    );
    return {
      day: new Date(DAY_ZERO_MS + number * DAY_MS).toISOString().slice(0, 10),
      created: sum(created.filter(({ bucket }) => bucket === number)),
      completed: ended['completed'] ?? 0,
      failed: ended['failed'] ?? 0,
      cancelled: ended['cancelled'] ?? 0,
    };
  });
}

/** Jobs created in the last `days` days, today among them. */
export function createdSince(tallies: readonly Counted[], now: Date, days: number): number {
  const today = Math.floor((now.getTime() - DAY_ZERO_MS) / DAY_MS);
  return sum(tallies.filter(({ kind, bucket }) => kind === 'created' && bucket > today - days));
}

function sum(tallies: readonly Counted[]): number {
  return tallies.reduce((total, { n }) => total + n, 0);
}

function seconds(tallies: readonly Counted[]): number {
  return tallies.reduce((total, { totalMs }) => total + totalMs, 0) / 1_000;
}

function sumsBy(tallies: readonly Counted[], keyOf: (tally: Counted) => string): Record<string, number> {
  const sums = new Map<string, number>();
  for (const tally of tallies) sums.set(keyOf(tally), (sums.get(keyOf(tally)) ?? 0) + tally.n);
  return Object.fromEntries([...sums].filter(([, n]) => n !== 0));
}
