/** Lists of jobs and statistics over them, kept for the version of their owner. */
import { HubError, type JobSummary, type Statistics } from '@omtx/contract';
import { createdSince, statisticsOf } from '../domain/statistics.ts';
import { BEST_MATCH_FIRST, listJobs, NEWEST_FIRST, type JobFilter, type JobOrder } from '../storage/list-jobs.ts';
import { readOwnerVersion, readTallies, type TallyKind } from '../storage/tallies.ts';
import type { HubContext, Principal } from './context.ts';
import { presentJob } from './present.ts';
import { jobIdOf } from './read-jobs.ts';
import { readSearch, type Correction } from './search.ts';

interface JobsPage {
  readonly jobs: readonly JobSummary[];
  readonly nextCursor: string | null;
  readonly total: number;
  /** Words of the search that no job has, and what was looked for in their place. */
  readonly corrections: Correction[];
}

const ALL_KINDS: readonly TallyKind[] = ['jobs', 'rows', 'created', 'finished', 'job_time', 'queue_time', 'row_time'];
const METRIC = /^[a-z0-9][a-z0-9_.-]{0,63}$/;

export interface JobsQuery extends Omit<JobFilter, 'search'> {
  readonly search?: string | undefined;
  readonly sort?: string | undefined;
  readonly limit: number;
  /** Of the page before; behind a job where the order is that of creation, else behind a number of jobs. */
  readonly cursor?: string | undefined;
  /** Number of the page, from 1 on, in place of a cursor. */
  readonly page?: number | undefined;
}

/** @throws HubError invalid_query */
export async function readJobs(
  ctx: HubContext,
  principal: Principal,
  { sort, limit, cursor, page: pageNumber = 1, search: text, ...filter }: JobsQuery,
): Promise<JobsPage> {
  const order = orderOf(sort, text);
  const byCreation = order.key === 'created' && pageNumber === 1;
  const offset = cursor === undefined || byCreation ? (pageNumber - 1) * limit : numberOf(cursor);
  const place = cursor !== undefined && byCreation ? { after: jobIdOf(cursor) } : { offset };
  let isWhole = true;
  const load = async (): Promise<JobsPage> => {
    const search = await readSearch(ctx, principal, text);
    isWhole = search?.isPartial !== true;
    const { jobs, total } = await listJobs(ctx.db, principal.owner, { ...filter, search }, limit + 1, place, order);
    const page = jobs.slice(0, limit).map(presentJob);
    const next = byCreation ? page.at(-1)?.id : String(offset + limit);
    return { jobs: page, nextCursor: jobs.length > limit ? (next ?? null) : null, total, corrections: [...(search?.corrections ?? [])] };
  };
  return keep(ctx, principal, { filter, text, order, limit, place }, load, () => isWhole);
}

/** The version is read first, so what is kept under it is never older than it. */
async function keep(
  ctx: HubContext,
  { owner }: Principal,
  question: object,
  load: () => Promise<JobsPage>,
  isKept: () => boolean,
): Promise<JobsPage> {
  const version = await readOwnerVersion(ctx.db, owner);
  return ctx.caches.jobs.get({ owner, jobId: '', query: JSON.stringify(question), version }, load, isKept);
}

export async function readFullStatistics(ctx: HubContext, { owner }: Principal): Promise<Statistics> {
  const version = await readOwnerVersion(ctx.db, owner);
  const key = { owner, jobId: '', query: 'full', version };
  return ctx.caches.statistics.get(key, async () => statisticsOf(await readTallies(ctx.db, owner, ALL_KINDS)));
}

/** What the old lists show beside them. */
export interface JobStatistics {
  readonly total: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byJobType: Readonly<Record<string, number>>;
  readonly byTaskType: Readonly<Record<string, number>>;
  /** Created in the last 7 days. */
  readonly recent: number;
  /** Mean seconds from start to end of completed jobs. */
  readonly meanSeconds: number | null;
}

export async function readStatistics(ctx: HubContext, { owner }: Principal): Promise<JobStatistics> {
  const tallies = await readTallies(ctx.db, owner, ['jobs', 'created', 'job_time']);
  const { jobs, jobSeconds } = statisticsOf(tallies);
  return { ...jobs, recent: createdSince(tallies, new Date(), 7), meanSeconds: jobSeconds.mean };
}

function orderOf(sort: string | undefined, search = ''): JobOrder {
  const isSearched = search.trim() !== '';
  if (sort === undefined || sort === '') return isSearched ? BEST_MATCH_FIRST : NEWEST_FIRST;
  const key = sort.replace(/^[+-]/, '');
  if (key === 'relevance' && !isSearched)
    throw new HubError('invalid_query', 'sort: "relevance" needs a search', [{ pointer: 'sort', detail: 'only with `search`' }]);
  if (METRIC.test(key)) return { key, descending: sort.startsWith('-') };
  throw new HubError('invalid_query', `sort: "${sort.slice(0, 80)}" is neither a sort key nor a metric`, [
    { pointer: 'sort', detail: 'created, updated, name, duration, score, or a metric; `-` turns it around' },
  ]);
}

function numberOf(cursor: string): number {
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw new HubError('invalid_query', `cursor: "${cursor}" is none that a page of this order gave`, [
    { pointer: 'cursor', detail: 'unknown' },
  ]);
}
