/** A job, kept current by its events. */
import type { JobDetail, JobEvent } from '@omtx/contract';
import { queryOptions, useQuery, type QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { hub, queryClient } from '../../../lib/hub.ts';
import type { RowFilter } from '../batch-search.ts';
import { rowStoreOf } from './row-store.ts';
import { loadColumns, loadOrder } from './rows.ts';

/** A running batch changes several times a second; a person reads slower. */
const RENEW_MS = 1_500;

export function jobQuery(jobId: string) {
  return queryOptions({ queryKey: ['job', jobId], queryFn: () => hub.getJob(jobId), staleTime: Number.POSITIVE_INFINITY });
}

export function isFinal({ status }: Pick<JobDetail, 'status'>): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** The job and its events as they come; counters move with each event, rows and orders at most every 1.5 s. */
export function useLiveJob(jobId: string) {
  const job = useQuery(jobQuery(jobId));
  const isOpen = job.data !== undefined && !isFinal(job.data);
  useEffect(() => {
    if (!isOpen) return undefined;
    const ended = new AbortController();
    void follow(jobId, queryClient, ended.signal);
    return () => ended.abort();
  }, [jobId, isOpen]);
  return job;
}

async function follow(jobId: string, client: QueryClient, signal: AbortSignal): Promise<void> {
  const renewal = new Renewal(jobId, client);
  try {
    for await (const event of hub.watchJob(jobId, signal)) {
      client.setQueryData<JobDetail>(['job', jobId], (job) => job && withEvent(job, event));
      renewal.ask(event.rows, event.kind === 'finished');
    }
  } catch {
    // Aborted, or the job is gone: the query of the job says so.
  }
  if (!signal.aborted) await client.invalidateQueries({ queryKey: ['job', jobId] });
}

function withEvent(job: JobDetail, { status, progress, kind, at }: JobEvent): JobDetail {
  return {
    ...job,
    status,
    progress,
    ...(kind === 'finished' ? { finishedAt: at } : {}),
    startedAt: job.startedAt ?? (kind === 'started' ? at : null),
  };
}

/** Asks for what changed, not more often than a person can follow. */
class Renewal {
  readonly #jobId: string;
  readonly #client: QueryClient;
  readonly #rows = new Set<number>();
  #all = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(jobId: string, client: QueryClient) {
    this.#jobId = jobId;
    this.#client = client;
  }

  ask(rows: readonly number[], now: boolean): void {
    if (rows.length === 0) this.#all = true;
    for (const row of rows) this.#rows.add(row);
    if (now) this.#renew();
    else this.#timer ??= setTimeout(() => this.#renew(), RENEW_MS);
  }

  #renew(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    rowStoreOf(this.#jobId).invalidate(this.#all ? [] : [...this.#rows]);
    this.#rows.clear();
    this.#all = false;
    for (const part of ['order', 'columns', 'row', 'statistics']) void this.#client.invalidateQueries({ queryKey: [part, this.#jobId] });
  }
}

export function orderQuery(jobId: string, filter: RowFilter) {
  return queryOptions({
    queryKey: ['order', jobId, filter],
    queryFn: () => loadOrder(jobId, filter),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
  });
}

export function columnsQuery(jobId: string, names: readonly string[]) {
  return queryOptions({
    queryKey: ['columns', jobId, names],
    queryFn: () => loadColumns(jobId, names),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
  });
}

export function rowQuery(jobId: string, index: number) {
  return queryOptions({ queryKey: ['row', jobId, index], queryFn: () => hub.getRow(jobId, index), staleTime: Number.POSITIVE_INFINITY });
}

/** Rows by reason, over all rows of the job. */
export function statisticsQuery(jobId: string) {
  return queryOptions({
    queryKey: ['statistics', jobId],
    queryFn: async () => (await hub.getBatch(jobId, { limit: 1 })).statistics,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
