/** Projects of an owner, and how long their finished jobs are kept. */
import type { DeletedJob, OwnerId, Project } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

export async function listProjects(db: Database, owner: OwnerId): Promise<Project[]> {
  const { rows } = await sql<Project>`
    select name, retention_days as "retentionDays",
      (select count(*)::int from jobs where jobs.owner = p.owner and jobs.project = p.name) as jobs,
      case when retention_days is null then 0 else (
        select count(*)::int from jobs
        where jobs.owner = p.owner and jobs.project = p.name and jobs.finished_at < now() - make_interval(days => p.retention_days)
      ) end as "jobsDue"
    from projects p where owner = ${owner} order by name`.execute(db);
  return rows;
}

/** Makes the project where there is none. */
export async function setRetention(db: Database, owner: OwnerId, name: string, days: number | null): Promise<void> {
  await sql`
    insert into projects (owner, name, retention_days) values (${owner}, ${name}, ${days})
    on conflict (owner, name) do update set retention_days = excluded.retention_days`.execute(db);
}

/** The last deleted first. */
export async function listDeletedJobs(db: Database, owner: OwnerId, limit: number): Promise<DeletedJob[]> {
  const { rows } = await sql<
    Omit<DeletedJob, 'createdAt' | 'finishedAt' | 'deletedAt'> & { createdAt: Date; finishedAt: Date | null; deletedAt: Date }
  >`
    select id, name, job_type as "jobType", task_type as "taskType", model_id as "modelId", model_version as "modelVersion", project,
      total_count as rows, created_at as "createdAt", finished_at as "finishedAt", deleted_at as "deletedAt", reason
    from deleted_jobs where owner = ${owner} order by deleted_at desc, id limit ${limit}`.execute(db);
  return rows.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
    deletedAt: row.deletedAt.toISOString(),
  }));
}
