/** Worker host, monitor, real PostgreSQL, real queue and real worker processes that obey their input. */
import { hostname } from 'node:os';
import { isJobId, LOCAL_OWNER, newWorkerId, type JobId } from '@omtx/contract';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { TEST_MODELS } from '../../test/hub.ts';
import { openHubParts, type HubParts } from '../../test/hub-parts.ts';
import { loadRegistry } from '../catalog/load-registry.ts';
import type { HubContext } from '../services/context.ts';
import { readRow } from '../services/read-jobs.ts';
import { submitJob } from '../services/submit-job.ts';
import { markCancelled } from '../storage/cancel.ts';
import { settledClaim } from '../../test/jobs.ts';
import type { ClaimedRun } from '../storage/runs/claim-run.ts';
import { Monitor } from './monitor.ts';

let hub: HubParts;
let ctx: HubContext;
let monitor: Monitor;

beforeAll(async () => {
  const registry = await loadRegistry({ folders: [TEST_MODELS], findEnvironment: () => Promise.resolve(undefined), offeredModels: [] });
  hub = await openHubParts(() => registry);
  ({ ctx, monitor } = hub);
});

afterEach(async () => {
  await hub.stopHost();
  await sql`delete from jobs`.execute(ctx.db);
});

afterAll(async () => {
  await monitor.stop();
  await hub.close();
});

async function submit(ligands: readonly object[], input: object = {}): Promise<JobId> {
  const answer = await submitJob(
    ctx,
    { owner: LOCAL_OWNER },
    { name: 'a job', taskType: 'protein_ligand_docking', modelId: 'echo', input: { ...input, ligands } },
  );
  if (!isJobId(answer.id)) throw new Error('no job id');
  return answer.id;
}

async function ended(id: JobId): Promise<string> {
  const status = async () =>
    ctx.db.selectFrom('jobs').select(['status', 'finished_at', 'slots_in_use']).where('id', '=', id).executeTakeFirstOrThrow();
  await expect.poll(async () => (await status()).finished_at, { timeout: 30_000, interval: 50 }).not.toBeNull();
  await expect.poll(async () => (await status()).slots_in_use, { timeout: 10_000, interval: 50 }).toBe(0);
  return (await status()).status;
}

async function outcomes(id: JobId): Promise<readonly (string | null)[]> {
  const rows = await ctx.db.selectFrom('batch_rows').select(['outcome', 'code']).where('batch_id', '=', id).orderBy('index').execute();
  return rows.map((row) => row.code ?? row.outcome);
}

/** SMILES that are all different. */
const chain = (index: number, more: object = {}): object => ({ smiles: 'C'.repeat(index + 1), ...more });

test('a batch runs to its end: every row has its one outcome, in input order, with score and file', async () => {
  const id = await submit([chain(0), { smiles: 'C1CC' }, chain(2, { fail: 'no_result' }), { smiles: 'C' }, chain(4)]);
  await hub.startHost();
  expect(await ended(id)).toBe('completed');
  expect(await outcomes(id)).toEqual(['completed', 'rejected_invalid_smiles', 'no_result', 'reused', 'completed']);
  const details = await ctx.db
    .selectFrom('row_details')
    .select(['index', 'artifacts'])
    .where('batch_id', '=', id)
    .orderBy('index')
    .execute();
  expect(details.map((row) => [row.index, row.artifacts[0]?.name])).toEqual([
    [0, 'echo.json'],
    [4, 'echo.json'],
  ]);
  const runs = await ctx.db.selectFrom('runs').select(['end_reason', 'artifacts', 'notes']).where('batch_id', '=', id).execute();
  expect(runs[0]).toMatchObject({ end_reason: 'finished', artifacts: [{ name: 'shared.json' }], notes: [{ code: 'opened' }] });
});

test('a job that comes while the host waits is taken at once', async () => {
  await hub.startHost();
  const id = await submit([chain(0)]);
  expect(await ended(id)).toBe('completed');
});

test('a row that kills its worker is tried alone once and failed; its neighbours complete', async () => {
  const id = await submit([chain(0), chain(1, { crash: true, sleep: 0.05 }), chain(2), chain(3, { sleep: 0.3 }), chain(4)]);
  await hub.startHost();
  expect(await ended(id)).toBe('completed');
  expect(await outcomes(id)).toEqual(['completed', 'worker_lost', 'completed', 'completed', 'completed']);
});

test('a row for which memory runs out is tried alone once and failed with advice; its neighbours complete', async () => {
  const print = 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB.';
  const id = await submit([chain(0), chain(1, { print, exit: 1, sleep: 0.05 }), chain(2), chain(3, { sleep: 0.3 })]);
  await hub.startHost();
  expect(await ended(id)).toBe('completed');
  expect(await outcomes(id)).toEqual(['completed', 'out_of_memory', 'completed', 'completed']);
  const attempts = await ctx.db.selectFrom('attempts').select(['index', 'code']).where('batch_id', '=', id).execute();
  expect(attempts.filter((each) => each.index === 1)).toEqual([{ index: 1, code: 'out_of_memory' }]);
  const runs = await ctx.db.selectFrom('runs').select('indexes').where('batch_id', '=', id).where('alone', '=', true).execute();
  expect(runs.map((run) => run.indexes)).toContainEqual([1]);
  expect((await readRow(ctx, { owner: LOCAL_OWNER }, id, 1)).failure?.remedy).toContain('on a larger machine');
});

test('a cancel stops rows in flight within seconds, and nothing of the job is stored after it', async () => {
  const id = await submit([chain(0), chain(1, { sleep: 60 }), chain(2, { sleep: 60 }), chain(3)]);
  await hub.startHost();
  await expect
    .poll(
      async () => (await ctx.db.selectFrom('runs').select('in_flight').where('batch_id', '=', id).executeTakeFirst())?.in_flight.length,
      {
        timeout: 10_000,
      },
    )
    .toBeGreaterThan(0);
  expect(await markCancelled(ctx.db, LOCAL_OWNER, id)).toBe('marked');
  await monitor.look();
  await ended(id);
  await expect.poll(() => hub.runCount(), { timeout: 2_000 }).toBe(0);
  const stored = await outcomes(id);
  expect(stored.slice(1)).toEqual(['cancelled', 'cancelled', 'cancelled']);
});

test('a host that is stopped in the middle puts its rows back, and the next one ends the job', async () => {
  const id = await submit([chain(0, { sleep: 1 }), chain(1, { sleep: 1 }), chain(2, { sleep: 1 })]);
  await hub.startHost();
  await expect.poll(() => hub.runCount(), { timeout: 10_000 }).toBe(1);
  await hub.stopHost();
  await hub.startHost();
  expect(await ended(id)).toBe('completed');
  expect(await ctx.db.selectFrom('attempts').selectAll().where('batch_id', '=', id).execute()).toEqual([]);
});

test('when every queue message is lost, the monitor writes them anew', async () => {
  const id = await submit([chain(0)]);
  await sql`delete from omtx_queue._private_jobs`.execute(ctx.db);
  await hub.startHost();
  await monitor.look();
  expect(await ended(id)).toBe('completed');
});

/** A run of a worker host that does not live. */
async function claimAsDead(host: string): Promise<ClaimedRun | undefined> {
  const dead = newWorkerId();
  await ctx.db
    .insertInto('workers')
    .values({ id: dead, host, boot_id: 'x', pid: 2 ** 22 - 1, process_started_at: 'long ago', offers: '[]' })
    .execute();
  return settledClaim(ctx.db, {
    workerId: dead,
    modelId: 'echo',
    modelVersion: '1.0.0',
    environmentDigest: null,
    freeSlots: 2,
    maxRows: 10,
  });
}

test('runs of an earlier life of this host are ended when it comes back, without waiting for their leases', async () => {
  const id = await submit([chain(0), chain(1)]);
  const lost = await claimAsDead(hostname());
  expect(lost?.indexes).toEqual([0, 1]);
  await hub.startHost();
  expect(await ended(id)).toBe('completed');
});

test('a run whose lease is over is lost: the monitor puts its rows back', async () => {
  const id = await submit([chain(0)]);
  await claimAsDead('elsewhere');
  await hub.startHost();
  await sql`update runs set lease_until = now() - interval '1 second'`.execute(ctx.db);
  await monitor.look();
  expect(await ended(id)).toBe('completed');
});

test('individual jobs share the CPUs of the host', async () => {
  const ids = [await submit([chain(0, { sleep: 2 })]), await submit([chain(1, { sleep: 2 })])];
  await hub.startHost();
  await expect.poll(() => hub.runCount(), { timeout: 10_000 }).toBe(2);
  for (const id of ids) expect(await ended(id)).toBe('completed');
});

test('a small job does not wait for the end of a long run: the run gives back what it has not started', async () => {
  const long = await submit(Array.from({ length: 30 }, (_, index) => chain(index, { sleep: 0.4 })));
  await hub.startHost();
  await expect.poll(() => hub.runCount(), { timeout: 10_000 }).toBe(1);
  const small = await submit([chain(0)]);
  expect(await ended(small)).toBe('completed');
  const { finished_at } = await ctx.db.selectFrom('jobs').select('finished_at').where('id', '=', long).executeTakeFirstOrThrow();
  expect(finished_at).toBeNull();
  expect(await ended(long)).toBe('completed');
  expect(await outcomes(long)).toEqual(Array.from({ length: 30 }, () => 'completed'));
});

test('a host that finds the only job held by another transaction takes its rows as soon as it is free, with no monitor to wake it', async () => {
  await monitor.stop();
  const id = await submit([chain(0)]);
  try {
    await ctx.db.transaction().execute(async (tx) => {
      await sql`select from jobs where id = ${id} for update`.execute(tx);
      await hub.startHost();
      const waiting = sql`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
      // Once it waits, and again after it gave up waiting.
      for (let time = 0; time < 2; time++) {
        await expect.poll(async () => (await waiting.execute(tx)).rows.length, { timeout: 10_000, interval: 5 }).toBe(1);
        if (time === 0) await expect.poll(async () => (await waiting.execute(tx)).rows.length, { timeout: 10_000, interval: 5 }).toBe(0);
      }
    });
    expect(await ended(id)).toBe('completed');
  } finally {
    monitor = new Monitor(ctx);
  }
});
