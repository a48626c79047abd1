/**
 * `drain.rows_per_s`: rows of a model that does nothing, through claim, run, record, count and event, with durable commits and stored
 * results; `drain.ratio_to_graphile`, `..._bullmq`, `..._pgboss`: the same over no-op jobs of other queues at their best settings, measured
 * in alternation on the same server; `drain.flatness`: the slowest rate over the fastest, from batches of 1,000 rows to one of a million.
 * Options: `--rounds 3 --rows 60000 --hosts 3 --shard 2000 --peers graphile,bullmq,pgboss --sizes 1000,10000,100000,1000000`.
 */
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { MAX_GROUP } from '../packages/server/src/dispatch/recorder.ts';
import { startEmbeddedPostgres } from '../packages/server/src/storage/postgres/supervisor.ts';
import { ROOT } from '../tests/support/hub-process.ts';
import { NoOpHub } from '../packages/server/test/no-op-hub.ts';
import { drainBullMq, drainGraphile, drainPgBoss, startRedis } from './queue-peers.ts';
import { median, round, tell } from './support.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    rows: { type: 'string', default: '60000' },
    hosts: { type: 'string', default: '3' },
    shard: { type: 'string', default: '2000' },
    peers: { type: 'string', default: 'graphile,bullmq,pgboss' },
    sizes: { type: 'string', default: '1000,10000,100000,1000000' },
  },
});
const rounds = Number(values.rounds);
const rows = Number(values.rows);
const hubSizes = { hosts: Number(values.hosts), shardRows: Number(values.shard) };
const peers = values.peers.split(',').filter((name) => name !== '');
const sizes = values.sizes
  .split(',')
  .filter((size) => size !== '')
  .map(Number);
/** Slow queues get fewer jobs: their rate does not depend on how many there are. */
const PEER_JOBS: Readonly<Record<string, number>> = { graphile: rows, bullmq: 20_000, pgboss: 5_000 };
/** Small batches are drained many at once, so that all sizes drain at least so many rows. */
const LEAST_ROWS = 20_000;

const dataDir = await mkdtemp(join(tmpdir(), 'omtx-bench-drain-'));
await chmod(dataDir, 0o755);
const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
const redis = peers.includes('bullmq') ? await startRedis() : undefined;
let databases = 0;

/** A fresh database each time, so that nobody pays for the rows of another. */
async function onFreshDatabase(work: (url: string) => Promise<number>): Promise<number> {
  const name = `bench_${String((databases += 1))}`;
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(`create database ${name}`);
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  try {
    return await work(url.href);
  } finally {
    await admin.query(`drop database ${name} with (force)`);
    // The next one starts with nothing left to write.
    await admin.query('checkpoint');
    await admin.end();
  }
}

function drainHub(batches: number, rowsPerBatch: number): Promise<number> {
  return onFreshDatabase(async (url) => {
    const hub = await NoOpHub.open(url, hubSizes);
    try {
      await hub.drain(1, 1_000);
      return await hub.drain(batches, rowsPerBatch);
    } finally {
      await hub.close();
    }
  });
}

function drainPeer(name: string): Promise<number> {
  const jobs = PEER_JOBS[name] ?? rows;
  if (name === 'graphile') return onFreshDatabase((url) => drainGraphile(url, jobs));
  if (name === 'pgboss') return onFreshDatabase((url) => drainPgBoss(url, jobs));
  if (name === 'bullmq' && redis) return drainBullMq(redis, jobs);
  throw new Error(`There is no peer "${name}"; known: graphile, bullmq, pgboss.`);
}

function versionOf(name: string): string {
  const text = readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
const common = {
  unit: 'rows/s',
  n: rounds,
  versions: {
    node: process.versions.node,
    postgres: '18',
    'graphile-worker': versionOf('graphile-worker'),
    bullmq: versionOf('bullmq'),
    'pg-boss': versionOf('pg-boss'),
    redis: redis?.version ?? 'none',
  },
};
const sizesTold = {
  rows,
  shardRows: hubSizes.shardRows,
  groupRows: MAX_GROUP,
  workerHosts: hubSizes.hosts,
  clients: 1,
  peerJobs: PEER_JOBS,
};

try {
  const hubRates: number[] = [];
  const peerRates = new Map(peers.map((name) => [name, [] as number[]]));
  for (let done = 0; done < rounds; done++) {
    hubRates.push(round(await drainHub(1, rows)));
    for (const name of peers) peerRates.get(name)?.push(round(await drainPeer(name)));
    console.error(
      `round ${String(done + 1)}: hub ${String(hubRates.at(-1))}, ${peers.map((name) => `${name} ${String(peerRates.get(name)?.at(-1))}`).join(', ')}`,
    );
  }
  tell({ claim: 'drain.rows_per_s', value: round(median(hubRates)), ...common, sizes: sizesTold, samples: { hub: hubRates } });
  for (const [name, rates] of peerRates) {
    const ratio = median(hubRates.map((rate, index) => rate / (rates[index] ?? Number.NaN)));
    tell({
      claim: `drain.ratio_to_${name}`,
      value: round(ratio),
      ...common,
      unit: `rows/s over jobs/s of ${name}`,
      sizes: sizesTold,
      samples: { hub: hubRates, [name]: rates },
    });
  }
  const bySize: Record<string, number[]> = {};
  for (const size of sizes) {
    bySize[String(size)] = [round(await drainHub(Math.max(1, Math.ceil(LEAST_ROWS / size)), size))];
    console.error(`batches of ${String(size)}: ${String(bySize[String(size)])} rows/s`);
  }
  const rates = Object.values(bySize).flat();
  if (rates.length > 0)
    tell({
      claim: 'drain.flatness',
      value: round(Math.min(...rates) / Math.max(...rates)),
      ...common,
      n: 1,
      unit: 'slowest rate over fastest',
      sizes: { ...sizesTold, sizes },
      samples: bySize,
    });
} finally {
  await redis?.stop();
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}
