/** The one client of the page: the hub that served it. */
import { OmtxClient, OmtxProblem, OmtxUnreachable } from '@omtx/client';
import { QueryClient } from '@tanstack/react-query';

export const hub = new OmtxClient({ baseUrl: globalThis.location?.origin ?? 'http://localhost', fetch: (...args) => fetch(...args) });

const STALE_MS = 5_000;
const TRIES = 2;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: STALE_MS,
      // What the hub refuses stays refused; a hub that does not answer may be starting.
      retry: (failures, error) => error instanceof OmtxUnreachable && failures < TRIES,
      retryDelay: 500,
    },
  },
});

export interface ErrorInWords {
  readonly title: string;
  readonly detail: string;
}

/** What happened and what to do, for any error that a request may end with. */
export function explainError(error: unknown): ErrorInWords {
  if (error instanceof OmtxProblem) return { title: error.problem.title, detail: error.problem.detail };
  if (error instanceof OmtxUnreachable)
    return {
      title: 'The hub does not answer',
      detail: 'Check that it runs (npm start) and that this address is right. The page tries again by itself.',
    };
  return { title: 'The page met a fault of its own', detail: error instanceof Error ? error.message : String(error) };
}
