/** What the jobs of an owner add up to. Pure. */
import type { JobSummary } from '@omtx/contract';

export interface Day {
  /** Such as 2026-11-25, in the reader's time zone. */
  readonly day: string;
  readonly completed: number;
  readonly failed: number;
  readonly other: number;
}

export interface ModelUse {
  readonly modelId: string;
  readonly jobs: number;
  readonly rows: number;
  /** 0..1: completed of completed and failed rows, rejected left out; undefined before the first. */
  readonly successRate: number | undefined;
  /** Median of (end - start) / rows over finished jobs; undefined before the first. */
  readonly secondsPerRow: number | undefined;
  /** Median of start - submission. */
  readonly waitSeconds: number | undefined;
}

const DAY_MS = 86_400_000;

/** Jobs by the day on which they were submitted, the last `days` of them, empty ones too. */
export function jobsPerDay(jobs: readonly JobSummary[], days: number, now: Date): readonly Day[] {
  const found = new Map(
    Array.from({ length: days }, (_, ago) => [
      dayOf(new Date(now.getTime() - (days - 1 - ago) * DAY_MS)),
      { completed: 0, failed: 0, other: 0 },
    ]),
  );
  for (const { createdAt, status } of jobs) {
    const day = found.get(dayOf(new Date(createdAt)));
    if (day) day[status === 'completed' || status === 'failed' ? status : 'other']++;
  }
  return [...found].map(([day, counts]) => ({ day, ...counts }));
}

function dayOf(time: Date): string {
  return [time.getFullYear(), String(time.getMonth() + 1).padStart(2, '0'), String(time.getDate()).padStart(2, '0')].join('-');
}

export function useOfModels(jobs: readonly JobSummary[]): readonly ModelUse[] {
  const uses = [...Map.groupBy(jobs, ({ modelId }) => modelId)].map(([modelId, own]) => useOf(modelId, own));
  return uses.sort((a, b) => b.rows - a.rows);
}

function useOf(modelId: string, jobs: readonly JobSummary[]): ModelUse {
  const sum = (pick: (job: JobSummary) => number) => jobs.reduce((total, job) => total + pick(job), 0);
  const completed = sum(({ progress }) => progress.completed - progress.reused);
  const failed = sum(({ progress }) => progress.failed - progress.rejected);
  return {
    modelId,
    jobs: jobs.length,
    rows: sum(({ progress }) => progress.total),
    successRate: completed + failed === 0 ? undefined : completed / (completed + failed),
    secondsPerRow: median(
      jobs.flatMap(({ startedAt, finishedAt, progress }) => {
        const ran = progress.completed - progress.reused + progress.failed - progress.rejected;
        return startedAt === null || finishedAt === null || ran === 0
          ? []
          : [(Date.parse(finishedAt) - Date.parse(startedAt)) / 1_000 / ran];
      }),
    ),
    waitSeconds: median(
      jobs.flatMap(({ startedAt, createdAt }) => (startedAt === null ? [] : [(Date.parse(startedAt) - Date.parse(createdAt)) / 1_000])),
    ),
  };
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
