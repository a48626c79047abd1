import { useQuery } from '@tanstack/react-query';
import { jobsQuery } from './jobs.ts';

export interface Running {
  readonly jobs: number;
  /** Rows of the running jobs, and how many of them are final. */
  readonly total: number;
  readonly final: number;
}

/** What runs now, for the top line. */
export function useRunning(): Running | undefined {
  const { data } = useQuery(jobsQuery({ status: 'running', limit: 100 }));
  if (!data) return undefined;
  let total = 0;
  let final = 0;
  for (const { progress } of data.jobs) {
    total += progress.total;
    final += progress.completed + progress.failed + progress.cancelled;
  }
  return { jobs: data.total, total, final };
}
