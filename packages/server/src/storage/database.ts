/** The database handle; only `storage/` and `dispatch/` speak SQL through it. */
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { connectionSettings } from './connect.ts';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;

/** @param connections most connections of this process */
export function openDatabase(url: string, connections: number): Database {
  const pool = new pg.Pool({ ...connectionSettings(url, 'omtx'), max: connections });
  // A connection that broke while idle; the query that needs one gets a new one.
  pool.on('error', () => undefined);
  // One that broke between two statements of a transaction: the next statement says so. Without a listener it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}

export async function isReachable(db: Database): Promise<boolean> {
  return sql`select 1`.execute(db).then(
    () => true,
    () => false,
  );
}
