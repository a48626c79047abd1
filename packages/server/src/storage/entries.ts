/**
 * Jobs and the children of batches in one list, as old routes show them: children of a batch beside individual jobs and parents. Places in
 * the list come from the counters of the jobs, so a page of a batch with a million rows reads the rows of the page alone.
 */
import type { JobId, JobStatus, OwnerId } from '@omtx/contract';
import { sql, type RawBuilder } from 'kysely';
import type { Database } from './database.ts';
import { countKeptJobs } from './tallies.ts';
import type { StoredJob } from './read-jobs.ts';
import type { StoredRow } from './read-rows.ts';
import { coveredWords, matchedJobs, rowMatches, type SearchTerms } from './search/match.ts';
import type { StoredArtifactLink } from './tables.ts';

export type EntryType = 'individual' | 'batch_parent' | 'batch_child';

export interface EntryFilter {
  readonly jobTypes?: readonly EntryType[] | undefined;
  readonly status?: JobStatus | undefined;
  readonly taskType?: string | undefined;
  readonly modelId?: string | undefined;
  /** Of a batch that is found by its ligands alone, the children are found, and not the batch. */
  readonly search?: SearchTerms | undefined;
  readonly createdFrom?: Date | undefined;
  readonly createdTo?: Date | undefined;
}

/** A job, or with an index a child of it. */
export interface EntryKey {
  readonly id: JobId;
  readonly index: number | null;
}

export interface EntryJob extends StoredJob {
  readonly shared: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly rankBy: string | null;
  readonly rankAscending: boolean;
  /** Of all runs: the prepared target. */
  readonly artifacts: readonly StoredArtifactLink[];
}

export interface EntryRow extends Omit<StoredRow, 'rank'> {
  readonly batchId: JobId;
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>> | null;
  readonly workerHost: string | null;
}

/** Task type of the children of a screening batch, as the first hub stored them. */
const CHILD_TASK = sql`case when task_type = 'batch_protein_ligand_screening' then 'protein_ligand_binding' else task_type end`;

const inFlight = sql`(select coalesce(sum(cardinality(in_flight)), 0)::int from runs where batch_id = jobs.id and ended_at is null)`;

/** Newest first; children before their parent, the last one first, as they were made after it. @returns the page and how many pass */
export async function listEntries(
  db: Database,
  owner: OwnerId,
  filter: EntryFilter,
  limit: number,
  offset: number,
): Promise<{ readonly keys: readonly EntryKey[]; readonly total: number }> {
  const end = offset + limit;
  const { rows } = await sql<EntryKey>`
    with mine as (${candidates(owner, filter, end)}), counted as (${counted(filter)}), placed as (
      select *, sum(own + children) over (order by created_at desc, id desc) - own - children as before from counted
    ), page as (
      select * from placed where own + children > 0 and before < ${end} and before + own + children > ${offset}
    )
    select page.id, found.index
    from page
    cross join lateral (
      (${childrenOfPage(filter, offset, end)})
      union all
      select null::int where page.own = 1 and page.before + page.children >= ${offset} and page.before + page.children < ${end}
    ) as found
    order by page.before, found.index desc nulls last`.execute(db);
  return { keys: rows, total: await countEntries(db, owner, filter) };
}

/** Places of the children of one job of `page`, the last first. Where all of them pass, a place is an index, and no row is read or skipped. */
function childrenOfPage(filter: EntryFilter, offset: number, end: number): RawBuilder<unknown> {
  const from = sql`greatest(${offset} - page.before, 0)`;
  const to = sql`least(${end} - page.before, page.children)`;
  if (filter.status === undefined && filter.search === undefined)
    return sql`select (page.children - 1 - place)::int as index from generate_series(${from}, ${to} - 1) as place`;
  return sql`
    select r.index from row_states r
    where page.children > 0 and r.batch_id = page.id ${rowCondition(filter)}
    order by r.index desc
    limit greatest(0, ${to} - ${from}) offset ${from}`;
}

/** Of whole jobs the numbers are kept; children are counted by the counters of their batches, and a text or a time by looking. */
async function countEntries(db: Database, owner: OwnerId, filter: EntryFilter): Promise<number> {
  const { search, createdFrom, createdTo, ...kept } = filter;
  const isKept = [search, createdFrom, createdTo].every((value) => value === undefined);
  if (isKept && !wantsChildren(filter)) return countKeptJobs(db, owner, kept);
  const { rows } = await sql<{ total: number }>`
    with mine as (${candidates(owner, filter, undefined)}), counted as (${counted(filter)})
    select coalesce(sum(own + children), 0)::int as total from counted`.execute(db);
  return rows[0]?.total ?? 0;
}

/**
 * Jobs that may have entries before `end`. Where each of them has one for certain (all jobs, or those alone that pass the filter), the
 * newest `end` of them are enough, so a page of the newest costs the same however many there are.
 */
function candidates(owner: OwnerId, filter: EntryFilter, end: number | undefined): RawBuilder<unknown> {
  const isPlain = filter.search === undefined && filter.status === undefined && filter.taskType === undefined;
  const withChildren = wantsChildren(filter);
  const hasOwn =
    filter.jobTypes === undefined || ['individual', 'batch_parent'].every((type) => filter.jobTypes?.some((each) => each === type));
  const isBounded = end !== undefined && (withChildren ? isPlain && hasOwn : filter.search === undefined);
  const conditions = [sql`owner = ${owner}`, ...jobConditions(filter), ...(withChildren ? [] : [ownCondition(filter, sql`true`)])];
  const needsRunning = withChildren && (filter.status === 'running' || filter.status === 'pending');
  const { search } = filter;
  return sql`
    select jobs.*, ${search === undefined || !withChildren ? sql`true` : sql`matched.whole or jobs.job_type = 'individual'`} as by_text,
      ${search === undefined ? sql`'{}'::boolean[]` : coveredWords(search)} as covered, ${needsRunning ? inFlight : sql`0`} as running
    from ${search === undefined ? sql`jobs` : sql`${matchedJobs(owner, search)} matched join jobs on jobs.id = matched.job_id`}
    where ${sql.join(conditions, sql` and `)}
    ${isBounded ? sql`order by created_at desc, id desc limit ${end}` : sql``}`;
}

function counted(filter: EntryFilter): RawBuilder<unknown> {
  return sql`
    select id, created_at, by_text, covered, (${ownCondition(filter, sql`by_text`)})::int as own,
      case when ${childCondition(filter)} then ${childCount(filter)} else 0 end as children
    from mine`;
}

function wantsChildren({ jobTypes }: EntryFilter): boolean {
  return jobTypes === undefined || jobTypes.includes('batch_child');
}

function jobConditions({ modelId, createdFrom, createdTo }: EntryFilter): readonly RawBuilder<unknown>[] {
  return [
    ...(modelId === undefined ? [] : [sql`model_id = ${modelId}`]),
    ...(createdFrom === undefined ? [] : [sql`created_at >= ${createdFrom}`]),
    ...(createdTo === undefined ? [] : [sql`created_at <= ${createdTo}`]),
  ];
}

function ownCondition({ jobTypes, status, taskType }: EntryFilter, matches: RawBuilder<unknown>): RawBuilder<unknown> {
  const types = (jobTypes ?? ['individual', 'batch_parent']).filter((type) => type !== 'batch_child');
  return sql.join(
    [
      sql`${matches} and job_type = any (${types}::text[])`,
      ...(status === undefined ? [] : [sql`status = ${status}`]),
      ...(taskType === undefined ? [] : [sql`task_type = ${taskType}`]),
    ],
    sql` and `,
  );
}

function childCondition(filter: EntryFilter): RawBuilder<unknown> {
  const { taskType } = filter;
  if (!wantsChildren(filter)) return sql`false`;
  return taskType === undefined ? sql`job_type = 'batch_parent'` : sql`job_type = 'batch_parent' and ${CHILD_TASK} = ${taskType}`;
}

/** By the counters; with a search that the job does not match itself, by looking at the rows. */
function childCount(filter: EntryFilter): RawBuilder<unknown> {
  const counter = counterOf(filter.status);
  if (filter.search === undefined) return counter;
  return sql`case when by_text then ${counter} else (
    select count(*)::int from row_states r where r.batch_id = mine.id and ${rowMatches(filter.search, sql`mine.covered`)}
      ${filter.status === undefined ? sql`` : sql`and r.shown_status = ${filter.status}`}
  ) end`;
}

function counterOf(status: JobStatus | undefined): RawBuilder<unknown> {
  switch (status) {
    case undefined:
      return sql`total_count`;
    case 'completed':
      return sql`completed_count`;
    case 'failed':
      return sql`failed_count`;
    case 'cancelled':
      return sql`case when cancelled_at is null then cancelled_count else total_count - completed_count - failed_count end`;
    case 'running':
      return sql`case when cancelled_at is null then running else 0 end`;
    case 'pending':
      return sql`case when cancelled_at is null then total_count - completed_count - failed_count - cancelled_count - running else 0 end`;
    default:
      return status satisfies never;
  }
}

function rowCondition({ search, status }: EntryFilter): RawBuilder<unknown> {
  return sql`${status === undefined ? sql`` : sql`and r.shown_status = ${status}`} ${
    search === undefined ? sql`` : sql`and (page.by_text or ${rowMatches(search, sql`page.covered`)})`
  }`;
}

/** In any order. @param mostBytes of a value of the shared input; larger ones, such as the text of a structure, are left out */
export async function findEntryJobs(db: Database, owner: OwnerId, ids: readonly JobId[], mostBytes?: number): Promise<readonly EntryJob[]> {
  if (ids.length === 0) return [];
  const shared =
    mostBytes === undefined
      ? sql`shared`
      : sql`coalesce((select jsonb_object_agg(key, value) from jsonb_each(shared) where pg_column_size(value) <= ${mostBytes}), '{}')`;
  const { rows } = await sql<EntryJob>`
    select
      id, owner, job_type as "jobType", task_type as "taskType", model_id as "modelId", model_version as "modelVersion", name, status, tags, project, jobs.notes as "ownNotes",
      created_at as "createdAt", started_at as "startedAt", finished_at as "finishedAt", updated_at as "updatedAt", paused_at as "pausedAt",
      cancelled_at as "cancelledAt", clock_timestamp() as now, total_count as total, completed_count as completed, reused_count as reused,
      failed_count as failed, rejected_count as rejected, cancelled_count as cancelled, ${inFlight} as running,
      ${shared} as shared, parameters, seed, rank_by as "rankBy", rank_ascending as "rankAscending",
      coalesce((select jsonb_agg(distinct item) from runs, jsonb_array_elements(runs.artifacts) item where batch_id = jobs.id), '[]') as artifacts
    from jobs join job_inputs on job_inputs.job_id = jobs.id
    where owner = ${owner} and id = any (${ids}::uuid[])`.execute(db);
  return rows;
}

/** A row in flight has no start of its own stored yet; its run's opening is the nearest that is known. */
const entryRow = sql`
  r.batch_id as "batchId", r.index, r.line, r.name, r.input, r.original, r.canonical_smiles as "canonicalSmiles",
  r.shown_status as status, r.shown_outcome as outcome, r.code, r.message, r.attempt, r.reused_from as "reusedFrom", r.metrics,
  r.run_id as "runId", r.finished_at as "finishedAt", d.notes, d.artifacts, d.tables,
  coalesce(r.started_at, case when r.shown_status = 'running' then (
    select max(opened_at) from runs where runs.batch_id = r.batch_id and runs.ended_at is null and r.index = any (runs.in_flight)
  ) end) as "startedAt",
  (select host from runs join workers on workers.id = runs.worker_id where runs.id = r.run_id) as "workerHost"`;

const entryRowFrom = sql`
  from row_states r
  left join row_details d on d.batch_id = r.batch_id and d.index = case when r.outcome = 'reused' then r.reused_from else r.index end`;

/** Rows at the given places, in any order. The caller has read their jobs for the owner. */
export async function findEntryRows(
  db: Database,
  owner: OwnerId,
  places: readonly { readonly id: JobId; readonly index: number }[],
): Promise<readonly EntryRow[]> {
  if (places.length === 0) return [];
  const { rows } = await sql<EntryRow>`
    select ${entryRow} ${entryRowFrom}
    join unnest(${places.map(({ id }) => id)}::uuid[], ${places.map(({ index }) => index)}::int[]) as asked (id, index)
      on asked.id = r.batch_id and asked.index = r.index
    where exists (select from jobs where jobs.id = r.batch_id and owner = ${owner})`.execute(db);
  return rows;
}

export interface EntryRowsRequest {
  readonly sort: 'index' | 'rank';
  readonly status?: JobStatus | undefined;
  readonly offset: number;
  readonly limit: number;
}

/** Rows of one job. By rank: the best first, those without a score last. */
export async function listEntryRows(
  db: Database,
  owner: OwnerId,
  jobId: JobId,
  { sort, status, offset, limit }: EntryRowsRequest,
): Promise<readonly EntryRow[]> {
  const order = sort === 'index' ? sql`r.index` : sql`case when jobs.rank_ascending then r.score else -r.score end nulls last, r.index`;
  const { rows } = await sql<EntryRow>`
    select ${entryRow} ${entryRowFrom}
    join jobs on jobs.id = r.batch_id
    where r.batch_id = ${jobId} and owner = ${owner} ${status === undefined ? sql`` : sql`and r.shown_status = ${status}`}
    order by ${order} limit ${limit} offset ${offset}`.execute(db);
  return rows;
}

export interface MetricSummary {
  readonly metric: string;
  readonly mean: number;
  readonly least: number;
  readonly greatest: number;
}

/** Of the completed rows of a job that have the metric. */
export async function summariseMetrics(db: Database, owner: OwnerId, jobId: JobId): Promise<readonly MetricSummary[]> {
  const { rows } = await sql<MetricSummary>`
    select key as metric, avg(value::float8) as mean, min(value::float8) as least, max(value::float8) as greatest
    from batch_rows r, jsonb_each_text(r.metrics)
    where batch_id = ${jobId} and r.status = 'completed' and exists (select from jobs where id = ${jobId} and owner = ${owner})
    group by key order by key`.execute(db);
  return rows;
}

export interface RowTimes {
  /** Seconds over rows that ran and ended. */
  readonly totalSeconds: number;
  readonly meanSeconds: number | null;
}

export async function summariseRowTimes(db: Database, owner: OwnerId, jobId: JobId): Promise<RowTimes> {
  const { rows } = await sql<RowTimes>`
    select coalesce(sum(seconds), 0)::float8 as "totalSeconds", avg(seconds)::float8 as "meanSeconds"
    from (
      select extract(epoch from r.finished_at - r.started_at) as seconds
      from batch_rows r join jobs on jobs.id = r.batch_id
      where batch_id = ${jobId} and owner = ${owner} and r.status = 'completed' and r.started_at is not null and r.outcome <> 'reused'
    ) as ran`.execute(db);
  return rows[0] ?? { totalSeconds: 0, meanSeconds: null };
}

/** Counts over children, from the counters of their batches. */
export interface ChildStatistics {
  readonly total: number;
  readonly recent: number;
  readonly byStatus: Readonly<Record<JobStatus, number>>;
  readonly byTaskType: Readonly<Record<string, number>>;
}

export async function childStatistics(db: Database, owner: OwnerId): Promise<ChildStatistics> {
  const { rows } = await sql<ChildStatistics>`
    with batches as (
      select created_at, ${CHILD_TASK} as task, total_count as total, completed_count as completed, failed_count as failed,
        ${counterOf('cancelled')} as cancelled, ${counterOf('running')} as running, ${counterOf('pending')} as pending
      from (select jobs.*, ${inFlight} as running from jobs where owner = ${owner} and job_type = 'batch_parent') as jobs
    )
    select
      coalesce(sum(total), 0)::int as total,
      coalesce(sum(total) filter (where created_at > now() - interval '7 days'), 0)::int as recent,
      jsonb_build_object(
        'pending', coalesce(sum(pending), 0), 'running', coalesce(sum(running), 0), 'completed', coalesce(sum(completed), 0),
        'failed', coalesce(sum(failed), 0), 'cancelled', coalesce(sum(cancelled), 0)
      ) as "byStatus",
      coalesce((select jsonb_object_agg(task, n) from (select task, sum(total) as n from batches group by task) as t), '{}') as "byTaskType"
    from batches`.execute(db);
  const [statistics] = rows;
  if (!statistics) throw new Error('unreachable: an aggregate has one row');
  return statistics;
}
