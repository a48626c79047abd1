/** Rows at a model server, with real PostgreSQL, queue and worker hosts: what hosts that stop, die or lose their lease do to work there. */
import { join } from 'node:path';
import { isJobId, LOCAL_OWNER, type JobId, type RunId } from '@omtx/contract';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openHubParts, type HubParts } from '../../test/hub-parts.ts';
import { ModelServer, SECRET } from '../../test/remote/model-server.ts';
import { httpRunner, remoteManifest, writeRemoteModel } from '../../test/remote/write-model.ts';
import { loadRegistry } from '../catalog/load-registry.ts';
import type { Registry } from '../catalog/registry.ts';
import { HttpRunner } from '../runners/http/http-runner.ts';
import type { HubContext } from '../services/context.ts';
import { retryJob } from '../services/retry-job.ts';
import { submitJob } from '../services/submit-job.ts';
import { cancelRows, markCancelled } from '../storage/cancel.ts';
import { collectFiles } from '../storage/retention/collect-files.ts';
import { endRun } from '../storage/runs/end-run.ts';
import { beginRemoteTask } from '../storage/runs/remote-tasks.ts';
import { DatabaseLedger } from './remote-ledger.ts';

let hub: HubParts;
let ctx: HubContext;
let registry: Registry;
let server: ModelServer;

beforeAll(async () => {
  hub = await openHubParts(() => registry);
  ctx = hub.ctx;
});

beforeEach(async () => {
  server = await ModelServer.start();
  server.looksUntilDone = undefined;
  const manifest = await remoteManifest(httpRunner(server.url));
  registry = await loadRegistry({
    folders: [await writeRemoteModel(join(hub.folder, 'models'), manifest)],
    findEnvironment: () => Promise.resolve(undefined),
    offeredModels: [],
    outbound: { hosts: [server.host], secrets: { fake: SECRET } },
  });
});

afterEach(async () => {
  await hub.stopHost();
  await server.goAway();
  await sql`delete from jobs`.execute(ctx.db);
  await sql`delete from remote_tasks`.execute(ctx.db);
});

afterAll(() => hub.close());

function startHost(): Promise<void> {
  const outbound = { hosts: [server.host], secrets: { fake: SECRET } };
  return hub.startHost({ cpus: 1, remote: (parts) => [new HttpRunner(outbound, new DatabaseLedger(parts))] });
}

async function submit(smiles: readonly string[]): Promise<JobId> {
  const ligands = smiles.map((each) => ({ smiles: each }));
  const answer = await submitJob(
    ctx,
    { owner: LOCAL_OWNER },
    { name: 'a job', taskType: 'protein_ligand_docking', modelId: 'remote', input: { ligands } },
  );
  if (!isJobId(answer.id)) throw new Error('no job id');
  return answer.id;
}

async function rowsOf(id: JobId) {
  return ctx.db
    .selectFrom('batch_rows')
    .select(['status', 'code', 'attempt', 'score'])
    .where('batch_id', '=', id)
    .orderBy('index')
    .execute();
}

async function untilTaken(count: number): Promise<void> {
  await expect.poll(() => server.works.filter(({ looks }) => looks > 0).length, { timeout: 20_000 }).toBe(count);
}

async function untilEnded(id: JobId): Promise<void> {
  const isEnded = async () =>
    (await ctx.db.selectFrom('jobs').select('finished_at').where('id', '=', id).executeTakeFirstOrThrow()).finished_at;
  await expect.poll(isEnded, { timeout: 25_000, interval: 50 }).not.toBeNull();
}

async function taskCount(): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from remote_tasks`.execute(ctx.db);
  return rows[0]?.count ?? -1;
}

async function liveRun(id: JobId): Promise<RunId> {
  return (await ctx.db.selectFrom('runs').select('id').where('batch_id', '=', id).where('ended_at', 'is', null).executeTakeFirstOrThrow())
    .id;
}

const completed = (score: number) => ({ status: 'completed', code: null, attempt: 1, score });

test('more rows run at a server than the host has CPUs, each has its outcome with files and checksums, and nothing is left written down', async () => {
  const id = await submit(['C', 'CC', 'CCI', 'CCCC']);
  await startHost();
  await untilTaken(4);
  server.finish();
  await untilEnded(id);
  expect(await rowsOf(id)).toEqual([
    completed(-1),
    completed(-2),
    { status: 'failed', code: 'model_error', attempt: 1, score: null },
    completed(-4),
  ]);
  const details = await ctx.db
    .selectFrom('row_details')
    .select('artifacts')
    .where('batch_id', '=', id)
    .where('index', '=', 0)
    .executeTakeFirstOrThrow();
  expect(details.artifacts.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([
    ['pose-1.pdb', 7],
    ['pose-2.pdb', 7],
    ['report.json', 11],
  ]);
  for (const { sha256 } of details.artifacts) expect(await ctx.artifacts.sizeOf(sha256)).toBeGreaterThan(0);
  const run = await ctx.db.selectFrom('runs').select('notes').where('batch_id', '=', id).executeTakeFirstOrThrow();
  expect(run.notes).toEqual([{ code: 'remote', message: `The rows ran at ${server.url}.` }]);
  await expect.poll(taskCount, { timeout: 10_000 }).toBe(0);
});

test('a host that is stopped and started again goes on with the work that it left, and no row is sent or charged again', async () => {
  const id = await submit(['C', 'CC']);
  await startHost();
  await untilTaken(2);
  await hub.stopHost();
  expect(server.works.map(({ state }) => state)).toEqual(['running', 'running']);
  await startHost();
  server.finish();
  await untilEnded(id);
  expect(await rowsOf(id)).toEqual([completed(-1), completed(-2)]);
  expect(server.works).toHaveLength(2);
});

test('rows of a run that lost its lease are found at the server by the next run at the same attempt; the one that lost it changes nothing', async () => {
  const id = await submit(['C', 'CC']);
  await startHost();
  await untilTaken(2);
  const lost = await liveRun(id);
  for (let time = 0; time < 4; time += 1) {
    // As the monitor does when a host is silent. Four times: rows that are charged each time would have failed by then.
    await endRun(ctx.db, await liveRun(id), 'lost');
    await expect.poll(async () => liveRun(id).catch(() => undefined), { timeout: 20_000 }).toBeDefined();
  }
  server.finish();
  await untilEnded(id);
  expect(await rowsOf(id)).toEqual([completed(-1), completed(-2)]);
  expect(server.works).toHaveLength(2);
  const runs = await ctx.db.selectFrom('runs').select('id').where('batch_id', '=', id).execute();
  expect(runs.length).toBeGreaterThan(4);
  expect(runs.map((run) => run.id)).toContain(lost);
});

test('a run that is over begins no work elsewhere, and two runs never begin it for the same row', async () => {
  const id = await submit(['C', 'CC']);
  await startHost();
  await untilTaken(2);
  const runId = await liveRun(id);
  const task = { runId, kind: 'http' as const, modelId: 'remote', modelVersion: '1.0.0', batchId: id };
  expect(await beginRemoteTask(ctx.db, { ...task, rows: [{ index: 0, attempt: 1 }] })).toBeUndefined();
  expect(await beginRemoteTask(ctx.db, { ...task, rows: [{ index: 0, attempt: 9 }] })).toBeDefined();
  await endRun(ctx.db, runId, 'stopped');
  expect(await beginRemoteTask(ctx.db, { ...task, rows: [{ index: 0, attempt: 10 }] })).toBeUndefined();
});

test('cancel of a job stops its work at the server, and of a row that of the row alone', async () => {
  const id = await submit(['C', 'CC', 'CCC']);
  await startHost();
  await untilTaken(3);
  await cancelRows(ctx.db, LOCAL_OWNER, id, [1]);
  const stopped = () => server.works.filter(({ state }) => state === 'stopped').map(({ request }) => request.smiles);
  await expect.poll(stopped, { timeout: 10_000 }).toEqual(['CC']);
  await markCancelled(ctx.db, LOCAL_OWNER, id);
  await expect.poll(() => stopped().toSorted(), { timeout: 10_000 }).toEqual(['C', 'CC', 'CCC']);
  await expect.poll(taskCount, { timeout: 10_000 }).toBe(0);
});

test('work of a job that was cancelled while no host ran is stopped when one comes, and a retry of the row sends it anew', async () => {
  const id = await submit(['C', 'CC']);
  await startHost();
  await untilTaken(2);
  await hub.stopHost();
  await cancelRows(ctx.db, LOCAL_OWNER, id, [1]);
  await retryJob(ctx, { owner: LOCAL_OWNER }, id, { rows: [1] });
  expect(server.works.map(({ state }) => state)).toEqual(['running', 'running']);
  await startHost();
  await expect
    .poll(() => server.works.map(({ state, request }) => [request.smiles, state]), { timeout: 20_000 })
    .toEqual([
      ['C', 'running'],
      ['CC', 'stopped'],
      ['CC', 'running'],
    ]);
  server.finish();
  await untilEnded(id);
  expect(await rowsOf(id)).toEqual([completed(-1), { ...completed(-2), attempt: 2 }]);
});

test('a server that cannot be reached is asked again to stop what nobody waits for', async () => {
  const id = await submit(['C']);
  await startHost();
  await untilTaken(1);
  await hub.stopHost();
  await server.goAway();
  await startHost();
  await markCancelled(ctx.db, LOCAL_OWNER, id);
  expect(await taskCount()).toBe(1);
  await server.listen();
  await expect.poll(() => server.works.map(({ state }) => state), { timeout: 25_000 }).toEqual(['stopped']);
  await expect.poll(taskCount, { timeout: 10_000 }).toBe(0);
});

test('an answer that was kept is not collected while its row waits, and the row is told from it without asking the server', async () => {
  const id = await submit(['CCO']);
  await startHost();
  await untilTaken(1);
  await hub.stopHost();
  const [task] = await ctx.db.selectFrom('remote_tasks').select('id').execute();
  const body = { status: 'success', score: -99, poses: ['ATOM'], confidences: [1], report: {} };
  await new DatabaseLedger(ctx).keepAnswer(task?.id ?? '', Buffer.from(JSON.stringify(body)));
  await sql`update artifacts set touched_at = now() - interval '2 hours'`.execute(ctx.db);
  await collectFiles(ctx.db, ctx.artifacts);
  await server.goAway();
  await startHost();
  await untilEnded(id);
  expect(await rowsOf(id)).toEqual([completed(-99)]);
  await server.listen();
});
