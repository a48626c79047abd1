/** Sums that are kept in the transactions of what they count: statistics, and the version of an owner's answers. */
import type { OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';

export type TallyKind = 'jobs' | 'rows' | 'created' | 'finished' | 'job_time' | 'queue_time' | 'row_time';

export interface Tally {
  readonly kind: TallyKind;
  readonly jobType: string;
  readonly taskType: string;
  readonly modelId: string;
  /** Of a job, or the outcome of rows. */
  readonly status: string;
  /** A day since 2000-01-01, or a bucket of milliseconds. */
  readonly bucket: number;
  readonly n: number;
  readonly totalMs: number;
}

/** Changes folded in one transaction. */
const FOLD = 20_000;

/**
 * Number of changes of the owner's jobs so far. Read before the data, it is never newer than them, so an answer kept under it is never
 * given after a change that a reader could have seen.
 */
export async function readOwnerVersion(db: Database, owner: OwnerId): Promise<string> {
  const { rows } = await sql<{ version: string }>`
    select (
      coalesce((select n from tallies where owner = ${owner} and kind = 'version' and job_type = '' and task_type = '' and model_id = '' and status = '' and bucket = 0), 0)
      + (select count(*) from tally_changes where owner = ${owner} and kind = 'version')
    )::text as version`.execute(db);
  return rows[0]?.version ?? '0';
}

/** Tallies of one owner, or of all owners together. */
export async function readTallies(db: Database, owner: OwnerId | 'all', kinds: readonly TallyKind[]): Promise<readonly Tally[]> {
  const whose = owner === 'all' ? sql`true` : sql`owner = ${owner}`;
  const { rows } = await sql<Tally>`
    select kind, job_type as "jobType", task_type as "taskType", model_id as "modelId", status, bucket,
      sum(n)::float8 as n, sum(total_ms)::float8 as "totalMs"
    from (
      select kind, job_type, task_type, model_id, status, bucket, n, total_ms from tallies where ${whose} and kind = any (${kinds}::text[])
      union all
      select kind, job_type, task_type, model_id, status, bucket, n, total_ms from tally_changes where ${whose} and kind = any (${kinds}::text[])
    ) kept
    group by kind, job_type, task_type, model_id, status, bucket
    having sum(n) <> 0`.execute(db);
  return rows;
}

export interface KeptFilter {
  readonly jobTypes?: readonly string[] | undefined;
  readonly status?: string | undefined;
  readonly taskType?: string | undefined;
  readonly modelId?: string | undefined;
}

/** Number of jobs by what is kept of them, at a cost that does not grow with their number. */
export async function countKeptJobs(db: Database, owner: OwnerId | 'all', filter: KeptFilter): Promise<number> {
  const { jobTypes, status, taskType, modelId } = filter;
  const passing = (await readTallies(db, owner, ['jobs'])).filter(
    (tally) =>
      (status === undefined || tally.status === status) &&
      (jobTypes === undefined || jobTypes.includes(tally.jobType)) &&
      (taskType === undefined || tally.taskType === taskType) &&
      (modelId === undefined || tally.modelId === modelId),
  );
  return passing.reduce((sum, { n }) => sum + n, 0);
}

/** Folds the oldest changes into the sums. Any number of processes may; each takes others. @returns the number of changes folded */
export async function foldTallies(db: Database): Promise<number> {
  const { rows } = await sql<{ folded: number }>`
    with gone as (
      delete from tally_changes
      where id in (select id from tally_changes order by id limit ${FOLD} for update skip locked)
      returning owner, kind, job_type, task_type, model_id, status, bucket, n, total_ms
    ), folded as (
      insert into tallies (owner, kind, job_type, task_type, model_id, status, bucket, n, total_ms)
      select owner, kind, job_type, task_type, model_id, status, bucket, sum(n), sum(total_ms)
      from gone
      group by 1, 2, 3, 4, 5, 6, 7
      order by 1, 2, 3, 4, 5, 6, 7
      on conflict (owner, kind, job_type, task_type, model_id, status, bucket)
        do update set n = tallies.n + excluded.n, total_ms = tallies.total_ms + excluded.total_ms
    )
    select count(*)::int as folded from gone`.execute(db);
  return rows[0]?.folded ?? 0;
}
