/** A backup taken while the hub works, restored into an empty one: every table and every stored file is the same. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OmtxClient } from '@omtx/client';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../packages/server/src/storage/postgres/supervisor.ts';
import { newDataDir, omtx, startProcess } from '../support/hub-process.ts';

let source: string;
let target: string;
let folder: string;
let jobs: string[];

const ligands = Array.from({ length: 40 }, (_, index) => ({
  smiles: index === 7 ? 'C1CC' : 'C'.repeat((index % 30) + 1),
  name: `line\t${String(index)}\\`,
}));

beforeAll(async () => {
  [source, target, folder] = [await newDataDir(), await newDataDir(), await mkdtemp(join(tmpdir(), 'omtx-backup-'))];
  const hub = await startProcess('serve', source, { args: ['--cpus', '2'] });
  const client = new OmtxClient({ baseUrl: hub.url });
  const submit = async (delaySeconds: number): Promise<string> => {
    const job = {
      name: 'saved',
      taskType: 'protein_ligand_docking',
      modelId: 'echo',
      input: { ligands },
      parameters: { delaySeconds },
    } as const;
    return (await client.submitJob(job)).id;
  };
  const done = await submit(0);
  await vi.waitUntil(async () => (await client.getJob(done)).finishedAt !== null, { timeout: 60_000, interval: 100 });
  jobs = [done, await submit(0.2)];
  await vi.waitUntil(async () => (await client.getJob(jobs[1] ?? '')).progress.completed > 2, { timeout: 60_000, interval: 100 });
  await client.upload(new Blob(['CCO ethanol\nCCC propane\n']), { fileName: 'kept.smi' });
  expect(await omtx(['backup', folder, '--data-dir', source])).toMatchObject({ code: 0, stdout: expect.stringContaining('rows') });
  await hub.kill();
});

afterAll(async () => {
  for (const dataDir of [source, target]) {
    const server = await startEmbeddedPostgres({ dataDir, log: () => undefined });
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
  await rm(folder, { recursive: true, force: true });
});

/** Rows of each table as text, in an order of their own. */
async function tablesOf(dataDir: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const server = await startEmbeddedPostgres({ dataDir, log: () => undefined });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    const { rows: names } = await client.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
    );
    const tables = new Map<string, readonly string[]>();
    for (const { name } of names) {
      const { rows } = await client.query<{ text: string }>(`select t::text as text from ${client.escapeIdentifier(name)} t order by 1`);
      tables.set(
        name,
        rows.map(({ text }) => text),
      );
    }
    return tables;
  } finally {
    await client.end();
    await server.stop();
  }
}

function filesOf(dataDir: string): readonly string[] {
  const root = join(dataDir, 'artifacts');
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const content = readFileSync(join(entry.parentPath, entry.name));
      expect(createHash('sha256').update(content).digest('hex')).toBe(entry.name);
      return entry.name;
    })
    .sort();
}

/** A backup of the stopped hub, so that what it holds can be held against the hub. */
async function backupOfStopped(): Promise<string> {
  const { code, stdout, stderr } = await omtx(['backup', folder, '--data-dir', source, '--keep', '1']);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toMatch(/removed the backup \d{8}T\d{6}Z/);
  return stdout.slice(0, stdout.indexOf(': '));
}

test('a restored hub has every table and every file of the one that was saved, and goes on with what was open', async () => {
  const own = await backupOfStopped();
  const before = await tablesOf(source);
  expect(await omtx(['restore', folder, '--data-dir', target])).toMatchObject({ code: 0, stdout: expect.stringContaining(own) });
  const after = await tablesOf(target);
  const isOwn = ([name]: [string, unknown]): boolean => name !== 'schema_migrations';
  expect([...after].filter(isOwn)).toEqual([...before].filter(isOwn));
  expect(before.get('batch_rows')?.length).toBe(80);
  expect(filesOf(target)).toEqual(filesOf(source));
  expect(filesOf(target).length).toBeGreaterThan(0);

  const hub = await startProcess('serve', target, { args: ['--cpus', '2'] });
  const client = new OmtxClient({ baseUrl: hub.url });
  await expect.poll(async () => (await client.getJob(jobs[1] ?? '')).finishedAt, { timeout: 120_000 }).not.toBeNull();
  expect((await client.getJob(jobs[1] ?? '')).progress).toMatchObject({ total: 40, completed: 39, failed: 1 });
  // Identities go on behind the last one that was saved.
  expect(
    (await client.submitJob({ name: 'after', taskType: 'protein_ligand_docking', modelId: 'echo', input: { ligand: { smiles: 'CCO' } } }))
      .id,
  ).toBeTruthy();
  expect(await hub.stop()).toBe(0);
});

test('a hub that has jobs is not overwritten', async () => {
  const refused = await omtx(['restore', folder, '--data-dir', source]);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('The hub has jobs already') });
});

test('a damaged or unfinished backup is refused before anything is changed', async () => {
  const empty = await newDataDir();
  const [own = ''] = readdirSync(folder).filter((name) => name.endsWith('Z'));
  const file = join(folder, own, 'tables', 'batch_rows.copy.gz');
  const content = readFileSync(file);
  writeFileSync(file, content.subarray(0, content.length - 10));
  expect(await omtx(['restore', folder, '--data-dir', empty])).toMatchObject({ code: 2, stderr: expect.stringContaining('batch_rows') });
  writeFileSync(file, content);
  const manifest = readFileSync(join(folder, own, 'backup.json'));
  rmSync(join(folder, own, 'backup.json'));
  expect(await omtx(['restore', folder, '--data-dir', empty])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no finished backup'),
  });
  writeFileSync(join(folder, own, 'backup.json'), manifest);
  await rm(empty, { recursive: true, force: true });
});

test('a stored file that is gone is named, and the exit code says that the backup is not whole', async () => {
  const second = await mkdtemp(join(tmpdir(), 'omtx-backup-'));
  const [gone = ''] = filesOf(source);
  rmSync(join(source, 'artifacts', gone.slice(0, 2), gone));
  expect(await omtx(['backup', second, '--data-dir', source])).toMatchObject({ code: 1, stderr: expect.stringContaining(gone) });
  await rm(second, { recursive: true, force: true });
});
