/** Lists of jobs, kept current while something in them moves. */
import type { JobsQuery, JobsPage } from '@omtx/client';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { hub } from '../../../lib/hub.ts';

const MOVING_MS = 2_000;
const STILL_MS = 15_000;
const FIRST_PAGE: string | null = null;

export function isMoving(page: JobsPage | undefined): boolean {
  return page?.jobs.some(({ status }) => status === 'running' || status === 'pending') ?? false;
}

export function jobsQuery(query: JobsQuery) {
  return queryOptions({
    queryKey: ['jobs', query],
    queryFn: () => hub.listJobs(query),
    refetchInterval: ({ state }) => (isMoving(state.data) ? MOVING_MS : STILL_MS),
  });
}

export function allJobsQuery(query: Omit<JobsQuery, 'cursor' | 'limit'>) {
  return infiniteQueryOptions({
    queryKey: ['jobs', 'all', query],
    queryFn: ({ pageParam }) => hub.listJobs({ ...query, limit: 100, ...(pageParam === null ? {} : { cursor: pageParam }) }),
    initialPageParam: FIRST_PAGE,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: ({ state }) => (state.data?.pages.some(isMoving) === true ? MOVING_MS : STILL_MS),
  });
}
