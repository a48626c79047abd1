import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { identifyProcess } from '../../machine/process-identity.ts';
import { keepRunning } from './keep-running.ts';
import { databaseStatus, startEmbeddedPostgres, type EmbeddedPostgres } from './supervisor.ts';

const lines: string[] = [];
const log = (line: string): void => {
  lines.push(line);
};
let dataDir = '';

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'omtx-postgres-'));
  await chmod(dataDir, 0o755);
});
afterAll(async () => {
  const status = await databaseStatus(dataDir);
  if (status.state === 'running') process.kill(status.pid, 'SIGKILL');
  await rm(dataDir, { recursive: true, force: true });
});

const start = (): Promise<EmbeddedPostgres> => startEmbeddedPostgres({ dataDir, log });

async function query(url: string, sql: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, string>>(sql);
    return rows.map((row) => Object.values(row).join());
  } finally {
    await client.end();
  }
}

/** A hub of its own, which ends without stopping the server when it is killed. */
async function startInAnotherProcess(): Promise<{ kill(): Promise<void> }> {
  const script = `const { startEmbeddedPostgres } = await import(${JSON.stringify(join(import.meta.dirname, 'supervisor.ts'))});
    await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, log: () => {} }); console.log('up'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

test('a server starts on loopback with durable commits, and stop leaves no process', async () => {
  expect((await databaseStatus(dataDir)).state).toBe('not_made');
  const postgres = await start();
  expect(postgres.adopted).toBe(false);
  const settings = `select string_agg(name || '=' || setting, ' ' order by name) from pg_settings where name in ('fsync', 'synchronous_commit', 'listen_addresses', 'jit', 'unix_socket_directories')`;
  expect(await query(postgres.url, settings)).toEqual([
    'fsync=on jit=off listen_addresses=127.0.0.1 synchronous_commit=on unix_socket_directories=',
  ]);
  expect(await query(postgres.url, 'select current_database()')).toEqual(['omtx']);
  await postgres.stop();
  await postgres.stop();
  expect(identifyProcess(postgres.pid)).toBeUndefined();
  expect((await databaseStatus(dataDir)).state).toBe('stopped');
});

test('a cluster of another major version is refused with the way to bring it over, and is left as it is', async () => {
  const { folder } = await databaseStatus(dataDir);
  const file = join(folder, 'PG_VERSION');
  const own = await readFile(file, 'utf8');
  await writeFile(file, '17\n');
  try {
    expect(await databaseStatus(dataDir)).toMatchObject({
      state: 'other_version',
      madeBy: '17',
      remedy: expect.stringMatching(/omtx backup.*omtx restore/),
    });
    await expect(start()).rejects.toThrow(/was made by PostgreSQL 17.*brings PostgreSQL \d+.*omtx restore FOLDER --data-dir NEW_FOLDER/);
  } finally {
    await writeFile(file, own);
  }
  const postgres = await start();
  expect(await query(postgres.url, 'select current_database()')).toEqual(['omtx']);
  await postgres.stop();
});

test('the password is in a file that only its owner reads, and is needed', async () => {
  const file = join(dataDir, 'postgres', 'password');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const postgres = await start();
  const url = new URL(postgres.url);
  expect(decodeURIComponent(url.password)).toBe(await readFile(file, 'utf8'));
  url.password = 'wrong';
  await expect(query(url.href, 'select 1')).rejects.toThrow(/password authentication failed/);
  await postgres.stop();
});

test('a hub that was killed leaves a server that the next one adopts and stops', async () => {
  const other = await startInAnotherProcess();
  await other.kill();
  const postgres = await start();
  expect(postgres.adopted).toBe(true);
  await postgres.stop();
  expect(identifyProcess(postgres.pid)).toBeUndefined();
});

test('after kill -9 of the server committed rows are there, on the same port', async () => {
  const first = await start();
  await query(first.url, 'create table kept as select 42 as answer');
  process.kill(first.pid, 'SIGKILL');
  const second = await start();
  expect(second).toMatchObject({ adopted: false, port: first.port });
  expect(await query(second.url, 'select answer from kept')).toEqual(['42']);
  await first.stop();
  await second.stop();
  expect(identifyProcess(second.pid)).toBeUndefined();
});

test('a start that fails at first, because the killed server is not quite gone, keeps the port that living hubs name', async () => {
  const first = await start();
  const held = new pg.Client({ connectionString: first.url });
  held.on('error', () => undefined);
  await held.connect();
  const [backend = ''] = (await held.query<{ pid: number }>('select pg_backend_pid() as pid')).rows.map(({ pid }) => String(pid));
  // It cannot notice that its postmaster is gone, and holds the shared memory.
  process.kill(Number(backend), 'SIGSTOP');
  process.kill(first.pid, 'SIGKILL');
  lines.length = 0;
  const starting = start();
  await expect.poll(() => lines.filter((line) => line.includes('trying again')).length, { timeout: 60_000 }).toBeGreaterThan(0);
  process.kill(Number(backend), 'SIGKILL');
  const second = await starting;
  expect(second.port).toBe(first.port);
  await first.stop();
  await second.stop();
});

test('where no hub lives and another program has the port, a start takes another one below those of outgoing connections', async () => {
  const other = await startInAnotherProcess();
  const status = await databaseStatus(dataDir);
  await other.kill();
  if (status.state !== 'running') throw new Error('the server must run');
  process.kill(status.pid, 'SIGKILL');
  const taker = createServer();
  await expect
    .poll(
      () =>
        new Promise((resolve) =>
          taker.once('error', resolve).listen(status.port, '127.0.0.1', () => {
            resolve('taken');
          }),
        ),
      { timeout: 60_000 },
    )
    .toBe('taken');
  const postgres = await start();
  expect(postgres.port).not.toBe(status.port);
  expect(postgres.port).toBeLessThan(32_768);
  await new Promise((resolve) => taker.close(resolve));
  await postgres.stop();
});

test('two hubs at once share one server, and the last one that stops, stops it', async () => {
  const [one, two] = await Promise.all([start(), start()]);
  expect(two.pid).toBe(one.pid);
  expect([one.adopted, two.adopted].sort()).toEqual([false, true]);
  await one.stop();
  expect(await query(two.url, 'select 1')).toEqual(['1']);
  await two.stop();
  expect(identifyProcess(one.pid)).toBeUndefined();
});

test('a process id that is now another program is no server', async () => {
  const first = await start();
  process.kill(first.pid, 'SIGKILL');
  const file = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
  while (identifyProcess(first.pid) !== undefined) await sleep(10);
  execFileSync('sed', ['-i', '-e', `1s/.*/${process.pid}/`, file]);
  const second = await start();
  expect(second.adopted).toBe(false);
  await first.stop();
  await second.stop();
});

test('a server that is killed while the hub runs is started again, on the same port and with every committed row', async () => {
  const postgres = await start();
  const keeper = keepRunning(postgres, (error) => {
    log(error.message);
  });
  await query(postgres.url, 'create table outlived as select 7 as answer');
  process.kill(postgres.pid, 'SIGKILL');
  await expect.poll(() => query(postgres.url, 'select answer from outlived').catch(() => []), { timeout: 60_000 }).toEqual(['7']);
  await keeper.stop();
  await postgres.stop();
  expect((await databaseStatus(dataDir)).state).toBe('stopped');
});
