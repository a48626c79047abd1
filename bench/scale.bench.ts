/**
 * `scale.*`: what a row costs, from its storing to its recorded outcome, with a model that does nothing: bytes that stay in the tables and
 * indexes, bytes of write-ahead log, and CPU of the database server and of the hub. CPU time does not depend on who else uses the machine.
 * `docs/scale.md` reckons with them. Options: `--rows 60000 --hosts 3 --shard 2000`. Linux.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { NoOpHub } from '../packages/server/test/no-op-hub.ts';
import { startEmbeddedPostgres } from '../packages/server/src/storage/postgres/supervisor.ts';
import { round, tell } from './support.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '60000' },
    hosts: { type: 'string', default: '3' },
    shard: { type: 'string', default: '2000' },
  },
});
const rows = Number(values.rows);
const sizes = { rows, hosts: Number(values.hosts), shardRows: Number(values.shard) };
/** Of the kernel's clock, in all figures of `/proc`. */
const TICKS_PER_SECOND = 100;

const dataDir = await mkdtemp(join(tmpdir(), 'omtx-bench-scale-'));
await chmod(dataDir, 0o755);
const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
const client = new pg.Client({ connectionString: postgres.url });
await client.connect();

interface Spent {
  readonly storedBytes: number;
  readonly walBytes: number;
  readonly databaseSeconds: number;
  readonly hubSeconds: number;
}

async function spentSoFar(): Promise<Spent> {
  await client.query('vacuum');
  const { rows: found } = await client.query<{ stored: number; wal: number }>(
    `select pg_database_size(current_database())::float8 as stored, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as wal`,
  );
  const { user, system } = process.cpuUsage();
  return {
    storedBytes: found[0]?.stored ?? Number.NaN,
    walBytes: found[0]?.wal ?? Number.NaN,
    databaseSeconds: serverSeconds(postgres.pid),
    hubSeconds: (user + system) / 1_000_000,
  };
}

/** CPU of the server's processes, of those that have ended too. */
function serverSeconds(pid: number): number {
  let ticks = 0;
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const stat = fieldsOf(name);
    if (stat === undefined) continue;
    if (Number(name) === pid) ticks += sum(stat.slice(11, 15));
    else if (Number(stat[1]) === pid) ticks += sum(stat.slice(11, 13));
  }
  return ticks / TICKS_PER_SECOND;
}

/** From the state on: parent at 1, own CPU at 11 and 12, that of ended children at 13 and 14. */
function fieldsOf(pid: string): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // It ended between two looks.
  }
}

function sum(ticks: readonly string[]): number {
  return ticks.reduce((all, each) => all + Number(each), 0);
}

try {
  const hub = await NoOpHub.open(postgres.url, sizes);
  // Plans, caches and the first pages of each table are made by it.
  await hub.drain(1, 2_000);
  const before = await spentSoFar();
  const rowsPerSecond = await hub.drain(1, rows);
  const after = await spentSoFar();
  await hub.close();
  const claims = [
    ['scale.stored_bytes_per_row', (after.storedBytes - before.storedBytes) / rows, 'bytes of tables and indexes'],
    ['scale.wal_bytes_per_row', (after.walBytes - before.walBytes) / rows, 'bytes of write-ahead log'],
    ['scale.database_cpu_us_per_row', ((after.databaseSeconds - before.databaseSeconds) / rows) * 1e6, 'microseconds of CPU'],
    ['scale.hub_cpu_us_per_row', ((after.hubSeconds - before.hubSeconds) / rows) * 1e6, 'microseconds of CPU'],
  ] as const;
  const versions = { node: process.versions.node, postgres: '18' };
  for (const [claim, value, unit] of claims)
    tell({ claim, value: round(value), unit, n: 1, sizes, versions, samples: { rowsPerSecond: [round(rowsPerSecond)] } });
} finally {
  await client.end();
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}
