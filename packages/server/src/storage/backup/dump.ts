/** Writes every table to a file, all as they were at one moment, while the hub goes on working. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { connectionSettings } from '../connect.ts';
import type { KnownMigration } from '../migrate.ts';
import { listTables, quoted, readSequences, type BackedUpTable, type Sequence } from './tables.ts';

export interface DumpedTable extends BackedUpTable {
  readonly rows: number;
  /** Of the file, which is gzipped text of PostgreSQL's COPY. */
  readonly sha256: string;
}

export interface BackedUpArtifact {
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface Dump {
  readonly migrations: readonly KnownMigration[];
  readonly tables: readonly DumpedTable[];
  readonly sequences: readonly Sequence[];
  readonly artifacts: readonly BackedUpArtifact[];
}

/** Text is about a tenth of its size at the fastest level, and the disk is what it waits for. */
const GZIP_LEVEL = 1;

/** Stored files that a row, a run or an upload names. */
const NAMED_FILES = `
  select link ->> 'sha256' as sha256, max((link ->> 'sizeBytes')::float8) as "sizeBytes"
  from (
    select artifacts from row_details
    union all
    select artifacts from runs
    union all
    select jsonb_build_array(jsonb_build_object('sha256', sha256, 'sizeBytes', received_bytes)) from uploads where sha256 is not null
  ) named, jsonb_array_elements(named.artifacts) link
  group by 1
  order by 1`;

export function tableFile(folder: string, table: string): string {
  return join(folder, `${table}.copy.gz`);
}

/** @param folder exists and is empty @param onTable is told how many tables are written */
export async function dumpTables(url: string, folder: string, onTable: (done: number, total: number) => void): Promise<Dump> {
  const client = new pg.Client(connectionSettings(url, 'omtx-backup'));
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const tables = await listTables(client);
    const dumped: DumpedTable[] = [];
    for (const table of tables) {
      onTable(dumped.length, tables.length);
      dumped.push({ ...table, ...(await dumpTable(client, table, tableFile(folder, table.name))) });
    }
    onTable(dumped.length, tables.length);
    const { rows: migrations } = await client.query<KnownMigration>(
      'select number, name, sha256, breaking from schema_migrations order by number',
    );
    const { rows: artifacts } = await client.query<BackedUpArtifact>(NAMED_FILES);
    return { migrations, tables: dumped, sequences: await readSequences(client), artifacts };
  } finally {
    await client.end();
  }
}

async function dumpTable(client: pg.Client, { name, columns }: BackedUpTable, path: string): Promise<{ rows: number; sha256: string }> {
  const source = client.query(copyTo(`copy ${client.escapeIdentifier(name)} (${quoted(client, columns)}) to stdout`));
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(source, createGzip({ level: GZIP_LEVEL }), hashing, createWriteStream(path));
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  return { rows: source.rowCount, sha256: hash.digest('hex') };
}
