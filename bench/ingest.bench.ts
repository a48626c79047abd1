/**
 * `ingest.rows_per_s`, `ingest.ratio_to_insert`: 10,000 ligands as a CSV over HTTP to durable rows (202 answered), beside a plain insert
 * of the same values into a table of the same columns on the same server. Pairs alternate; the first one is not counted.
 * With the answer the rows are durable; RDKit reads their molecules after it (libraries of more than 5,000 rows). How long it takes from the
 * request until all are checked is told with both claims, with the share of it that came after the answer.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OmtxClient } from '@omtx/client';
import pg from 'pg';
import { startEmbeddedPostgres } from '../packages/server/src/storage/postgres/supervisor.ts';
import { startProcess } from '../tests/support/hub-process.ts';
import { median, round, tell, time } from './support.ts';

const ROWS = 10_000;
const PAIRS = 5;
const POLL_MS = 20;
const ROWS_PER_INSERT = 5_000;
const SUBSTITUENTS = ['F', 'Cl', 'Br', 'OC', 'C', 'N', 'O', 'C#N', 'S(C)(=O)=O', 'C(F)(F)F'];

interface Molecule {
  readonly name: string;
  readonly smiles: string;
}

/** Different molecules of 14 to 50 heavy atoms; none repeats another. */
function molecules(): readonly Molecule[] {
  return Array.from({ length: ROWS }, (_, index) => {
    const substituent = SUBSTITUENTS[index % SUBSTITUENTS.length] ?? 'C';
    const [a, b] = [Math.floor(index / SUBSTITUENTS.length) % 32, Math.floor(index / SUBSTITUENTS.length / 32)];
    return { name: `ligand ${String(index)}`, smiles: `${'C'.repeat(a + 1)}Oc1ccc(C(=O)N${'C'.repeat(b + 1)})c(${substituent})c1` };
  });
}

const folder = await mkdtemp(join(tmpdir(), 'omtx-bench-'));
const server = await startEmbeddedPostgres({ dataDir: join(folder, 'database'), log: () => undefined });
const hub = await startProcess('serve', join(folder, 'hub'), {
  args: ['--no-work', '--log-level', 'info'],
  environment: { DATABASE_URL: server.url },
});
const client = new pg.Client({ connectionString: server.url });
await client.connect();
const hubClient = new OmtxClient({ baseUrl: hub.url });
try {
  await client.query(
    'create table plain (batch_id uuid, index integer, line integer, name text, input jsonb, canonical_smiles text, primary key (batch_id, index))',
  );
  const library = molecules();
  const text = `name,smiles\n${library.map(({ name, smiles }) => `${name},${smiles}`).join('\n')}\n`;
  const body = JSON.stringify({
    name: 'ingest',
    taskType: 'protein_ligand_docking',
    modelId: 'echo',
    input: { library: { format: 'csv', text } },
  });
  const hubMs: number[] = [];
  const plainMs: number[] = [];
  const checkedMs: number[] = [];
  for (let pair = 0; pair <= PAIRS; pair++) {
    let id = '';
    const startedAt = performance.now();
    const submitted = await time(async () => {
      const answer = await fetch(`${hub.url}/api/v4/jobs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      const accepted = (await answer.json()) as { id: string; rows?: { accepted: number; reused: number } };
      if (accepted.rows?.accepted !== ROWS || accepted.rows.reused !== 0)
        throw new Error(`not all rows were accepted: ${JSON.stringify(accepted).slice(0, 500)}`);
      id = accepted.id;
    });
    while ((await hubClient.getJob(id)).progress.checked < ROWS) await sleep(POLL_MS);
    const checked = performance.now() - startedAt;
    const inserted = await time(() => insertPlainly(library));
    if (pair === 0) continue;
    hubMs.push(round(submitted));
    plainMs.push(round(inserted));
    checkedMs.push(round(checked));
  }
  const share = round(1 - median(hubMs) / median(checkedMs), 2);
  const common = {
    n: PAIRS,
    sizes: { rows: ROWS, bodyBytes: Buffer.byteLength(body) },
    versions: {
      node: process.versions.node,
      postgres: (await client.query<{ v: string }>("select current_setting('server_version') as v")).rows[0]?.v ?? '18',
    },
    samples: { hubMs, plainMs, checkedMs },
    notes: `The rows are durable with the answer; RDKit reads every molecule after it, ${String(share)} of the time until all are checked. The insert reads none.`,
  };
  tell({ claim: 'ingest.rows_per_s', value: round((1_000 * ROWS) / median(hubMs)), unit: 'rows/s', ...common });
  tell({
    claim: 'ingest.ratio_to_insert',
    value: round(median(hubMs.map((ms, index) => ms / (plainMs[index] ?? Number.NaN)))),
    unit: 'hub time / insert time',
    ...common,
  });
} finally {
  await client.end();
  await hub.stop();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

async function insertPlainly(library: readonly Molecule[]): Promise<void> {
  const id = crypto.randomUUID();
  await client.query('begin');
  for (let start = 0; start < library.length; start += ROWS_PER_INSERT) {
    const rows = library.slice(start, start + ROWS_PER_INSERT);
    await client.query('insert into plain select $1, * from unnest($2::int[], $3::int[], $4::text[], $5::jsonb[], $6::text[])', [
      id,
      rows.map((_, index) => start + index),
      rows.map((_, index) => start + index + 2),
      rows.map(({ name }) => name),
      rows.map(({ name, smiles }) => JSON.stringify({ ligand: { name, smiles } })),
      rows.map(({ smiles }) => smiles),
    ]);
  }
  await client.query('commit');
}
