import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { migrate } from './migrate.ts';

let url: string;
let name: string;
let folder: string;

async function query<T extends object>(at: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: at });
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

beforeEach(async () => {
  name = `migrate_${crypto.randomUUID().replaceAll('-', '')}`;
  await query(inject('postgresUrl'), `create database ${name}`);
  const own = new URL(inject('postgresUrl'));
  own.pathname = `/${name}`;
  url = own.href;
  folder = await mkdtemp(join(tmpdir(), 'omtx-migrations-'));
  await writeFile(join(folder, '0001_first.sql'), 'create table first (id integer);');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
  await expect
    .poll(() => query(inject('postgresUrl'), `select pid from pg_stat_activity where datname = '${name}'`), { timeout: 10_000 })
    .toEqual([]);
  await query(inject('postgresUrl'), `drop database ${name}`);
});

async function applied(): Promise<number[]> {
  return (await query<{ number: number }>(url, 'select number from schema_migrations order by number')).map((row) => row.number);
}

test('files are applied once and in order, also by several processes at once', async () => {
  await writeFile(join(folder, '0002_second.sql'), 'alter table first add column name text;');
  await writeFile(join(folder, '0003_index.sql'), '-- no-transaction\ncreate index concurrently first_name on first (name);');
  await Promise.all([migrate(url, folder), migrate(url, folder), migrate(url, folder)]);
  await migrate(url, folder);
  expect(await applied()).toEqual([1, 2, 3]);
});

test('a file that fails leaves nothing of itself', async () => {
  await migrate(url, folder);
  await writeFile(join(folder, '0002_broken.sql'), 'create table second (id integer); select nothing_like_this();');
  await expect(migrate(url, folder)).rejects.toThrow(/0002_broken\.sql.*nothing_like_this/);
  expect(await applied()).toEqual([1]);
  expect(await query(url, `select from pg_class where relname = 'second'`)).toEqual([]);
});

test('a file that waits for a table lets the hubs that use it go on, and is applied when the table is free', async () => {
  await migrate(url, folder);
  await writeFile(join(folder, '0002_second.sql'), 'alter table first add column name text;');
  const user = new pg.Client({ connectionString: url });
  await user.connect();
  try {
    await user.query('begin');
    await user.query('insert into first values (1)');
    const migrating = migrate(url, folder);
    const waiting = `select from pg_stat_activity where datname = '${name}' and application_name = 'omtx-migrate' and wait_event_type = 'Lock'`;
    await expect.poll(() => query(url, waiting).then((rows) => rows.length), { timeout: 10_000 }).toBe(1);
    // Behind the one that waits; it would wait as long as the transaction lasts.
    await query(url, 'insert into first values (2)');
    expect(await applied()).toEqual([1]);
    await user.query('commit');
    await migrating;
    expect(await applied()).toEqual([1, 2]);
    expect(await query(url, 'select id, name from first order by id')).toEqual([
      { id: 1, name: null },
      { id: 2, name: null },
    ]);
  } finally {
    await user.end();
  }
});

test('an edited file that was released is refused', async () => {
  await migrate(url, folder);
  await writeFile(join(folder, '0001_first.sql'), 'create table first (id bigint);');
  await expect(migrate(url, folder)).rejects.toThrow(/0001_first\.sql was changed/);
});

test('a database one version newer is run on, unless that version is breaking; two newer are refused', async () => {
  await writeFile(join(folder, '0002_second.sql'), 'create table second (id integer);');
  await migrate(url, folder);
  await rm(join(folder, '0002_second.sql'));
  await migrate(url, folder);
  await query(url, `insert into schema_migrations values (3, '0003_third.sql', '', false)`);
  await expect(migrate(url, folder)).rejects.toThrow(/2 versions newer/);
  await query(url, 'delete from schema_migrations where number = 3');
  await query(url, 'update schema_migrations set breaking = true where number = 2');
  await expect(migrate(url, folder)).rejects.toThrow(/0002_second\.sql.*Upgrade the hub/);
});
