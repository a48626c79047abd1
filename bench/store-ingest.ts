/**
 * `store.ingest_*`, `store.check.ratio_to_rdkit`, `store.substructure_*`: libraries as files over HTTP to durable rows, beside a plain COPY
 * of the same values into the same keyed table without search; then the check, beside Python RDKit alone in as many processes; then a
 * search by structure over what was stored, the first time and again.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { OmtxClient } from '@omtx/client';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { CHEMISTRY_ENVIRONMENT } from '../packages/server/src/catalog/environments/chemistry-environment.ts';
import { findEnvironment } from '../packages/server/src/catalog/environments/environment.ts';
import { defaultDataDir } from '../packages/server/src/machine/data-dir.ts';
import { time } from './support.ts';

const POLL_MS = 50;
const SUBSTITUENTS = ['F', 'Cl', 'Br', 'OC', 'C', 'N', 'O', 'C#N', 'S(C)(=O)=O', 'C(F)(F)F'];

export type Report = (claim: string, value: number, unit: string, samples: readonly number[]) => void;

interface Molecule {
  readonly name: string;
  readonly smiles: string;
}

/** Different molecules of 14 to 60 heavy atoms; none repeats another. */
function* molecules(rows: number): Generator<Molecule> {
  for (let index = 0; index < rows; index += 1) {
    const substituent = SUBSTITUENTS[index % 10] ?? 'C';
    const [a, b, c] = [Math.floor(index / 10) % 32, Math.floor(index / 320) % 32, Math.floor(index / 10_240)];
    const chain = c.toString(2).replaceAll('0', 'O').replaceAll('1', 'CC');
    yield {
      name: `ligand ${String(index)}`,
      smiles: `${'C'.repeat(a + 1)}Oc1ccc(C(=O)N${'C'.repeat(b + 1)}S${chain}C)c(${substituent})c1`,
    };
  }
}

function csvOf(rows: number): Blob {
  const parts: string[] = ['name,smiles\n'];
  for (const { name, smiles } of molecules(rows)) parts.push(`${name},${smiles}\n`);
  return new Blob(parts);
}

/** Sent and read first, as a person does; the measured part is from the submission to the answer, after which the rows are durable. */
async function ingest(hub: OmtxClient, rows: number): Promise<{ readonly id: string; readonly seconds: number }> {
  const upload = await hub.upload(csvOf(rows));
  let id = '';
  const ms = await time(async () => {
    const answer = await hub.submitJob({
      name: `ingest ${String(rows)}`,
      taskType: 'protein_ligand_docking',
      modelId: 'echo',
      input: { library: { uploadId: upload.id } },
    });
    if (answer.rows.total !== rows) throw new Error(`${String(answer.rows.total)} of ${String(rows)} rows`);
    ({ id } = answer);
  });
  return { id, seconds: ms / 1_000 };
}

/** The same values into a table of the same columns and key. */
async function copyPlainly(client: pg.Client, rows: number): Promise<number> {
  await client.query('drop table if exists plain_rows');
  await client.query(
    'create table plain_rows (batch_id uuid, index integer, line integer, name text, input jsonb, original jsonb, status text, primary key (batch_id, index))',
  );
  const id = crypto.randomUUID();
  function* lines(): Generator<string> {
    let [text, index] = ['', 0];
    for (const { name, smiles } of molecules(rows)) {
      text += `${id}\t${String(index)}\t${String(index + 2)}\t${name}\t${JSON.stringify({ ligand: { name, smiles } })}\t\\N\tpending\n`;
      index += 1;
      if (index % 2_000 > 0 && index < rows) continue;
      yield text;
      text = '';
    }
  }
  const ms = await time(() =>
    pipeline(
      Readable.from(lines()),
      client.query(copyFrom('copy plain_rows (batch_id, index, line, name, input, original, status) from stdin')),
    ),
  );
  await client.query('drop table plain_rows');
  return ms / 1_000;
}

/** @returns seconds until every row is checked, from now on */
async function checked(hub: OmtxClient, id: string, rows: number): Promise<number> {
  return (
    (await time(async () => {
      while ((await hub.getJob(id)).progress.checked < rows) await sleep(POLL_MS);
    })) / 1_000
  );
}

/** RDKit alone, in as many processes as the hub has, on the same molecules, for the same answers. */
async function rdkitAlone(rows: number): Promise<number | undefined> {
  const environment = await findEnvironment({ ...CHEMISTRY_ENVIRONMENT, dataDir: defaultDataDir({ HOME: homedir() }) });
  if (!environment) return undefined;
  const program = join(import.meta.dirname, '..', 'packages', 'server', 'chemistry', 'read_molecules.py');
  const processes = Math.max(1, availableParallelism());
  const all = [...molecules(rows)].map(({ smiles }) => ['read', smiles, 'as_is', 'fingerprint']);
  const ms = await time(() =>
    Promise.all(
      Array.from({ length: processes }, async (_, place) => {
        const share = all.filter((_question, index) => index % processes === place);
        const child = spawn(environment.python, ['-I', program], { stdio: ['pipe', 'ignore', 'ignore'] });
        for (let start = 0; start < share.length; start += 64) child.stdin.write(`${JSON.stringify(share.slice(start, start + 64))}\n`);
        child.stdin.end();
        await once(child, 'close');
      }),
    ),
  );
  return ms / 1_000;
}

async function deleteJob(url: string, id: string): Promise<void> {
  const { ok, status } = await fetch(`${url}/api/v4/jobs/${id}`, { method: 'DELETE' });
  if (!ok) throw new Error(`the job could not be deleted: ${String(status)}`);
}

export async function measureIngest(url: string, client: pg.Client, largest: number, report: Report): Promise<void> {
  const hub = new OmtxClient({ baseUrl: url });
  const small = await ingest(hub, 10_000);
  await checked(hub, small.id, 10_000);
  const plain = await copyPlainly(client, 100_000);
  const { id, seconds } = await ingest(hub, 100_000);
  report('store.ingest_100k.seconds', seconds, 's', [seconds]);
  report('store.ingest.ratio_to_copy', seconds / plain, 'hub time / COPY time', [seconds, plain]);
  const checkSeconds = await checked(hub, id, 100_000);
  const alone = await rdkitAlone(100_000);
  if (alone !== undefined) report('store.check.ratio_to_rdkit', checkSeconds / alone, 'hub time / RDKit time', [checkSeconds, alone]);
  await measureStructures(hub, id, report);
  await deleteJob(url, id);
  if (largest < 1_000_000) return;
  const large = await ingest(hub, 1_000_000);
  report('store.ingest_1m.seconds', large.seconds, 's', [large.seconds]);
  report('store.ingest.flatness', large.seconds / 100 / small.seconds, 'cost per row at 1M / at 10k', [large.seconds, small.seconds]);
  await deleteJob(url, large.id);
}

/** The first time nothing is kept; then the same again; then other patterns, whose molecules the database has in memory. */
async function measureStructures(hub: OmtxClient, id: string, report: Report): Promise<void> {
  const patterns = [
    ['substructure_most', { substructure: 'c1ccccc1' }],
    ['substructure_few', { substructure: 'S(C)(=O)=O' }],
    ['similarity', { similarTo: 'CCCOc1ccc(C(=O)NCCSCCC)c(F)c1', minSimilarity: 0.5 }],
  ] as const;
  for (const [claim, query] of patterns) {
    const first = (await time(() => hub.rowOrder(id, query))) / 1_000;
    const again = (await time(() => hub.rowOrder(id, query))) / 1_000;
    report(`store.${claim}.first_s`, first, 's', [first]);
    report(`store.${claim}.again_s`, again, 's', [again]);
  }
}
