/** Hosts and queues, looked at again while the page is open. */
import { queryOptions } from '@tanstack/react-query';
import { hub } from '../../../lib/hub.ts';

const AGAIN_MS = 5_000;

export const workersQuery = queryOptions({ queryKey: ['workers'], queryFn: () => hub.listWorkers(), refetchInterval: AGAIN_MS });
export const queuesQuery = queryOptions({ queryKey: ['queues'], queryFn: () => hub.getQueues(), refetchInterval: AGAIN_MS });

export type Worker = Awaited<ReturnType<typeof hub.listWorkers>>['workers'][number];
export type Queues = Awaited<ReturnType<typeof hub.getQueues>>;
