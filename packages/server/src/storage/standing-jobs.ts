/** Jobs of all owners that are not finished and of which no row is in flight: what an operator looks at first. */
import type { JobId, OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Lane } from '../domain/lane.ts';
import type { WaitingJob } from '../domain/waiting.ts';
import type { Database } from './database.ts';
import { waitingColumns } from './read-jobs.ts';

export interface StandingJob extends Omit<WaitingJob, 'needsGpu'> {
  readonly id: JobId;
  readonly owner: OwnerId;
  readonly lane: Lane;
  readonly openRows: number;
  /** Since its last run ended, or since it was sent. */
  readonly standingSeconds: number;
}

export interface StandingJobs {
  /** At most `most`: those of a paused or unserved model first, then those that stand longest. */
  readonly jobs: readonly StandingJob[];
  /** All of them. */
  readonly total: number;
}

/**
 * Cost follows the open jobs; what is told of each is read for those alone that are listed.
 * @param rivals as for one job, see `waitingColumns` @param leaseSeconds after which a silent worker host counts as dead
 */
export async function listStandingJobs(db: Database, rivals: readonly string[], leaseSeconds: number, most: number): Promise<StandingJobs> {
  const { rows } = await sql<StandingJob & { readonly total: number }>`
    with offered as materialized (
      select distinct offer ->> 'modelId' as model_id, offer ->> 'modelVersion' as model_version
      from workers w, jsonb_array_elements(w.offers) as offer
      where w.stopped_at is null and w.draining_since is null and w.heartbeat_at > now() - make_interval(secs => ${leaseSeconds})
    ), standing as materialized (
      select id, count(*) over () as total,
        greatest(created_at, (select max(ended_at) from runs where batch_id = jobs.id)) as since,
        paused_at is not null or not exists (
          select from offered o where o.model_id = jobs.model_id and o.model_version = jobs.model_version
        ) as needs_somebody
      from jobs
      where finished_at is null
        and not exists (select from runs where batch_id = jobs.id and ended_at is null and cardinality(in_flight) > 0)
      order by needs_somebody desc, since, id
      limit ${most}
    )
    select jobs.id, jobs.owner, jobs.model_id as "modelId", jobs.model_version as "modelVersion",
      case jobs.lane when 0 then 'interactive' else 'bulk' end as lane,
      total_count - completed_count - failed_count - cancelled_count as "openRows",
      extract(epoch from now() - standing.since)::float8 as "standingSeconds", standing.total::int as total, 0 as running,
      finished_at as "finishedAt", cancelled_at as "cancelledAt", paused_at as "pausedAt",
      ${waitingColumns(rivals)}
    from standing join jobs on jobs.id = standing.id
    order by standing.needs_somebody desc, standing.since, standing.id`.execute(db);
  return { jobs: rows, total: rows[0]?.total ?? 0 };
}
