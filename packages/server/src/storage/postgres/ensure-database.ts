import pg from 'pg';
import { isErrorCode } from '../../machine/file-lock.ts';

const CONNECT_LIMIT_MS = 5_000;

/** Creates the database that `url` names if it is missing. Safe from several processes at once. */
export async function ensureDatabase(url: string): Promise<void> {
  const target = new URL(url);
  const name = decodeURIComponent(target.pathname.slice(1));
  target.pathname = '/postgres';
  await withClient(target.href, async (client) => {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount !== 0) return;
    await client.query(`create database ${pg.escapeIdentifier(name)}`).catch((error: unknown) => {
      // Another process was faster: duplicate_database, or a unique violation in the catalogue.
      if (!isErrorCode(error, '42P04') && !isErrorCode(error, '23505')) throw error;
    });
  });
}

export async function canConnect(url: string): Promise<boolean> {
  try {
    await withClient(url, (client) => client.query('select'));
    return true;
  } catch {
    // Starting, stopping, or another server; the caller looks again and explains when its time is over.
    return false;
  }
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_LIMIT_MS, application_name: 'omtx-supervisor' });
  // An idle connection that the server ends emits an error, which would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
