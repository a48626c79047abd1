/** What `omtx doctor` asks of a database, over a connection of its own that gives up soon. */
import pg from 'pg';
import { connectionSettings } from './connect.ts';
import { openDatabase } from './database.ts';
import { listWorkers, type ListedWorker } from './runs/workers.ts';
import { listStandingJobs, type StandingJobs } from './standing-jobs.ts';

const CONNECT_LIMIT_MS = 5_000;

export interface ServerFacts {
  /** `18.4` */
  readonly version: string;
  readonly major: number;
  /** `fsync` and `synchronous_commit` are on. */
  readonly isDurable: boolean;
  readonly connections: number;
  readonly maxConnections: number;
  /** This machine's clock against the server's; the way there and back counts half. */
  readonly clockAheadSeconds: number;
}

/** @throws Error where it does not answer, does not know the user, or has no such database */
export async function inspectServer(url: string): Promise<ServerFacts> {
  const client = new pg.Client({ ...connectionSettings(url, 'omtx-doctor'), connectionTimeoutMillis: CONNECT_LIMIT_MS });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Omit<ServerFacts, 'clockAheadSeconds'>>(
      `select current_setting('server_version') as version, current_setting('server_version_num')::int / 10000 as major,
         current_setting('fsync')::boolean and current_setting('synchronous_commit') <> 'off' as "isDurable",
         (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as connections,
         current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as "maxConnections"`,
    );
    const [facts] = rows;
    if (!facts) throw new Error('unreachable: a query without a table gives one row');
    const sent = Date.now();
    const { rows: times } = await client.query<{ ms: number }>('select extract(epoch from clock_timestamp())::float8 * 1000 as ms');
    const ahead = (sent + Date.now()) / 2 - (times[0]?.ms ?? sent);
    return { ...facts, clockAheadSeconds: ahead / 1_000 };
  } finally {
    await client.end();
  }
}

export interface HubFacts {
  readonly workers: readonly ListedWorker[];
  readonly standing: StandingJobs;
}

/** The schema must be this version's, or one newer. Silent hosts are listed for a day. */
export async function inspectHub(url: string, gpuModels: readonly string[], leaseSeconds: number, mostJobs: number): Promise<HubFacts> {
  const db = openDatabase(url, 2);
  try {
    const [workers, standing] = await Promise.all([listWorkers(db, leaseSeconds), listStandingJobs(db, gpuModels, leaseSeconds, mostJobs)]);
    return { standing, workers };
  } finally {
    await db.destroy();
  }
}
