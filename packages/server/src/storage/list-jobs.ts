/** Pages of jobs: filters of any kind together, several orders, true totals. */
import type { JobId, JobStatus, OwnerId } from '@omtx/contract';
import { sql, type RawBuilder } from 'kysely';
import type { Database } from './database.ts';
import { jobSummary, type StoredJob } from './read-jobs.ts';
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
  /** Part of the name or of the task type, in any case; or the beginning of an id. */
  readonly search?: string | undefined;
}

export interface JobOrder {
  /** `created`, `updated`, `name`, `duration`, `score`, or a metric of the best row. */
  readonly key: string;
  readonly descending: boolean;
}

export const NEWEST_FIRST: JobOrder = { key: 'created', descending: true };

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
  // The page is chosen by the index alone; only its jobs are read in full.
  const { rows: jobs } = await sql<StoredJob>`
    with page as materialized (
      select jobs.id, row_number() over () as place
      from (select id from jobs where ${sql.join(page, sql` and `)} order by ${orderBy(order)} limit ${limit} offset ${offset}) jobs
    )
    select ${jobSummary} from page join jobs on jobs.id = page.id order by page.place`.execute(db);
  return { jobs, total: await countJobs(db, owner, filter, conditions) };
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
    select count(*)::int as total from jobs where ${sql.join([...conditions], sql` and `)}`.execute(db);
  return rows[0]?.total ?? 0;
}

function conditionsOf(owner: OwnerId | 'all', filter: JobFilter): readonly RawBuilder<unknown>[] {
  const { status, jobType, taskType, modelId, name, tag, project, createdFrom, createdBefore, minScore, maxScore, search } = filter;
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
  if (search !== undefined && search !== '') conditions.push(searchCondition(search));
  return conditions;
}

/** An id's beginning is a range of ids, so the key finds it. */
function searchCondition(search: string): RawBuilder<unknown> {
  const pattern = containing(search);
  const [from, to] = idRange(search);
  const byId = from === undefined || to === undefined ? sql`` : sql` or id between ${from}::uuid and ${to}::uuid`;
  return sql`(name ilike ${pattern} or task_type ilike ${pattern}${byId})`;
}

function idRange(text: string): readonly string[] {
  const digits = text.toLowerCase().replaceAll('-', '');
  if (!/^[0-9a-f]{4,32}$/.test(digits)) return [];
  return ['0', 'f'].map((fill) => digits.padEnd(32, fill).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
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
