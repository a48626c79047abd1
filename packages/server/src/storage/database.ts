/** The database handle; only `storage/` and `dispatch/` speak SQL through it. */
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;

/** @param connections most connections of this process */
export function openDatabase(url: string, connections: number): Database {
  const pool = new pg.Pool({ connectionString: url, max: connections, application_name: 'omtx' });
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}
