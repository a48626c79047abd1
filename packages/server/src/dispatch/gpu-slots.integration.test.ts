/** GPUs of a host as slots: who has which, who waits, and what a reader is told. Fake GPUs, real worker processes that tell what they were given. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isJobId, LOCAL_OWNER, type JobId } from '@omtx/contract';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openHubParts, PROGRAMS, type HubParts } from '../../test/hub-parts.ts';
import { writeGpuModels } from '../../test/models-with-gpus/write-models.ts';
import { loadRegistry } from '../catalog/load-registry.ts';
import { PYTHON_LIBRARIES } from '../catalog/python-libraries.ts';
import { findGpus } from '../machine/gpus.ts';
import type { HubContext } from '../services/context.ts';
import { readJob } from '../services/read-jobs.ts';
import { readWorkers } from '../services/read-workers.ts';
import { submitJob } from '../services/submit-job.ts';

const owner = { owner: LOCAL_OWNER };

let folder: string;
let hub: HubParts;
let ctx: HubContext;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omtx-gpu-models-'));
  const models = await writeGpuModels(folder, {
    folds: { gpus: 1 },
    'folds-too': { gpus: 1 },
    'folds-large': { gpus: 4 },
    helped: { gpus: 0, gpuHelps: true },
    plain: { gpus: 0 },
    whole: { cpus: 8, gpus: 0 },
  });
  const registry = await loadRegistry({ folders: [models], findEnvironment: () => Promise.resolve(undefined), offeredModels: [] });
  expect(registry.broken).toEqual([]);
  hub = await openHubParts(() => registry);
  ctx = hub.ctx;
});

afterEach(async () => {
  await hub.stopHost();
  await sql`delete from jobs`.execute(ctx.db);
  await sql`delete from workers`.execute(ctx.db);
});

afterAll(async () => {
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});

/** A host of so many GPUs, as the setting says. */
async function startHost(gpuCount: number): Promise<void> {
  const gpus = await findGpus({ programPath: PROGRAMS, count: gpuCount, visible: undefined });
  await hub.startHost({ cpus: 8, gpus, pythonPath: PYTHON_LIBRARIES });
}

async function submit(modelId: string, sleep = 0, more: object = {}): Promise<JobId> {
  const body = { name: 'a job', taskType: 'protein_ligand_docking', modelId, input: { ligand: { smiles: 'C', sleep } }, ...more };
  const { id } = await submitJob(ctx, owner, body);
  if (!isJobId(id)) throw new Error('no job id');
  return id;
}

async function end(id: JobId): Promise<void> {
  const job = async () => ctx.db.selectFrom('jobs').select(['finished_at', 'slots_in_use']).where('id', '=', id).executeTakeFirstOrThrow();
  await expect.poll(async () => (await job()).finished_at, { timeout: 30_000, interval: 30 }).not.toBeNull();
  await expect.poll(async () => (await job()).slots_in_use, { timeout: 10_000, interval: 30 }).toBe(0);
}

async function started(id: JobId): Promise<void> {
  const inFlight = async () =>
    (await ctx.db.selectFrom('runs').select('in_flight').where('batch_id', '=', id).executeTakeFirst())?.in_flight.length ?? 0;
  await expect.poll(inFlight, { timeout: 30_000, interval: 30 }).toBeGreaterThan(0);
}

interface Seen {
  readonly devices: string;
  readonly worker: string;
}

/** What the worker of each row told, in the order of the rows. */
async function seenBy(id: JobId): Promise<readonly Seen[]> {
  const rows = await ctx.db.selectFrom('row_details').select('tables').where('batch_id', '=', id).orderBy('index').execute();
  return rows.flatMap(({ tables }) => (tables as unknown as { readonly seen: readonly Seen[] }).seen);
}

async function waits(id: JobId): Promise<string | null> {
  return (await readJob(ctx, owner, id)).waitingFor;
}

test('of three jobs on two GPUs two run at once, each on a GPU of its own, and the third waits and says so', async () => {
  await startHost(2);
  const [first, second] = [await submit('folds', 4), await submit('folds-too', 4)];
  await Promise.all([started(first), started(second)]);
  const ahead = [await submit('folds', 0, { name: 'ahead' }), await submit('folds-too', 0, { name: 'ahead too' })];
  const third = await submit('folds');
  expect(await waits(third)).toMatch(/^Waiting for a GPU slot, 3rd in line: 2 other jobs of yours run/);
  expect(hub.runCount()).toBe(2);
  for (const id of [first, second, ...ahead, third]) await end(id);
  const devices = [...(await seenBy(first)), ...(await seenBy(second))].map((each) => each.devices);
  expect(devices.toSorted()).toEqual(['0', '1']);
  expect(['0', '1']).toContain((await seenBy(third))[0]?.devices);
});

test('rows of one batch are spread over the GPUs, each worker with one of them', async () => {
  const ligands = Array.from({ length: 4 }, (_, index) => ({ smiles: 'C'.repeat(index + 1), sleep: 0.7 }));
  const id = await submit('folds', 0, { input: { ligands } });
  await startHost(2);
  await end(id);
  const seen = await seenBy(id);
  expect(new Set(seen.map((each) => each.devices))).toEqual(new Set(['0', '1']));
  for (const device of ['0', '1']) expect(new Set(seen.filter((each) => each.devices === device).map((each) => each.worker)).size).toBe(1);
});

test('a warm worker keeps its GPU, and gives it back when another model needs it', async () => {
  await startHost(1);
  const told: (Seen | undefined)[] = [];
  for (const modelId of ['folds', 'folds', 'folds-too', 'folds']) {
    const id = await submit(modelId);
    await end(id);
    told.push((await seenBy(id))[0]);
  }
  expect(told.map((each) => each?.devices)).toEqual(['0', '0', '0', '0']);
  expect(told[1]?.worker).toBe(told[0]?.worker);
  expect(told[3]?.worker).not.toBe(told[0]?.worker);
  expect(() => process.kill(Number(told[0]?.worker), 0)).toThrow();
});

test('a model that only runs faster with a GPU takes a free one and else runs on CPUs; one that wants none sees none', async () => {
  await startHost(1);
  const onGpu = await submit('helped', 2);
  await started(onGpu);
  const onCpus = await submit('helped');
  const plain = await submit('plain');
  for (const id of [onCpus, plain, onGpu]) await end(id);
  expect((await seenBy(onGpu))[0]?.devices).toBe('0');
  expect((await seenBy(onCpus))[0]?.devices).toBe('');
  expect((await seenBy(plain))[0]?.devices).toBe('');
});

test('a host says what it has and offers only what it can run; without a worker a job says what is missing', async () => {
  await startHost(2);
  const { workers } = await readWorkers(ctx);
  expect(workers[0]).toMatchObject({ cpus: 8, gpus: [{ device: '0' }, { device: '1' }] });
  const slots = Object.fromEntries(workers[0]?.offers.map((offer) => [offer.modelId, offer.slots]) ?? []);
  expect(slots).toEqual({ folds: 2, 'folds-too': 2, helped: 8, plain: 8, whole: 1 });
  const tooLarge = await submit('folds-large');
  expect(await waits(tooLarge)).toMatch(/^No worker has offered folds-large 1\.0\.0 yet\. Start one .* with a GPU/);
  await hub.stopHost();
  const stranded = await submit('folds');
  expect(await waits(stranded)).toMatch(/^No worker offers folds 1\.0\.0 since \d{4}-\d\d-\d\d \d\d:\d\d UTC\. Start one/);
});

test('a job of one model does not wait behind a long batch of another: whose turn it is goes across models', async () => {
  const ligands = Array.from({ length: 12 }, (_, index) => ({ smiles: 'C'.repeat(index + 1), sleep: 0.4 }));
  await startHost(1);
  const long = await submit('folds', 0, { input: { ligands } });
  await started(long);
  const small = await submit('folds-too');
  await end(small);
  const { finished_at } = await ctx.db.selectFrom('jobs').select('finished_at').where('id', '=', long).executeTakeFirstOrThrow();
  expect(finished_at).toBeNull();
  await end(long);
});

test('what a starved job waits for goes to nobody behind it: a model that needs the whole host gets it between runs of others', async () => {
  const rowsOf = (count: number, sleep: number) => ({
    input: { ligands: Array.from({ length: count }, (_, index) => ({ smiles: 'C'.repeat(index + 1), sleep })) },
    maxConcurrency: 4,
  });
  const others = [await submit('plain', 0, rowsOf(40, 0.3)), await submit('plain', 0, rowsOf(40, 0.4))];
  await startHost(0);
  await Promise.all(others.map(started));
  const whole = await submit('whole', 0, { ...rowsOf(5, 0.3), lane: 'bulk' });
  await sql`update jobs set waiting_since = now() - interval '11 minutes' where id = ${whole}`.execute(ctx.db);
  await started(whole);
  const unfinished = await ctx.db.selectFrom('jobs').select('id').where('id', 'in', others).where('finished_at', 'is', null).execute();
  expect(unfinished).toHaveLength(2);
});
