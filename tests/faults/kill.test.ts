/** kill -9 of the model process, of the worker, and of the hub, in the middle of a screen: every row still gets its one outcome. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OmtxClient } from '@omtx/client';
import type { RowView, SubmitJob } from '@omtx/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase } from '../../packages/server/test/database.ts';
import { descendants, isAlive, newDataDir, ROOT, startProcess, type HubProcess } from '../support/hub-process.ts';
import { needsVina } from '../support/needs-vina.ts';

let dataDir: string;
const running = new Set<HubProcess>();

beforeEach(async () => {
  dataDir = await newDataDir();
});

afterEach(async () => {
  for (const each of running) await each.stop();
  running.clear();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(command: 'serve' | 'work', options: Parameters<typeof startProcess>[2] = {}): Promise<HubProcess> {
  const started = await startProcess(command, dataDir, options);
  running.add(started);
  return started;
}

async function kill(hub: HubProcess): Promise<void> {
  running.delete(hub);
  await hub.kill();
}

function slowScreen(rows: number, seconds: number): SubmitJob {
  const ligands = Array.from({ length: rows }, (_, index) => ({ smiles: 'C'.repeat(index + 1), sleep: seconds }));
  return { name: 'slow', taskType: 'protein_ligand_docking', modelId: 'echo', input: { ligands } };
}

async function until(client: OmtxClient, id: string, completed: number): Promise<void> {
  await expect
    .poll(async () => (await client.getJob(id)).progress.completed, { timeout: 240_000, interval: 100 })
    .toBeGreaterThanOrEqual(completed);
}

async function allRows(client: OmtxClient, id: string): Promise<readonly RowView[]> {
  await expect.poll(async () => (await client.getJob(id)).finishedAt, { timeout: 240_000, interval: 200 }).not.toBeNull();
  const rows: RowView[] = [];
  for await (const row of client.allRows(id)) rows.push(row);
  return rows;
}

test('the model process is killed: the row in flight is tried again, its neighbours complete', async () => {
  const hub = await start('serve', { args: ['--cpus', '2'] });
  const client = new OmtxClient({ baseUrl: hub.url });
  const { id } = await client.submitJob(slowScreen(6, 0.7));
  await until(client, id, 1);
  for (const pid of descendants(hub.pid, 'echo/worker.ts')) process.kill(pid, 'SIGKILL');
  const rows = await allRows(client, id);
  expect(rows.map((row) => row.outcome)).toEqual(rows.map(() => 'completed'));
  expect(rows.some((row) => row.attempt === 2)).toBe(true);
});

test('the hub is killed: its model processes go with it, and after a restart every row has its outcome', async () => {
  const first = await start('serve', { args: ['--cpus', '2'] });
  const { id } = await new OmtxClient({ baseUrl: first.url }).submitJob(slowScreen(6, 0.7));
  await until(new OmtxClient({ baseUrl: first.url }), id, 1);
  const models = descendants(first.pid, 'echo/worker.ts');
  await kill(first);
  await expect.poll(() => models.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  const second = await start('serve', { args: ['--cpus', '2'] });
  const rows = await allRows(new OmtxClient({ baseUrl: second.url }), id);
  expect(rows.map((row) => row.outcome)).toEqual(rows.map(() => 'completed'));
});

test('a worker host is killed: another one, started after it, ends the screen', async () => {
  const database = await createTestDatabase();
  const environment = { DATABASE_URL: database.url };
  const hub = await start('serve', { args: ['--no-work'], environment });
  const worker = await start('work', { args: ['--cpus', '2'], environment });
  const client = new OmtxClient({ baseUrl: hub.url });
  const { id } = await client.submitJob(slowScreen(6, 0.7));
  await until(client, id, 1);
  await kill(worker);
  const next = await start('work', { args: ['--cpus', '2'], environment });
  const rows = await allRows(client, id);
  expect(rows.map((row) => row.outcome)).toEqual(rows.map(() => 'completed'));
  for (const each of [next, hub]) {
    running.delete(each);
    expect(await each.stop()).toBe(0);
  }
  await database.drop();
});

test('the model process, the worker and the hub are killed in the middle of the demo screen, on the real engine', async (context) => {
  await needsVina(context);
  const text = await readFile(join(ROOT, 'models', 'vina', 'examples', 'cox2-drugs.csv'), 'utf8');
  const database = await createTestDatabase();
  const environment = { DATABASE_URL: database.url };
  const first = await start('serve', { args: ['--no-work'], environment });
  const firstWorker = await start('work', { args: ['--cpus', '2'], environment });
  const client = new OmtxClient({ baseUrl: first.url });
  const { id } = await client.submitJob({
    name: 'COX-2 demo screen',
    taskType: 'protein_ligand_docking',
    modelId: 'vina',
    input: { receptor: { dockstring: 'PTGS2' }, library: { format: 'csv', text } },
    parameters: { exhaustiveness: 2 },
  });
  await until(client, id, 2);
  const models = descendants(firstWorker.pid, 'vina/worker.py');
  expect(models.length).toBeGreaterThan(0);
  for (const pid of models) process.kill(pid, 'SIGKILL');
  await until(client, id, 4);
  const orphans = descendants(firstWorker.pid, 'vina/worker.py');
  await kill(firstWorker);
  await expect.poll(() => orphans.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  await start('work', { args: ['--cpus', '2'], environment });
  await until(client, id, 6);
  expect((await client.getJob(id)).finishedAt).toBeNull();
  await kill(first);
  const second = await start('serve', { args: ['--no-work'], environment });
  const rows = await allRows(new OmtxClient({ baseUrl: second.url }), id);
  const outcomes = Object.groupBy(rows, (row) => row.outcome ?? 'none');
  expect(Object.fromEntries(Object.entries(outcomes).map(([outcome, of]) => [outcome, of?.length]))).toEqual({
    completed: 13,
    reused: 1,
    rejected: 1,
  });
  for (const each of running) await each.stop();
  running.clear();
  await database.drop();
});
