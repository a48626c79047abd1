/** A hub with much to choose from: what the plans of the claim are looked at with. */
import { sql } from 'kysely';
import type { Database } from '../src/storage/database.ts';
import { nextJob, runOn, type ChosenJob, type ClaimRequest } from '../src/storage/runs/claim-run.ts';
import { registerTestWorker, submitTestBatch } from './jobs.ts';

export interface LineSizes {
  readonly owners: number;
  readonly waitingJobs: number;
  readonly finishedJobs: number;
  /** Of the one job that is claimed from. */
  readonly rows: number;
  /** Open jobs of another version of the model, older than all others, which no host runs any more. */
  readonly strandedJobs?: number;
}

/** Fills the line of the model `echo`. @returns a claim on it, and a batch */
export async function fillLine(db: Database, sizes: LineSizes): Promise<{ readonly request: ClaimRequest; readonly batch: ChosenJob }> {
  const workerId = await registerTestWorker(db, [{ modelId: 'echo', modelVersion: '1', slots: 2 }]);
  const id = await submitTestBatch(db, sizes.rows);
  await sql`insert into owners (id) select 'owner-' || n from generate_series(1, ${sizes.owners}::int) n`.execute(db);
  await db.transaction().execute(async (tx) => {
    // Without the triggers of search and statistics, which no claim reads.
    await sql`set local session_replication_role = replica`.execute(tx);
    await copyJobs(tx, sizes, sizes.waitingJobs, sql`null`);
    await copyJobs(tx, sizes, sizes.finishedJobs, sql`now()`);
    await copyJobs(tx, sizes, sizes.strandedJobs ?? 0, sql`null`, '0');
  });
  await sql`analyze`.execute(db);
  const request = { workerId, modelId: 'echo', modelVersion: '1', environmentDigest: null, freeSlots: 2, maxRows: 1_000, rowSeconds: 1 };
  return { request, batch: { id, tag: 0 } };
}

/** Copies of the one job without its rows: no plan of choosing a job reads them. */
async function copyJobs(
  db: Database,
  { owners }: LineSizes,
  jobs: number,
  finishedAt: ReturnType<typeof sql>,
  version = '1',
): Promise<void> {
  await sql`
    insert into jobs (
      id, owner, created_at, finished_at, job_type, task_type, model_id, model_version, name, routed_by, parameters, seed, timeout_seconds,
      max_concurrency, total_count, checked_count, checked_until
    )
    select
      gen_random_uuid(), 'owner-' || 1 + n % ${owners}::int, now() - n * interval '1 second', ${finishedAt}, job_type, task_type, model_id,
      ${version}, name, routed_by, parameters, seed, timeout_seconds, max_concurrency, total_count, checked_count, checked_until
    from (select * from jobs order by id desc limit 1) one, generate_series(1, ${jobs}::int) n`.execute(db);
}

export interface Plan {
  readonly lines: readonly string[];
  /** Pages read, of the cache or the disk. */
  readonly pages: number;
}

/** Plans of both statements of a claim, as they ran; nothing of them is kept. */
export async function explainClaim(
  db: Database,
  request: ClaimRequest,
  batch: ChosenJob,
): Promise<{ readonly choose: Plan; readonly open: Plan }> {
  const undone = new Error('undone');
  let plans: { readonly choose: Plan; readonly open: Plan } | undefined;
  await db
    .transaction()
    .execute(async (tx) => {
      plans = { choose: await explain(tx, nextJob(request, sql`skip locked`)), open: await explain(tx, runOn(request, batch)) };
      throw undone;
    })
    .catch((error: unknown) => {
      if (error !== undone) throw error;
    });
  if (!plans) throw new Error('unreachable: the plans were made');
  return plans;
}

async function explain(tx: Database, statement: ReturnType<typeof sql>): Promise<Plan> {
  const { rows } = await sql<{ 'QUERY PLAN': string }>`explain (analyze, buffers, costs off) ${statement}`.execute(tx);
  const lines = rows.map((row) => row['QUERY PLAN']);
  const whole = lines.slice(
    0,
    lines.findIndex((line) => line.startsWith('Planning')),
  );
  // The first line of buffers is that of the whole statement.
  const buffers = whole.find((line) => line.includes('Buffers:')) ?? '';
  const pages = [...buffers.matchAll(/(?:hit|read)=(\d+)/g)].reduce((sum, [, number]) => sum + Number(number), 0);
  return { lines, pages };
}
