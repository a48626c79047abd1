/** Jobs as their owner sees them: one of them, pages of them, counts over all of them. */
import type { JobId, JobStatus, OwnerId, RoutingRule } from '@omtx/contract';
import { sql, type RawBuilder } from 'kysely';
import type { StatusCounts } from '../domain/progress.ts';
import type { Database } from './database.ts';
import type { StoredArtifactLink, StoredNote } from './tables.ts';

export interface StoredJob extends StatusCounts {
  readonly id: JobId;
  readonly owner: OwnerId;
  readonly jobType: 'individual' | 'batch_parent';
  readonly taskType: string;
  readonly modelId: string;
  readonly modelVersion: string;
  readonly name: string;
  readonly status: JobStatus;
  readonly tags: readonly string[];
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly updatedAt: Date;
  readonly pausedAt: Date | null;
  readonly cancelledAt: Date | null;
  /** Time of the database when it was read. */
  readonly now: Date;
}

export interface StoredJobDetail extends StoredJob {
  readonly routedBy: RoutingRule;
  readonly shared: Readonly<Record<string, unknown>>;
  readonly sharedSha256: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly timeoutSeconds: number;
  readonly maxConcurrency: number;
  readonly clonedFrom: JobId | null;
  readonly rankBy: string | null;
  readonly rankAscending: boolean;
  /** Of all runs, the newest first. */
  readonly artifacts: readonly StoredArtifactLink[];
  readonly notes: readonly StoredNote[];
  /** Rows that could be given out now. */
  readonly hasRowsToGive: boolean;
  /** A worker holds rows of it now, started or not. */
  readonly isHeld: boolean;
  /** Worker hosts with a heartbeat that offer the model in this version. */
  readonly workersAlive: number;
}

export interface JobFilter {
  readonly status?: JobStatus | undefined;
  readonly jobType?: 'individual' | 'batch_parent' | undefined;
  readonly taskType?: string | undefined;
  readonly modelId?: string | undefined;
  /** Part of the name or of the task type, in any case; or the beginning of an id. */
  readonly search?: string | undefined;
}

/** After six missed heartbeats a worker host is taken for gone. */
const WORKER_ALIVE_SECONDS = 30;

const summary = sql`
  jobs.id, jobs.owner, jobs.job_type as "jobType", jobs.task_type as "taskType", jobs.model_id as "modelId", jobs.model_version as "modelVersion",
  jobs.name, jobs.status, jobs.tags, jobs.created_at as "createdAt", jobs.started_at as "startedAt", jobs.finished_at as "finishedAt",
  jobs.updated_at as "updatedAt", jobs.paused_at as "pausedAt", jobs.cancelled_at as "cancelledAt", clock_timestamp() as now,
  jobs.total_count as total, jobs.completed_count as completed, jobs.reused_count as reused, jobs.failed_count as failed,
  jobs.rejected_count as rejected, jobs.cancelled_count as cancelled,
  (select coalesce(sum(cardinality(in_flight)), 0)::int from runs where batch_id = jobs.id and ended_at is null) as running`;

export async function findJob(db: Database, owner: OwnerId, id: JobId): Promise<StoredJob | undefined> {
  const { rows } = await sql<StoredJob>`select ${summary} from jobs where jobs.id = ${id} and jobs.owner = ${owner}`.execute(db);
  return rows[0];
}

export async function findJobDetail(db: Database, owner: OwnerId, id: JobId): Promise<StoredJobDetail | undefined> {
  const { rows } = await sql<StoredJobDetail>`
    select ${summary}, routed_by as "routedBy", shared, sha256 as "sharedSha256", parameters, seed, max_concurrency as "maxConcurrency",
      timeout_seconds as "timeoutSeconds", cloned_from as "clonedFrom",
      rank_by as "rankBy", rank_ascending as "rankAscending",
      coalesce((select jsonb_agg(distinct item) from runs, jsonb_array_elements(runs.artifacts) item where batch_id = jobs.id), '[]') as artifacts,
      coalesce((select jsonb_agg(distinct item) from runs, jsonb_array_elements(runs.notes) item where batch_id = jobs.id), '[]') as notes,
      exists (select from runs where batch_id = jobs.id and ended_at is null) as "isHeld",
      next_index < checked_until or exists (select from requeued_rows q where q.batch_id = jobs.id and q.not_before <= now()) as "hasRowsToGive",
      (
        select count(*)::int from workers
        where stopped_at is null and heartbeat_at > now() - make_interval(secs => ${WORKER_ALIVE_SECONDS})
          and offers @> jsonb_build_array(jsonb_build_object('modelId', jobs.model_id, 'modelVersion', jobs.model_version))
      ) as "workersAlive"
    from jobs join job_inputs on job_inputs.job_id = jobs.id
    where jobs.id = ${id} and jobs.owner = ${owner}`.execute(db);
  return rows[0];
}

export interface JobPage {
  readonly jobs: readonly StoredJob[];
  /** Of all that pass the filter. */
  readonly total: number;
}

/** Newest first. @param place offset, or the job after which the page begins */
export async function listJobs(
  db: Database,
  owner: OwnerId,
  filter: JobFilter,
  limit: number,
  place: { readonly offset: number } | { readonly after: JobId },
): Promise<JobPage> {
  const where = sql.join([sql`jobs.owner = ${owner}`, ...conditionsOf(filter)], sql` and `);
  // Ids are UUIDv7, but ingest may commit out of order: the creation time is what a reader sees.
  const from =
    'after' in place ? sql`and (created_at, id) < (select created_at, id from jobs where id = ${place.after} and owner = ${owner})` : sql``;
  const offset = 'offset' in place ? place.offset : 0;
  const { rows: jobs } = await sql<StoredJob>`
    select ${summary} from jobs where ${where} ${from} order by created_at desc, id desc limit ${limit} offset ${offset}`.execute(db);
  const { rows: counts } = await sql<{ total: number }>`select count(*)::int as total from jobs where ${where}`.execute(db);
  return { jobs, total: counts[0]?.total ?? 0 };
}

function conditionsOf({ status, jobType, taskType, modelId, search }: JobFilter): readonly RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = [];
  if (status !== undefined) conditions.push(sql`status = ${status}`);
  if (jobType !== undefined) conditions.push(sql`job_type = ${jobType}`);
  if (taskType !== undefined) conditions.push(sql`task_type = ${taskType}`);
  if (modelId !== undefined) conditions.push(sql`model_id = ${modelId}`);
  if (search !== undefined && search !== '') {
    const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
    conditions.push(
      sql`(name ilike ${pattern} or task_type ilike ${pattern} or id::text like ${`${search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`})`,
    );
  }
  return conditions;
}

export interface JobStatistics {
  readonly total: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byJobType: Readonly<Record<string, number>>;
  readonly byTaskType: Readonly<Record<string, number>>;
  /** Created in the last 7 days. */
  readonly recent: number;
  /** Mean seconds from start to end, of those that have both. */
  readonly meanSeconds: number | null;
}

export async function jobStatistics(db: Database, owner: OwnerId): Promise<JobStatistics> {
  const { rows } = await sql<JobStatistics>`
    with mine as materialized (select status, job_type, task_type, created_at, started_at, finished_at from jobs where owner = ${owner})
    select
      (select count(*)::int from mine) as total,
      coalesce((select jsonb_object_agg(status, n) from (select status, count(*) as n from mine group by 1) s), '{}') as "byStatus",
      coalesce((select jsonb_object_agg(job_type, n) from (select job_type, count(*) as n from mine group by 1) s), '{}') as "byJobType",
      coalesce((select jsonb_object_agg(task_type, n) from (select task_type, count(*) as n from mine group by 1) s), '{}') as "byTaskType",
      (select count(*)::int from mine where created_at > now() - interval '7 days') as recent,
      (select avg(extract(epoch from finished_at - started_at))::float8 from mine where finished_at is not null and started_at is not null) as "meanSeconds"
    `.execute(db);
  const [statistics] = rows;
  if (!statistics) throw new Error('unreachable: an aggregate has one row');
  return statistics;
}
