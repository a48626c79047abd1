/** Processes that serve keep nothing of their own: any request of a job may go to any of them, and one that dies takes nothing with it. */
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { OmtxClient } from '@omtx/client';
import type { JobEvent } from '@omtx/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../packages/server/test/database.ts';
import { newDataDir, startProcess, type HubProcess } from '../support/hub-process.ts';

const LIMIT = { timeout: 60_000, interval: 100 };
const SEQUENCE = 'MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQ';
const SECRET_SMILES = 'CCCCCCCCCCCCCCCCCCCCBr';
const screen = {
  name: 'two hubs',
  taskType: 'protein_ligand_docking',
  modelId: 'echo',
} as const;

let database: TestDatabase;
let folders: readonly string[];
let hubs: readonly HubProcess[];
let worker: HubProcess;
let one: OmtxClient;
let two: OmtxClient;

beforeAll(async () => {
  database = await createTestDatabase();
  folders = await Promise.all([newDataDir(), newDataDir(), newDataDir()]);
  const [first = '', ...others] = folders;
  await mkdir(join(first, 'artifacts'));
  // The stored files are all that they share besides the database, as over NFS.
  for (const other of others) await symlink(join(first, 'artifacts'), join(other, 'artifacts'));
  const environment = { DATABASE_URL: database.url, OMTX_LOG_LEVEL: 'debug' };
  const start = (command: 'serve' | 'work', place: number) =>
    startProcess(command, folders[place] ?? '', { args: command === 'serve' ? ['--no-work'] : ['--cpus', '2'], environment });
  hubs = [await start('serve', 0), await start('serve', 1)];
  worker = await start('work', 2);
  [one, two] = hubs.map(({ url }) => new OmtxClient({ baseUrl: url })) as [OmtxClient, OmtxClient];
});

afterAll(async () => {
  await worker.stop();
  for (const hub of hubs) await hub.stop();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
  await database.drop();
});

async function bytesOf(client: OmtxClient, id: string, sha256: string): Promise<string> {
  return new Response(await client.getArtifact(id, sha256)).text();
}

test('a file sent to one is a job on the other, and a key of a submission is known to both', async () => {
  const upload = await one.upload(new Blob(['CCO ethanol\nCCC propane\nC1CC broken\n']), { fileName: 'library.smi' });
  const job = { ...screen, input: { library: { uploadId: upload.id } }, idempotencyKey: 'the same submission' };
  const { id } = await two.submitJob(job);
  expect((await one.submitJob(job)).id).toBe(id);
  await expect.poll(async () => (await one.getJob(id)).finishedAt, LIMIT).not.toBeNull();
  // Ligands are made ready for the search behind the job's end.
  await expect.poll(async () => (await two.getJob(id)).indexed, LIMIT).toBe(3);
  expect(await two.getJob(id)).toEqual(await one.getJob(id));
  const [file] = (await one.getRow(id, 0)).artifacts;
  expect(await bytesOf(two, id, file?.sha256 ?? '')).toBe(await bytesOf(one, id, file?.sha256 ?? ''));
  const texts = await Promise.all([one, two].map(async (client) => new Response((await client.exportRows(id, 'csv')).content).text()));
  expect(texts[0]).toBe(texts[1]);
});

test('what is changed by one is read by the other in the very next request', async () => {
  const ligands = Array.from({ length: 20 }, (_, size) => ({ smiles: 'C'.repeat(size + 1), sleep: 30 }));
  const { id } = await one.submitJob({ ...screen, input: { ligands } });
  for (const [writer, reader, name] of [
    [one, two, 'first name'],
    [two, one, 'second name'],
  ] as const) {
    expect((await reader.getJob(id)).id).toBe(id);
    await rename(writer === one ? 0 : 1, id, name);
    expect((await reader.getJob(id)).name).toBe(name);
    expect((await reader.listJobs()).jobs.find((job) => job.id === id)?.name).toBe(name);
  }
  await one.pauseJob(id);
  expect((await two.getJob(id)).pausedAt).not.toBeNull();
  await two.cancelJob(id);
  await expect.poll(async () => (await one.getJob(id)).status, LIMIT).toBe('cancelled');
});

async function rename(place: number, id: string, name: string): Promise<void> {
  const answer = await fetch(`${hubs[place]?.url ?? ''}/api/v4/jobs/${id}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  expect(answer.status).toBe(200);
}

function logged(): readonly Record<string, unknown>[] {
  return [...(hubs[0]?.lines ?? []), ...worker.lines].map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('a log has requests, answers and runs by their ids, and nothing of what was sent', async () => {
  const ligands = [{ smiles: SECRET_SMILES, sequence: SEQUENCE }, { smiles: 'CCCCCCCCCCCCCCCCCCCCI' }];
  const { id } = await one.submitJob({ ...screen, input: { ligands } });
  await expect.poll(async () => (await one.getJob(id)).finishedAt, LIMIT).not.toBeNull();
  await one.getRow(id, 0);
  await fetch(`${hubs[0]?.url ?? ''}/api/v4/jobs/${id}/rows?similarTo=${encodeURIComponent(SECRET_SMILES)}`);
  const refused = await fetch(`${hubs[0]?.url ?? ''}/api/v4/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...screen, input: { ligand: { smiles: SECRET_SMILES } }, secretToken: 'not for the log' }),
  });
  const { requestId } = (await refused.json()) as { requestId: string };

  // They come through a pipe, a moment after what they tell of.
  await expect.poll(() => logged().some(({ event, requestId: own }) => event === 'answer' && own === requestId), LIMIT).toBe(true);
  await expect.poll(() => logged().some(({ event, jobId }) => event === 'run_ended' && jobId === id), LIMIT).toBe(true);
  const lines = logged();
  expect(lines.filter(({ event }) => typeof event !== 'string')).toEqual([]);
  const about = lines.filter((line) => line['requestId'] === requestId);
  expect(about).toMatchObject([
    { event: 'request', method: 'POST', path: '/api/v4/jobs', body: { modelId: 'echo' } },
    { event: 'answer', status: 400, route: '/api/v4/jobs', body: { requestId } },
  ]);
  const [started] = lines.filter(({ event, jobId }) => event === 'run_started' && jobId === id);
  expect(started).toMatchObject({ modelId: 'echo', rows: 2, runId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  expect(lines.find(({ event, runId }) => event === 'run_ended' && runId === started?.['runId'])).toMatchObject({ jobId: id });

  const text = JSON.stringify(lines);
  for (const secret of [SECRET_SMILES, SEQUENCE, SEQUENCE.slice(0, 20), 'not for the log']) expect(text).not.toContain(secret);
  expect(text).not.toContain(new URL(database.url).password);
});

/** The last test: one of them is gone then. */
test('one that is killed takes nothing with it: its readers go on at the other, behind the last event that they have seen', async () => {
  const ligands = Array.from({ length: 12 }, (_, size) => ({ smiles: 'N'.repeat(size + 1), sleep: 0.3 }));
  const { id } = await one.submitJob({ ...screen, input: { ligands } });
  const seen: JobEvent[] = [];
  for await (const event of one.watchJob(id, AbortSignal.timeout(60_000))) {
    seen.push(event);
    if (event.kind === 'progress' || seen.length === 3) break;
  }
  await hubs[0]?.kill();
  for await (const event of two.watchJob(id, AbortSignal.timeout(60_000), seen.at(-1)?.sequence)) seen.push(event);
  expect(seen.map(({ sequence }) => sequence)).toEqual(seen.map((_, place) => place + 1));
  expect(seen.at(-1)?.kind).toBe('finished');
  expect((await two.getJob(id)).progress).toMatchObject({ total: 12, completed: 12 });
});
