/** The doctor on a real database: what it finds, and that it says how to get what is missing. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newWorkerId } from '@omtx/contract';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/database.ts';
import { registerTestWorker, submitTestBatch } from '../../test/jobs.ts';
import { readConfig, type Config } from '../config.ts';
import { VERSION } from '../machine/version.ts';
import { openDatabase, type Database } from '../storage/database.ts';
import { markWorkerDraining, registerWorker } from '../storage/runs/workers.ts';
import { examineMachine } from './examine-machine.ts';
import type { Finding } from './finding.ts';

let database: TestDatabase;
let db: Database;
let dataDir: string;
const servers: Server[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.url, 2);
  dataDir = await mkdtemp(join(tmpdir(), 'omtx-doctor-'));
});

afterEach(async () => {
  await sql`delete from jobs`.execute(db);
  await sql`delete from workers`.execute(db);
  for (const server of servers.splice(0)) server.close();
  vi.unstubAllEnvs();
});

afterAll(async () => {
  await db.destroy();
  await rm(dataDir, { recursive: true, force: true });
});

async function examine(more: Record<string, string> = {}): Promise<(what: string | RegExp) => Finding | undefined> {
  const environment = { DATABASE_URL: database.url, OMTX_DATA_DIR: dataDir, OMTX_PORT: '0', PATH: '/usr/bin:/bin', ...more };
  const config: Config = readConfig(environment, {});
  const findings = await examineMachine(config);
  return (what) => findings.find((finding) => (typeof what === 'string' ? finding.what === what : what.test(finding.what)));
}

async function registerHost(host: string, version: string): Promise<ReturnType<typeof newWorkerId>> {
  const id = newWorkerId();
  await registerWorker(db, { id, host, bootId: 'b', pid: 1, processStart: '1', cpus: 2, gpus: [], version, offers: [] });
  return id;
}

test('a hub that is well has its server, schema, hosts and jobs found well', async () => {
  await registerHost('one', VERSION);
  const found = await examine();
  expect(found('PostgreSQL')).toMatchObject({ state: 'ok', found: expect.stringMatching(/^\d+\.\d+, by DATABASE_URL$/) });
  expect(found('schema')).toMatchObject({ state: 'ok', found: expect.stringMatching(/^\d{4}_\w+\.sql$/) });
  expect(found('worker hosts')).toEqual({ state: 'ok', what: 'worker hosts', found: `1 of ${VERSION}` });
  expect(found('jobs')?.state).toBe('ok');
  expect(found('clock of this machine')?.state).toBe('ok');
  expect(found('stored files')).toMatchObject({ state: 'note', remedy: expect.stringContaining('share this folder') });
});

test('a database that does not answer is missing, with the setting to correct', async () => {
  const found = await examine({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
  expect(found('PostgreSQL')).toMatchObject({ state: 'missing', remedy: expect.stringContaining('DATABASE_URL') });
});

test('a schema that is newer by one is told, and one that this version cannot run on is missing with the remedy', async () => {
  const add = (number: number, breaking: boolean) =>
    sql`insert into schema_migrations (number, name, sha256, breaking) values (${number}, ${`${String(number)}_next.sql`}, '', ${breaking})`.execute(
      db,
    );
  try {
    await add(9_001, false);
    expect((await examine())('schema')).toMatchObject({ state: 'note', found: expect.stringContaining('one newer') });
    await add(9_002, false);
    expect((await examine())('schema')).toMatchObject({ state: 'missing', remedy: expect.stringContaining('Upgrade the hub') });
  } finally {
    await sql`delete from schema_migrations where number > 9000`.execute(db);
  }
});

test('hosts of another version, that drain, that fell silent, or with a wrong clock are told', async () => {
  const old = await registerHost('old', '0.0.9');
  const silent = await registerHost('silent', VERSION);
  await registerHost('new', VERSION);
  await markWorkerDraining(db, old);
  await sql`update workers set clock_ahead_seconds = -90 where id = ${old}`.execute(db);
  await sql`update workers set heartbeat_at = now() - interval '10 minutes' where id = ${silent}`.execute(db);
  const found = await examine();
  expect(found('worker hosts')).toMatchObject({
    state: 'note',
    found: expect.stringMatching(/1 of 0\.0\.9/),
    remedy: expect.stringContaining('SIGTERM'),
  });
  expect(found('worker host old')?.found).toBe('draining, 0 runs left');
  expect(found('clock of old')).toMatchObject({ state: 'note', found: '90 s behind the database', remedy: expect.stringContaining('NTP') });
  expect(found('worker host silent')?.found).toBe('silent for 10 min');
});

test('a job that nothing but a person moves on is missing a worker, by name and with what to start', async () => {
  const unserved = await submitTestBatch(db, 3, { modelId: 'nobody' });
  const paused = await submitTestBatch(db, 1);
  await registerTestWorker(db, [{ modelId: 'echo', modelVersion: '1', slots: 1 }]);
  await submitTestBatch(db, 1);
  await sql`update jobs set paused_at = now() where id = ${paused}`.execute(db);
  const found = await examine();
  expect(found(`job ${unserved}`)).toMatchObject({ state: 'missing', remedy: expect.stringContaining('Start one with "omtx work"') });
  expect(found(`job ${unserved}`)?.found).toMatch(/3 rows$/);
  expect(found(`job ${paused}`)).toMatchObject({ state: 'note', remedy: expect.stringContaining('resume it') });
});

test('a port that another program has is missing, with the setting for another', async () => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  const port = String((server.address() as AddressInfo).port);
  expect((await examine({ OMTX_PORT: port }))(`port ${port}`)).toMatchObject({
    state: 'missing',
    remedy: expect.stringContaining('--port'),
  });
  expect((await examine({ OMTX_METRICS: port }))(`port ${port}`)).toMatchObject({
    state: 'missing',
    remedy: expect.stringContaining('--metrics'),
  });
});

test('a bucket that cannot be used is missing, with what to look at', async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'none');
  const found = await examine({
    OMTX_ARTIFACTS: 's3://nowhere/hub',
    AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
    AWS_REGION: 'none',
  });
  expect(found('stored files')).toMatchObject({ state: 'missing', remedy: expect.stringContaining('The bucket "nowhere" cannot be used') });
});

test('models, the environment of the chemistry and the page are told with how to get them', async () => {
  const found = await examine();
  expect(found('RDKit for Python')).toMatchObject({ state: 'note', remedy: expect.stringContaining('npm run setup') });
  expect(found(/^model vina /)).toMatchObject({ state: 'missing', found: 'not installed' });
  expect(found(/^model gnina /)?.remedy).toBeTruthy();
  expect(found('GPUs')?.state).toBe('ok');
});
