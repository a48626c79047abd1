/** The database handle; only `storage/` and `dispatch/` speak SQL through it. */
import { Kysely, PostgresDialect, sql } from 'kysely';
import type pg from 'pg';
import { openPool } from './connect.ts';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;

/** The pool behind a handle, for what Kysely does not speak: COPY. */
const pools = new WeakMap<Database, pg.Pool>();

/** @param connections most connections of this process */
export function openDatabase(url: string, connections: number): Database {
  const pool = openPool(url, 'omtx', connections);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  pools.set(db, pool);
  return db;
}

/** A transaction whose one connection is there too, for COPY. */
export interface CopyTransaction {
  readonly tx: Database;
  readonly client: pg.PoolClient;
}

/** Commits what the work did, or rolls back when it throws. @param db a handle of `openDatabase` itself, not one of a transaction */
export async function withCopyTransaction<T>(db: Database, work: (transaction: CopyTransaction) => Promise<T>): Promise<T> {
  const pool = pools.get(db);
  if (!pool) throw new Error('COPY needs the handle that openDatabase gave');
  const client = await pool.connect();
  const borrowed = {
    connect: () => Promise.resolve({ query: client.query.bind(client), release: () => undefined }),
    end: () => Promise.resolve(),
  };
  let fault: unknown;
  try {
    await client.query('begin');
    const tx = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: borrowed as unknown as pg.Pool }) });
    const answer = await work({ tx, client });
    await client.query('commit');
    return answer;
  } catch (error) {
    fault = error;
    await client.query('rollback').catch(() => undefined); // The connection itself may be what broke.
    throw error;
  } finally {
    // After a fault the connection may be in the middle of a COPY: it is closed, not used again.
    client.release(fault !== undefined);
  }
}

export async function isReachable(db: Database): Promise<boolean> {
  return sql`select 1`.execute(db).then(
    () => true,
    () => false,
  );
}
