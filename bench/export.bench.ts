/**
 * `export.FORMAT.peak_mb`: what the export of 100,000 finished rows adds to the memory of the hub at its peak, beside that of 10,000 rows.
 * Flat means that the two differ by no more than what the garbage collector leaves lying. Linux: the peak is the kernel's own.
 * With `-- --keep FOLDER` the files of 10,000 rows stay there, for other readers.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { OmtxClient } from '@omtx/client';
import pg from 'pg';
import { startEmbeddedPostgres } from '../packages/server/src/storage/postgres/supervisor.ts';
import { startProcess } from '../tests/support/hub-process.ts';
import { round, tell, time } from './support.ts';

const FORMATS = ['csv', 'jsonl', 'parquet', 'xlsx', 'zip'] as const;
const SIZES = [10_000, 100_000] as const;
const MIB = 1024 * 1024;

const { values } = parseArgs({ options: { keep: { type: 'string' } } });
const folder = await mkdtemp(join(tmpdir(), 'omtx-bench-'));
const server = await startEmbeddedPostgres({ dataDir: join(folder, 'database'), log: () => undefined });
const hub = await startProcess('serve', join(folder, 'hub'), {
  args: ['--no-work', '--log-level', 'info'],
  environment: { DATABASE_URL: server.url },
});
const database = new pg.Client({ connectionString: server.url });
await database.connect();
const client = new OmtxClient({ baseUrl: hub.url });
try {
  const ids = [await finishedBatch(1_000)];
  for (const rows of SIZES) ids.push(await finishedBatch(rows));
  const [warm = '', ...measured] = ids;
  for (const format of FORMATS) {
    await exported(warm, format, 1_000);
    const peaks: number[] = [];
    const seconds: number[] = [];
    for (const [place, id] of measured.entries()) {
      const rows = SIZES[place] ?? 0;
      const before = await memoryBytes('VmRSS');
      await writeFile(`/proc/${String(hub.pid)}/clear_refs`, '5');
      seconds.push(round((await time(() => exported(id, format, rows))) / 1_000));
      peaks.push(round(((await memoryBytes('VmHWM')) - before) / MIB));
    }
    tell({
      claim: `export.${format}.peak_mb`,
      value: peaks.at(-1) ?? Number.NaN,
      unit: 'MiB above the memory before',
      n: 1,
      sizes: { rows: SIZES },
      versions: { node: process.versions.node },
      samples: { peaks, seconds },
    });
  }
} finally {
  await database.end();
  await hub.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Rows as a screen leaves them: a score each, tables and no files. */
async function finishedBatch(rows: number): Promise<string> {
  const lines = Array.from(
    { length: rows },
    (_, index) =>
      `ligand ${String(index)},${'C'.repeat((index % 40) + 1)}Oc1ccc(C(=O)N${'C'.repeat(1 + (Math.floor(index / 40) % 40))})cc1,plate ${String(index % 96)}`,
  );
  const library = await client.upload(new Blob([`name,smiles,plate\n${lines.join('\n')}\n`]));
  const { id } = await client.submitJob({
    name: `${String(rows)} rows`,
    taskType: 'protein_ligand_docking',
    modelId: 'echo',
    input: { library: { uploadId: library.id } },
  });
  while ((await client.getJob(id)).progress.checked < rows) await new Promise((resolve) => setTimeout(resolve, 200));
  await database.query(
    `update batch_rows set status = 'completed', outcome = 'completed', reused_from = null, score = -(index % 1000) / 100.0,
       metrics = jsonb_build_object('echo.score', -(index % 1000) / 100.0), started_at = now(), finished_at = now() + interval '1.5 s'
     where batch_id = $1`,
    [id],
  );
  await database.query(
    `insert into row_details (batch_id, index, tables, notes, artifacts)
     select batch_id, index, jsonb_build_object('echo', jsonb_build_array(jsonb_build_object('key', name))), '[]', '[]' from batch_rows where batch_id = $1`,
    [id],
  );
  return id;
}

async function exported(id: string, format: (typeof FORMATS)[number], rows: number): Promise<void> {
  const { content } = await client.exportRows(id, format);
  const path = values.keep !== undefined && rows === SIZES[0] ? join(values.keep, `rows.${format}`) : devNull;
  await pipeline(Readable.fromWeb(content), createWriteStream(path));
}

async function memoryBytes(field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${String(hub.pid)}/status`, 'utf8');
  return 1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
}
