import type { ModelsQuery } from '@omtx/client';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { hub } from '../../../lib/hub.ts';

/** A model as the API describes it. */
export type ModelAnswer = Awaited<ReturnType<typeof hub.getModel>>;

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

export const modelsQuery = queryOptions({ queryKey: ['models'], queryFn: () => hub.listModels(), staleTime: MINUTE_MS });

/** Those that fit the filters; the ones before stay in view until the answer is there. */
export function catalogueQuery(filter: ModelsQuery) {
  return queryOptions({
    queryKey: ['models', 'catalogue', filter],
    queryFn: () => hub.listModels(filter),
    staleTime: MINUTE_MS,
    placeholderData: keepPreviousData,
  });
}

export function modelQuery(id: string) {
  return queryOptions({ queryKey: ['models', id], queryFn: () => hub.getModel(id), staleTime: MINUTE_MS });
}

export const tasksQuery = queryOptions({ queryKey: ['tasks'], queryFn: () => hub.listTasks(), staleTime: HOUR_MS });

export const metricsQuery = queryOptions({ queryKey: ['metrics'], queryFn: () => hub.listMetrics(), staleTime: HOUR_MS });
