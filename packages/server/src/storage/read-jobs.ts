/** One job as its owner sees it. */
import type { JobId, JobStatus, OwnerId, RoutingRule } from '@omtx/contract';
import { sql } from 'kysely';
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
  readonly project: string | null;
  /** Written by the owner; `notes` are those of runs. */
  readonly ownNotes: string;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly updatedAt: Date;
  readonly pausedAt: Date | null;
  readonly cancelledAt: Date | null;
  /** Expected seconds of rows in equal slices of the job. */
  readonly timeProfile: readonly number[] | null;
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
  /** Rows whose ligands are indexed for search. */
  readonly indexed: number;
  /** Rows that could be given out now. */
  readonly hasRowsToGive: boolean;
  /** A worker holds rows of it now, started or not. */
  readonly isHeld: boolean;
  /** When the first row that waits for another attempt is due; null where none waits. */
  readonly backOffUntil: Date | null;
  /** Worker hosts with a heartbeat that offer the model in this version. */
  readonly workersAlive: number;
  /** When the last host that offered it was heard of; null where there was none. */
  readonly offeredUntil: Date | null;
  /** Jobs with rows to give that go before it. */
  readonly jobsAhead: number;
  /** Other jobs of the owner with rows in flight. */
  readonly ownRunning: number;
  /** The owner, or the model, has as many slots as it may. */
  readonly atOwnerLimit: boolean;
  readonly atModelLimit: boolean;
}

/** After six missed heartbeats a worker host is taken for gone. */
const WORKER_ALIVE_SECONDS = 30;

/** Of `jobs`, joined by whoever uses it. */
export const jobSummary = sql`
  jobs.id, jobs.owner, jobs.job_type as "jobType", jobs.task_type as "taskType", jobs.model_id as "modelId", jobs.model_version as "modelVersion",
  jobs.name, jobs.status, jobs.tags, jobs.project, jobs.notes as "ownNotes", jobs.created_at as "createdAt", jobs.started_at as "startedAt", jobs.finished_at as "finishedAt",
  jobs.updated_at as "updatedAt", jobs.paused_at as "pausedAt", jobs.cancelled_at as "cancelledAt", jobs.time_profile as "timeProfile", clock_timestamp() as now,
  jobs.total_count as total, jobs.completed_count as completed, jobs.reused_count as reused, jobs.failed_count as failed,
  jobs.rejected_count as rejected, jobs.cancelled_count as cancelled, jobs.checked_count as checked,
  (select coalesce(sum(cardinality(in_flight)), 0)::int from runs where batch_id = jobs.id and ended_at is null) as running`;

export async function findJob(db: Database, owner: OwnerId, id: JobId): Promise<StoredJob | undefined> {
  const { rows } = await sql<StoredJob>`select ${jobSummary} from jobs where jobs.id = ${id} and jobs.owner = ${owner}`.execute(db);
  return rows[0];
}

/** Those of the owner, in no order. */
export async function findJobs(db: Database, owner: OwnerId, ids: readonly JobId[]): Promise<readonly StoredJob[]> {
  const { rows } =
    await sql<StoredJob>`select ${jobSummary} from jobs where jobs.id = any (${ids}::uuid[]) and jobs.owner = ${owner}`.execute(db);
  return rows;
}

/**
 * What a reader is told of a job that does not move. The order of the line is that of the claim statement, without shares and starvation.
 * @param rivals models that wait for the same slots, those that need a GPU: their jobs stand in one line
 */
export const waitingColumns = (rivals: readonly string[]) => sql`
  exists (select from runs where batch_id = jobs.id and ended_at is null) as "isHeld",
  next_index < checked_until or exists (select from requeued_rows q where q.batch_id = jobs.id and q.not_before <= now()) as "hasRowsToGive",
  (select min(q.not_before) from requeued_rows q where q.batch_id = jobs.id and q.not_before > now()) as "backOffUntil",
  (
    select count(*)::int from workers
    where stopped_at is null and draining_since is null and heartbeat_at > now() - make_interval(secs => ${WORKER_ALIVE_SECONDS})
      and offers @> jsonb_build_array(jsonb_build_object('modelId', jobs.model_id, 'modelVersion', jobs.model_version))
  ) as "workersAlive",
  (
    select max(least(heartbeat_at, draining_since, stopped_at)) from workers
    where offers @> jsonb_build_array(jsonb_build_object('modelId', jobs.model_id, 'modelVersion', jobs.model_version))
  ) as "offeredUntil",
  (
    select count(*)::int from jobs o
    where o.model_id = any (case when jobs.model_id = any (${rivals}::text[]) then ${rivals}::text[] else array[jobs.model_id] end)
      and o.finished_at is null and o.cancelled_at is null and o.paused_at is null and o.id <> jobs.id and o.slots_in_use < o.max_concurrency
      and (o.next_index < o.checked_until or exists (select from requeued_rows q where q.batch_id = o.id and q.not_before <= now()))
      and (o.lane, case when o.owner = jobs.owner then -o.priority else -jobs.priority end, o.created_at, o.id)
        < (jobs.lane, -jobs.priority, jobs.created_at, jobs.id)
  ) as "jobsAhead",
  (
    select count(*)::int from jobs o
    where o.owner = jobs.owner and o.id <> jobs.id and o.slots_in_use > 0 and o.finished_at is null and o.cancelled_at is null
  ) as "ownRunning",
  exists (select from owners o where o.id = jobs.owner and o.slots_in_use >= o.max_slots) as "atOwnerLimit",
  exists (select from model_limits m where m.model_id = jobs.model_id and m.slots_in_use >= m.max_slots) as "atModelLimit"`;

export async function findJobDetail(
  db: Database,
  owner: OwnerId,
  id: JobId,
  rivals: readonly string[] = [],
): Promise<StoredJobDetail | undefined> {
  const { rows } = await sql<StoredJobDetail>`
    select ${jobSummary}, routed_by as "routedBy", shared, sha256 as "sharedSha256", parameters, seed, max_concurrency as "maxConcurrency",
      timeout_seconds as "timeoutSeconds", cloned_from as "clonedFrom",
      rank_by as "rankBy", rank_ascending as "rankAscending",
      coalesce((select jsonb_agg(distinct item) from runs, jsonb_array_elements(runs.artifacts) item where batch_id = jobs.id), '[]') as artifacts,
      coalesce((select jsonb_agg(distinct item) from runs, jsonb_array_elements(runs.notes) item where batch_id = jobs.id), '[]') as notes,
      coalesce((select p.next_index from search_pending p where p.job_id = jobs.id), total_count) as indexed,
      ${waitingColumns(rivals)}
    from jobs join job_inputs on job_inputs.job_id = jobs.id
    where jobs.id = ${id} and jobs.owner = ${owner}`.execute(db);
  return rows[0];
}
