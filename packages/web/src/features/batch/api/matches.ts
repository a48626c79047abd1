/** The count of a search by structure, asked for until it is done. */
import { queryOptions } from '@tanstack/react-query';
import { hub } from '../../../lib/hub.ts';

export interface Structures {
  readonly substructure?: string | undefined;
  readonly similarTo?: string | undefined;
}

/** The answer comes within a quarter of a second, so the next question may follow at once. */
const AGAIN_MS = 100;

export function matchesQuery(jobId: string, { substructure, similarTo }: Structures) {
  return queryOptions({
    queryKey: ['job', jobId, 'matches', substructure, similarTo],
    queryFn: () => hub.countRowMatches(jobId, { ...(substructure && { substructure }), ...(similarTo && { similarTo }) }),
    enabled: substructure !== undefined || similarTo !== undefined,
    refetchInterval: ({ state }) => (state.data && !state.data.isDone ? AGAIN_MS : false),
    retry: false,
  });
}
