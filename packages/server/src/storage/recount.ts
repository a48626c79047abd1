/** Counts anew what is kept, reports every difference and mends it. Safe while the hub works: each statement sees one moment. */
import type { JobId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';

export interface TallyDifference {
  readonly owner: string;
  readonly kind: string;
  readonly key: string;
  readonly kept: number;
  readonly counted: number;
}

export interface CounterDifference {
  readonly jobId: JobId;
  readonly counter: 'completed' | 'reused' | 'failed' | 'rejected' | 'cancelled';
  readonly kept: number;
  readonly counted: number;
}

/** Counters of jobs against the outcomes of their rows; a job that changes meanwhile is compared under its lock. */
export async function recountJobs(db: Database): Promise<readonly CounterDifference[]> {
  const { rows } = await sql<{ id: JobId }>`
    select id from (${counted()}) c
    where (completed_count, reused_count, failed_count, rejected_count, cancelled_count)
      is distinct from (completed, reused, failed, rejected, cancelled)
    order by id`.execute(db);
  const differences: CounterDifference[] = [];
  for (const { id } of rows) differences.push(...(await db.transaction().execute((tx) => mendJob(tx, id))));
  return differences;
}

/** @param id of one job; all where left out */
function counted(id?: JobId) {
  return sql`
    select j.id, j.completed_count, j.reused_count, j.failed_count, j.rejected_count, j.cancelled_count,
      count(*) filter (where r.status = 'completed')::int as completed, count(*) filter (where r.outcome = 'reused')::int as reused,
      count(*) filter (where r.status = 'failed')::int as failed, count(*) filter (where r.outcome = 'rejected')::int as rejected,
      count(*) filter (where r.status = 'cancelled')::int as cancelled
    from jobs j join batch_rows r on r.batch_id = j.id
    where ${id === undefined ? sql`true` : sql`j.id = ${id}`}
    group by j.id`;
}

async function mendJob(tx: Database, id: JobId): Promise<readonly CounterDifference[]> {
  await sql`select from jobs where id = ${id} for update`.execute(tx);
  const { rows } = await sql<Record<string, number>>`${counted(id)}`.execute(tx);
  const [counts] = rows;
  if (!counts) return [];
  const names = ['completed', 'reused', 'failed', 'rejected', 'cancelled'] as const;
  const differences = names.flatMap((counter) => {
    const [kept = 0, now = 0] = [counts[`${counter}_count`], counts[counter]];
    return kept === now ? [] : [{ jobId: id, counter, kept, counted: now }];
  });
  const { completed = 0, reused = 0, failed = 0, rejected = 0, cancelled = 0 } = counts;
  await sql`
    update jobs set completed_count = ${completed}, reused_count = ${reused}, failed_count = ${failed}, rejected_count = ${rejected},
      cancelled_count = ${cancelled}
    where id = ${id}`.execute(tx);
  return differences;
}

/** Tallies against the fold over jobs and rows. The differences are appended as changes, so what is written meanwhile stays right. */
export async function recountTallies(db: Database): Promise<readonly TallyDifference[]> {
  const { rows } = await sql<TallyDifference>`
    with differing as (
      select owner, kind, job_type, task_type, model_id, status, bucket,
        coalesce(k.n, 0) as kept_n, coalesce(c.n, 0) as counted_n, coalesce(k.total_ms, 0) as kept_ms, coalesce(c.total_ms, 0) as counted_ms
      from (select * from tallies_kept where kind <> 'version') k
      full join tallies_counted c using (owner, kind, job_type, task_type, model_id, status, bucket)
      where coalesce(k.n, 0) <> coalesce(c.n, 0) or coalesce(k.total_ms, 0) <> coalesce(c.total_ms, 0)
    ), mended as (
      insert into tally_changes (owner, kind, job_type, task_type, model_id, status, bucket, n, total_ms)
      select owner, kind, job_type, task_type, model_id, status, bucket, counted_n - kept_n, counted_ms - kept_ms from differing
    ), told as (
      insert into tally_changes (owner, kind, n) select distinct owner, 'version', 1 from differing
    )
    select owner, kind, concat_ws('/', nullif(job_type, ''), nullif(task_type, ''), nullif(model_id, ''), nullif(status, ''), bucket) as key,
      kept_n::float8 as kept, counted_n::float8 as counted
    from differing
    order by owner, kind, key`.execute(db);
  return rows;
}
