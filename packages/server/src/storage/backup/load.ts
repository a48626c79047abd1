/** Fills the tables of an empty database from the files of a backup: all of them, or none. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { connectionSettings } from '../connect.ts';
import { tableFile, type Dump, type DumpedTable } from './dump.ts';
import { listTables, quoted } from './tables.ts';

/** The row of the local owner is there from the first migration on; a database with jobs is in use. */
export async function isUnused(url: string): Promise<boolean> {
  const client = new pg.Client(connectionSettings(url, 'omtx-restore'));
  await client.connect();
  try {
    const { rows: made } = await client.query<{ exists: boolean }>(`select to_regclass('public.jobs') is not null as exists`);
    if (!made[0]?.exists) return true;
    const { rows } = await client.query<{ used: boolean }>(`select exists (select from jobs) as used`);
    return rows[0]?.used === false;
  } finally {
    await client.end();
  }
}

/**
 * The schema must be that of the dump. Triggers do not run: what they would write is in the dump.
 * @throws Error when a table gets another number of rows than the dump counted; nothing is changed then
 */
export async function loadTables(url: string, folder: string, dump: Dump, onTable: (done: number, total: number) => void): Promise<void> {
  const client = new pg.Client(connectionSettings(url, 'omtx-restore'));
  await client.connect();
  try {
    await client.query('begin');
    const order = (await listTables(client)).map(({ name }) => name);
    const tables = dump.tables.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    await client.query(`truncate ${quoted(client, order)}`);
    for (const [place, table] of tables.entries()) {
      onTable(place, tables.length);
      await loadTable(client, table, tableFile(folder, table.name));
    }
    for (const { name, lastValue } of dump.sequences) {
      if (lastValue !== null)
        await client.query('select setval($1::regclass, $2::bigint)', [`public.${client.escapeIdentifier(name)}`, lastValue]);
    }
    await client.query('commit');
    await client.query('analyze');
    onTable(tables.length, tables.length);
  } finally {
    await client.end();
  }
}

async function loadTable(client: pg.Client, { name, columns, rows }: DumpedTable, path: string): Promise<void> {
  const table = client.escapeIdentifier(name);
  await client.query(`alter table ${table} disable trigger user`);
  const target = client.query(copyFrom(`copy ${table} (${quoted(client, columns)}) from stdin`));
  await pipeline(createReadStream(path), createGunzip(), target);
  await client.query(`alter table ${table} enable trigger user`);
  if (target.rowCount !== rows) throw new Error(`Table ${name} got ${target.rowCount} rows; the backup says ${rows}.`);
}
