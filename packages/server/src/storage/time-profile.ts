/** What the time left of a job needs to know of rows that have not run: a few of their inputs, and what was made of them. */
import type { JobId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';

export interface SampledInput {
  readonly index: number;
  readonly total: number;
  readonly input: unknown;
}

/** At most `most` rows that run, spread evenly over the job; each is found by its key. */
export async function sampleInputs(db: Database, batchId: JobId, most: number): Promise<readonly SampledInput[]> {
  const { rows } = await sql<SampledInput>`
    select r.index, j.total_count as total, r.input
    from jobs j
    cross join lateral generate_series(0, least(${most}::int, j.total_count) - 1) as step
    cross join lateral (
      -- with the limit each is looked up; without, the whole batch was read
      select index, input from batch_rows
      where batch_id = j.id and index = (step::bigint * j.total_count / least(${most}::int, j.total_count))::int
        and reused_from is null and outcome is distinct from 'rejected'
      limit 1
    ) r
    where j.id = ${batchId}
    order by r.index`.execute(db);
  return rows;
}

export async function storeTimeProfile(db: Database, batchId: JobId, profile: readonly number[]): Promise<void> {
  await sql`update jobs set time_profile = ${profile}::real[], updated_at = now() where id = ${batchId} and finished_at is null`.execute(
    db,
  );
}
