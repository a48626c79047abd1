/** Pages of jobs: filters of any kind together, several orders, true totals. */
import type { JobId, JobStatus, OwnerId } from '@omtx/contract';
import { sql, type RawBuilder } from 'kysely';
import type { Database } from './database.ts';
import { jobSummary, type StoredJob } from './read-jobs.ts';
import { matchedJobs, type SearchTerms } from './search/match.ts';
import { countKeptJobs } from './tallies.ts';

export interface JobFilter {
  readonly status?: JobStatus | undefined;
  readonly jobType?: 'individual' | 'batch_parent' | undefined;
  readonly taskType?: string | undefined;
  readonly modelId?: string | undefined;
  /** Part of the name, in any case. */
  readonly name?: string | undefined;
  readonly tag?: string | undefined;
  readonly project?: string | undefined;
  /** Half-open: from the first moment on, before the second. */
  readonly createdFrom?: string | undefined;
  readonly createdBefore?: string | undefined;
  /** Of the best row, both ends in the range. */
  readonly minScore?: number | undefined;
  readonly maxScore?: number | undefined;
  readonly search?: SearchTerms | undefined;
}

export interface JobOrder {
  /** `created`, `updated`, `name`, `duration`, `score`, a metric of the best row, or `relevance` where something is searched. */
  readonly key: string;
  readonly descending: boolean;
}

export const NEWEST_FIRST: JobOrder = { key: 'created', descending: true };
export const BEST_MATCH_FIRST: JobOrder = { key: 'relevance', descending: false };

export interface JobPage {
  readonly jobs: readonly StoredJob[];
  /** Of all that pass the filter. */
  readonly total: number;
}

/** @param owner `all`: jobs of every owner, for the operator @param place offset, or the job after which the page begins (by creation only) */
export async function listJobs(
  db: Database,
  owner: OwnerId | 'all',
  filter: JobFilter,
  limit: number,
  place: { readonly offset: number } | { readonly after: JobId },
  order: JobOrder = NEWEST_FIRST,
): Promise<JobPage> {
  const conditions = conditionsOf(owner, filter);
  const offset = 'offset' in place ? place.offset : 0;
  const page = 'after' in place ? [...conditions, behind(place.after, order)] : conditions;
  const chosen =
    order.key === 'relevance' && owner !== 'all' && isSearchAlone(filter)
      ? bestMatches(owner, filter.search)
      : sql`select jobs.id, null::int as found from ${jobsMatching(owner, filter)} where ${sql.join(page, sql` and `)} order by ${orderBy(order)}`;
  // The page is chosen by the index alone; only its jobs are read in full.
  const { rows } = await sql<StoredJob & { readonly found: number | null }>`
    with page as materialized (
      select id, found, row_number() over () as place from (${chosen} limit ${limit} offset ${offset}) chosen
    )
    select ${jobSummary}, page.found from page join jobs on jobs.id = page.id order by page.place`.execute(db);
  const jobs = rows.map(({ found: _, ...job }) => job);
  const isWhole = offset === 0 && 'offset' in place && jobs.length < limit;
  const total = isWhole ? jobs.length : rows[0]?.found;
  return { jobs, total: total ?? (await countJobs(db, owner, filter, conditions)) };
}

function isSearchAlone(filter: JobFilter): filter is { readonly search: SearchTerms } {
  const { search, ...others } = filter;
  return search !== undefined && Object.values(others).every((value) => value === undefined || value === '');
}

/** Counted and ranked in one pass, without a look at the jobs, for words that many of them have. Ids are by time. */
function bestMatches(owner: OwnerId, search: SearchTerms): RawBuilder<unknown> {
  return sql`select job_id as id, count(*) over ()::int as found from ${matchedJobs(owner, search)} matched order by rank desc, job_id desc`;
}

/** Those of the ids that are jobs of the owner. */
export async function findJobIds(db: Database, owner: OwnerId, ids: readonly JobId[]): Promise<readonly JobId[]> {
  const { rows } = await sql<{ id: JobId }>`select id from jobs where id = any (${ids}::uuid[]) and owner = ${owner}`.execute(db);
  return rows.map(({ id }) => id);
}

/** Totals over status, type, task and model are kept; anything else is counted. */
async function countJobs(
  db: Database,
  owner: OwnerId | 'all',
  filter: JobFilter,
  conditions: readonly RawBuilder<unknown>[],
): Promise<number> {
  const { status, jobType, taskType, modelId, ...others } = filter;
  if (Object.values(others).every((value) => value === undefined || value === '')) {
    return countKeptJobs(db, owner, { status, jobTypes: jobType && [jobType], taskType, modelId });
  }
  const { rows } = await sql<{ total: number }>`
    select count(*)::int as total from ${jobsMatching(owner, filter)} where ${sql.join([...conditions], sql` and `)}`.execute(db);
  return rows[0]?.total ?? 0;
}

/** Jobs, beside what was found of each where something is searched. */
function jobsMatching(owner: OwnerId | 'all', { search }: JobFilter): RawBuilder<unknown> {
  if (search === undefined) return sql`jobs`;
  if (owner === 'all') throw new Error('a search is of one owner');
  return sql`${matchedJobs(owner, search)} matched join jobs on jobs.id = matched.job_id`;
}

function conditionsOf(owner: OwnerId | 'all', filter: JobFilter): readonly RawBuilder<unknown>[] {
  const { status, jobType, taskType, modelId, name, tag, project, createdFrom, createdBefore, minScore, maxScore } = filter;
  const conditions: RawBuilder<unknown>[] = [owner === 'all' ? sql`true` : sql`owner = ${owner}`];
  if (status !== undefined) conditions.push(sql`status = ${status}`);
  if (jobType !== undefined) conditions.push(sql`job_type = ${jobType}`);
  if (taskType !== undefined) conditions.push(sql`task_type = ${taskType}`);
  if (modelId !== undefined) conditions.push(sql`model_id = ${modelId}`);
  if (name !== undefined && name !== '') conditions.push(sql`name ilike ${containing(name)}`);
  if (tag !== undefined) conditions.push(sql`tags @> ${[tag]}::text[]`);
  if (project !== undefined) conditions.push(sql`project = ${project}`);
  if (createdFrom !== undefined) conditions.push(sql`created_at >= ${createdFrom}::timestamptz`);
  if (createdBefore !== undefined) conditions.push(sql`created_at < ${createdBefore}::timestamptz`);
  if (minScore !== undefined) conditions.push(sql`best_score >= ${minScore}::float8`);
  if (maxScore !== undefined) conditions.push(sql`best_score <= ${maxScore}::float8`);
  return conditions;
}

function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** Ids are UUIDv7, but ingest may commit out of order: the creation time is what a reader sees. */
function behind(after: JobId, { descending }: JobOrder): RawBuilder<unknown> {
  return sql`(created_at, id) ${descending ? sql`<` : sql`>`} (select created_at, id from jobs where id = ${after})`;
}

function orderBy({ key, descending }: JobOrder): RawBuilder<unknown> {
  const down = descending ? sql`desc` : sql`asc`;
  switch (key) {
    case 'relevance':
      return sql`matched.rank ${descending ? sql`asc` : sql`desc`}, created_at desc, id desc`;
    case 'created':
      return sql`created_at ${down}, id ${down}`;
    case 'updated':
      return sql`updated_at ${down}, id ${down}`;
    case 'name':
      return sql`lower(name) ${down}, id ${down}`;
    case 'duration':
      return sql`(finished_at - started_at) ${down} nulls last, id ${down}`;
    case 'score':
      return sql`best_score ${down} nulls last, id ${down}`;
    default:
      return sql`(best_metrics -> ${key})::float8 ${down} nulls last, id ${down}`;
  }
}
