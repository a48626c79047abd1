/** Other queues doing nothing as fast as they can: durable commits on, and each job's own result stored where the queue can store one. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, QueueEvents, Worker } from 'bullmq';
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { PgBoss } from 'pg-boss';

const PAYLOAD = { smiles: 'CC(C)Cc1ccc(cc1)[C@@H](C)C(=O)NOc1ccc2c(c1)c(CC(=O)O)c(C)n2C(=O)c1ccc(Cl)cc1' };
const silent = new Logger(() => () => undefined);

/** Graphile Worker stores no results: a job that is done is deleted. Local queue of 500, 24 at once, completions in batches. */
export async function drainGraphile(databaseUrl: string, jobs: number): Promise<number> {
  const pgPool = new pg.Pool({ connectionString: databaseUrl, max: 26 });
  pgPool.on('error', () => undefined);
  pgPool.on('connect', (client) => client.on('error', () => undefined));
  const utils = await makeWorkerUtils({ pgPool, logger: silent });
  await utils.migrate();
  for (let start = 0; start < jobs; start += 10_000) {
    await utils.addJobs(Array.from({ length: Math.min(10_000, jobs - start) }, () => ({ identifier: 'noop', payload: PAYLOAD })));
  }
  await utils.release();
  let left = jobs;
  const done = Promise.withResolvers<undefined>();
  const startedAt = performance.now();
  const runner = await run({
    pgPool,
    logger: silent,
    noHandleSignals: true,
    concurrency: 24,
    preset: { worker: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    taskList: {
      noop: () => {
        left -= 1;
        if (left === 0) done.resolve(undefined);
      },
    },
  });
  await done.promise;
  // Its last completions are committed when it has stopped.
  await runner.stop();
  const rate = jobs / ((performance.now() - startedAt) / 1_000);
  await pgPool.end();
  return rate;
}

/**
 * pg-boss by its own fetch and complete, without the pauses of its polling workers. One call completes many jobs with one result only,
 * so each job that has a result of its own is completed by itself, as many at once as there are connections.
 */
export async function drainPgBoss(databaseUrl: string, jobs: number): Promise<number> {
  const loops = 10;
  const boss = new PgBoss({ connectionString: databaseUrl, max: loops, supervise: false, schedule: false });
  boss.on('error', () => undefined);
  await boss.start();
  await boss.createQueue('noop');
  for (let start = 0; start < jobs; start += 5_000) {
    await boss.insert(
      'noop',
      Array.from({ length: Math.min(5_000, jobs - start) }, () => ({ data: PAYLOAD })),
    );
  }
  const startedAt = performance.now();
  const loop = async (): Promise<void> => {
    for (;;) {
      const fetched = await boss.fetch<object>('noop', { batchSize: 100 });
      if (fetched.length === 0) return;
      for (const { id } of fetched) await boss.complete('noop', id, { score: 1 });
    }
  };
  await Promise.all(Array.from({ length: loops }, loop));
  const rate = jobs / ((performance.now() - startedAt) / 1_000);
  await boss.stop({ graceful: false });
  return rate;
}

export interface Redis {
  readonly port: number;
  readonly version: string;
  stop(): Promise<void>;
}

/** A server of its own, every write on disk before it is answered. Debian's package is installed where it is missing and may be. */
export async function startRedis(): Promise<Redis> {
  installRedis();
  const folder = await mkdtemp(join(tmpdir(), 'omtx-redis-'));
  const port = await freePort();
  const options = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'yes',
    '--appendfsync',
    'always',
  ];
  const server = spawn('redis-server', options, { stdio: 'ignore' });
  await sleep(500);
  return {
    port,
    version: /v=(\S+)/.exec(execFileSync('redis-server', ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown',
    stop: async () => {
      const ended = new Promise((resolve) => server.once('close', resolve));
      server.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function installRedis(): void {
  if (runs('redis-server', ['--version'])) return;
  console.error('Redis is missing, which BullMQ needs: installing Debian’s package redis-server.');
  if (runs('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'redis-server']) && runs('redis-server', ['--version'])) return;
  throw new Error(
    'Redis could not be installed. Install redis-server yourself (Debian: apt-get install redis-server), or leave BullMQ out with --peers graphile,pgboss.',
  );
}

function runs(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false; // It is missing, or may not.
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Completed jobs are kept with their results. */
export async function drainBullMq(redis: Redis, jobs: number): Promise<number> {
  const connection = { host: '127.0.0.1', port: redis.port };
  const name = `noop-${crypto.randomUUID()}`;
  const queue = new Queue(name, { connection });
  const events = new QueueEvents(name, { connection });
  await events.waitUntilReady();
  for (let start = 0; start < jobs; start += 2_000) {
    await queue.addBulk(Array.from({ length: Math.min(2_000, jobs - start) }, () => ({ name: 'noop', data: PAYLOAD })));
  }
  let left = jobs;
  const done = Promise.withResolvers<undefined>();
  const worker = new Worker(name, () => Promise.resolve({ score: 1 }), { connection, concurrency: 500, autorun: false });
  worker.on('completed', () => {
    left -= 1;
    if (left === 0) done.resolve(undefined);
  });
  worker.on('error', () => undefined);
  await worker.waitUntilReady();
  const startedAt = performance.now();
  const running = worker.run();
  await done.promise;
  const rate = jobs / ((performance.now() - startedAt) / 1_000);
  await worker.close();
  await running;
  await events.close();
  await queue.close();
  return rate;
}
