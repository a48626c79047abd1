/**
 * Brings a database to the schema of `packages/server/migrations`: plain SQL files, numbered, forward only, one transaction each.
 * Any number of processes may call it at once: they take turns by polling an advisory lock, because waiting inside the lock
 * deadlocks with `create index concurrently`.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runMigrations } from 'graphile-worker';
import pg from 'pg';
import { QUEUE_SCHEMA } from './wake.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'migrations');
/** Any number that nobody else uses in this database. */
const LOCK = 7_310_000;
const POLL_MS = 50;
const APPLIED = 'select number, name, sha256, breaking from schema_migrations order by number';
/**
 * A migration waits no longer for a table that others use: while it waits, all who come behind it wait too. It lets them go first and
 * tries again, as it does where it and a transaction of a running hub were in each other's way.
 */
const TABLE_LOCK_LIMIT = '2s';
const AGAIN_MS = 200;
/** A lock that was not had in time; a deadlock. */
const IN_THE_WAY = ['55P03', '40P01'];
const LOCK_LIMIT_MS = 10 * 60 * 1000;

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
}

export interface KnownMigration {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
  readonly breaking: boolean;
}

/**
 * @param until migrations that another database has; no later one is applied
 * @throws Error when a released file was edited, or the database's schema is newer than this program can run on:
 * more than one version, or one marked breaking
 */
export async function migrate(url: string, folder: string = FOLDER, until?: readonly KnownMigration[]): Promise<void> {
  const all = await readMigrations(folder);
  if (until) checkHistory(all, until);
  const migrations = until ? all.slice(0, until.length) : all;
  const client = new pg.Client({ connectionString: url, application_name: 'omtx-migrate' });
  await client.connect();
  try {
    await lock(client);
    await client.query(`
      create table if not exists schema_migrations (
        number integer primary key, name text not null, sha256 text not null, breaking boolean not null, applied_at timestamptz not null default now()
      )`);
    const { rows: applied } = await client.query<KnownMigration>(APPLIED);
    checkHistory(migrations, applied);
    for (const migration of migrations.slice(applied.length)) await apply(client, migration);
    await migrateQueue(url);
  } finally {
    // The lock belongs to the session and ends with it.
    await client.end();
  }
}

/** How a database's schema stands to that of this version. */
export type SchemaState =
  | { readonly kind: 'none' }
  /** `at`: the last migration that it has. */
  | { readonly kind: 'same' | 'newer'; readonly at: string }
  | { readonly kind: 'older'; readonly at: string; readonly behind: number }
  | { readonly kind: 'refused'; readonly at: string; readonly reason: string };

/** Only looks. */
export async function readSchemaState(url: string, folder: string = FOLDER): Promise<SchemaState> {
  const migrations = await readMigrations(folder);
  const applied = await readApplied(url);
  const at = applied.at(-1)?.name;
  if (at === undefined) return { kind: 'none' };
  try {
    checkHistory(migrations, applied);
  } catch (error) {
    return { kind: 'refused', at, reason: error instanceof Error ? error.message : String(error) };
  }
  const behind = migrations.length - applied.length;
  if (behind > 0) return { kind: 'older', at, behind };
  return { kind: behind === 0 ? 'same' : 'newer', at };
}

async function readApplied(url: string): Promise<readonly KnownMigration[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'omtx-migrate' });
  await client.connect();
  try {
    const { rows: made } = await client.query<{ exists: boolean }>(`select to_regclass('schema_migrations') is not null as exists`);
    if (made[0]?.exists !== true) return [];
    return (await client.query<KnownMigration>(APPLIED)).rows;
  } finally {
    await client.end();
  }
}

/** With a pool of our own, which is closed before we go on: Graphile's is still closing when its promise resolves. */
async function migrateQueue(url: string): Promise<void> {
  const pgPool = new pg.Pool({ connectionString: url, max: 1, application_name: 'omtx-migrate' });
  // A lost connection shows in the query that needed it; Graphile asks for both handlers.
  pgPool.on('error', () => undefined);
  pgPool.on('connect', (client) => client.on('error', () => undefined));
  try {
    await runMigrations({ pgPool, schema: QUEUE_SCHEMA });
  } finally {
    await pgPool.end();
  }
}

async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort();
  const migrations = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8');
      return { number: Number(name.slice(0, 4)), name, text, sha256: createHash('sha256').update(text).digest('hex') };
    }),
  );
  const gap = migrations.find(({ number }, index) => number !== index + 1);
  if (gap) throw new Error(`Migrations must be numbered without gaps; ${gap.name} is out of place.`);
  return migrations;
}

async function lock(client: pg.Client): Promise<void> {
  const deadline = Date.now() + LOCK_LIMIT_MS;
  for (;;) {
    const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [LOCK]);
    if (rows[0]?.got) return;
    if (Date.now() > deadline)
      throw new Error('Another process has been migrating this database for ten minutes; look at it, then try again.');
    await sleep(POLL_MS);
  }
}

/** @throws Error where a database with these migrations is none of this version's */
function checkHistory(migrations: readonly Migration[], applied: readonly KnownMigration[]): void {
  for (const [index, done] of applied.entries()) {
    const own = migrations[index];
    if (own && own.sha256 !== done.sha256) {
      throw new Error(`Migration ${done.name} was changed after it was applied. Restore the file; a change is a new migration.`);
    }
  }
  const newer = applied.slice(migrations.length);
  const breaking = newer.find((migration) => migration.breaking);
  if (breaking) throw new Error(`The database has ${breaking.name}, which this version of the hub cannot run on. Upgrade the hub.`);
  if (newer.length > 1) throw new Error(`The database is ${newer.length} versions newer than this hub. Upgrade the hub.`);
}

async function apply(client: pg.Client, { number, name, text, sha256 }: Migration): Promise<void> {
  const breaking = /^-- breaking$/m.test(text);
  const record = () =>
    client.query('insert into schema_migrations (number, name, sha256, breaking) values ($1, $2, $3, $4)', [
      number,
      name,
      sha256,
      breaking,
    ]);
  if (text.startsWith('-- no-transaction')) {
    await client.query(text);
    await record();
    return;
  }
  for (const deadline = Date.now() + LOCK_LIMIT_MS; ; await sleep(AGAIN_MS)) {
    await client.query('begin');
    try {
      await client.query(`set local lock_timeout = '${TABLE_LOCK_LIMIT}'`);
      await record();
      await client.query(text);
      await client.query('commit');
      return;
    } catch (cause) {
      await client.query('rollback');
      if (isInTheWay(cause) && Date.now() < deadline) continue;
      throw new Error(`Migration ${name} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
}

function isInTheWay(error: unknown): boolean {
  return error instanceof Error && 'code' in error && IN_THE_WAY.some((code) => code === error.code);
}
