/**
 * Starts one embedded PostgreSQL for the whole test run, or adopts the one of a run beside it, and migrates a template database once
 * per state of the migrations. The cluster stays in `.cache/test-postgres`, so later runs start in a second. Settings are those of
 * the hub: commits are durable in tests too.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { identifyProcess } from '../src/machine/process-identity.ts';
import { migrate } from '../src/storage/migrate.ts';
import { startEmbeddedPostgres } from '../src/storage/postgres/supervisor.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the database `omtx` of the test cluster; test databases are made through it. */
    postgresUrl: string;
    templateDatabase: string;
  }
}

const ROOT = join(import.meta.dirname, '..', '..', '..');
const PACKAGE = join(ROOT, 'packages', 'server');
/** Any number: one maker of templates at a time. */
const TEMPLATE_LOCK = 7_310_001;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const lines: string[] = [];
  const postgres = await startEmbeddedPostgres({ dataDir: join(ROOT, '.cache', 'test-postgres'), log: (line) => lines.push(line) }).catch(
    (cause: unknown) => {
      throw new Error(`The test database did not start: ${lines.join('; ')}`, { cause });
    },
  );
  try {
    project.provide('postgresUrl', postgres.url);
    project.provide('templateDatabase', await ensureTemplate(postgres.url));
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  return () => postgres.stop();
}

/** Migrates under another name and renames, so that a half-migrated template is never cloned. */
async function ensureTemplate(url: string): Promise<string> {
  const name = `template_${await migrationsDigest()}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    await dropOldTests(client);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount !== 0) return name;
    await dropOldTemplates(client);
    await client.query(`create database ${name}_half`);
    const half = new URL(url);
    half.pathname = `/${name}_half`;
    await migrate(half.href);
    await client.query(`alter database ${name}_half rename to ${name}`);
    return name;
  } finally {
    await client.end();
  }
}

async function dropOldTemplates(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(`select datname as name from pg_database where datname like 'template\\_%'`);
  for (const { name } of rows) await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
}

/** Those that earlier runs kept because a test failed; their name holds the process that made them. */
async function dropOldTests(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(`select datname as name from pg_database where datname like 'test\\_%'`);
  for (const { name } of rows) {
    if (identifyProcess(Number(name.split('_')[1])) === undefined)
      await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
  }
}

/** Everything that the migrated schema depends on. */
async function migrationsDigest(): Promise<string> {
  const hash = createHash('sha256');
  const folder = join(PACKAGE, 'migrations');
  for (const file of (await readdir(folder)).filter((each) => /^\d.*\.sql$/.test(each)).sort()) {
    hash.update(file).update(await readFile(join(folder, file)));
  }
  for (const file of ['package.json', 'src/storage/migrate.ts']) hash.update(await readFile(join(PACKAGE, file)));
  return hash.digest('hex').slice(0, 16);
}
