/** How often each old path was called, by day. */
import { sql } from 'kysely';
import type { Database } from './database.ts';

export interface UsageCount {
  readonly method: string;
  readonly path: string;
  readonly calls: number;
  readonly lastCalledAt: Date;
  readonly lastClient: string | null;
}

/** Adds to the counts of today. Any number of processes may. */
export async function addUsage(db: Database, counts: readonly UsageCount[]): Promise<void> {
  if (counts.length === 0) return;
  await sql`
    insert into legacy_usage (method, path, day, calls, last_called_at, last_client)
    select method, path, (last_called_at at time zone 'utc')::date, calls, last_called_at, last_client
    from unnest(
      ${counts.map((count) => count.method)}::text[], ${counts.map((count) => count.path)}::text[], ${counts.map((count) => count.calls)}::bigint[],
      ${counts.map((count) => count.lastCalledAt)}::timestamptz[], ${counts.map((count) => count.lastClient)}::text[]
    ) as given (method, path, calls, last_called_at, last_client)
    order by method, path
    on conflict (method, path, day) do update
    set calls = legacy_usage.calls + excluded.calls,
      last_called_at = greatest(legacy_usage.last_called_at, excluded.last_called_at),
      last_client = coalesce(excluded.last_client, legacy_usage.last_client)`.execute(db);
}

export interface UsageSum {
  readonly method: string;
  readonly path: string;
  readonly calls: number;
  readonly callsOfLastWeek: number;
  readonly callsOfLastMonth: number;
  readonly lastCalledAt: Date;
  readonly lastClient: string | null;
}

export async function sumUsage(db: Database): Promise<readonly UsageSum[]> {
  const { rows } = await sql<UsageSum>`
    select method, path, sum(calls)::float8 as calls,
      coalesce(sum(calls) filter (where day > (now() at time zone 'utc')::date - 7), 0)::float8 as "callsOfLastWeek",
      coalesce(sum(calls) filter (where day > (now() at time zone 'utc')::date - 30), 0)::float8 as "callsOfLastMonth",
      max(last_called_at) as "lastCalledAt", (array_agg(last_client order by last_called_at desc))[1] as "lastClient"
    from legacy_usage
    group by method, path
    order by method, path`.execute(db);
  return rows;
}
