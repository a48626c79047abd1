/** What waits and what runs now, over all owners: the figures that an operator watches. Cost follows the open jobs, not all jobs. */
import { sql } from 'kysely';
import type { Lane } from '../domain/lane.ts';
import type { Database } from './database.ts';

export interface QueueLoad {
  readonly modelId: string;
  readonly lane: Lane;
  readonly openJobs: number;
  /** Without an outcome, running ones among them. */
  readonly openRows: number;
  /** Since the oldest open job was sent. */
  readonly oldestSeconds: number;
}

export interface RunLoad {
  readonly modelId: string;
  readonly liveRuns: number;
  readonly rowsInFlight: number;
  readonly slotsInUse: number;
}

export interface WorkerLoad {
  readonly modelId: string;
  readonly hosts: number;
  readonly slots: number;
}

export interface Load {
  readonly queues: readonly QueueLoad[];
  readonly runs: readonly RunLoad[];
  /** What living worker hosts offer. */
  readonly workers: readonly WorkerLoad[];
}

/** @param leaseSeconds after which a silent worker host counts as dead */
export async function readLoad(db: Database, leaseSeconds: number): Promise<Load> {
  const [queues, runs, workers] = await Promise.all([
    sql<QueueLoad>`
      select model_id as "modelId", case lane when 0 then 'interactive' else 'bulk' end as lane, count(*)::int as "openJobs",
        sum(total_count - completed_count - failed_count - cancelled_count)::float8 as "openRows",
        extract(epoch from now() - min(created_at))::float8 as "oldestSeconds"
      from jobs where finished_at is null and cancelled_at is null
      group by model_id, lane`.execute(db),
    sql<RunLoad>`
      select jobs.model_id as "modelId", count(*)::int as "liveRuns", sum(cardinality(runs.in_flight))::int as "rowsInFlight",
        sum(runs.slots)::int as "slotsInUse"
      from runs join jobs on jobs.id = runs.batch_id
      where runs.ended_at is null
      group by jobs.model_id`.execute(db),
    sql<WorkerLoad>`
      select offer ->> 'modelId' as "modelId", count(distinct w.id)::int as hosts, sum((offer ->> 'slots')::int)::int as slots
      from workers w, jsonb_array_elements(w.offers) as offer
      where w.stopped_at is null and w.draining_since is null and w.heartbeat_at > now() - make_interval(secs => ${leaseSeconds})
      group by 1`.execute(db),
  ]);
  return { queues: queues.rows, runs: runs.rows, workers: workers.rows };
}
