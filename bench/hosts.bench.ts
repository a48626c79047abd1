/**
 * `hosts.ratio_two_to_one`: the time of a batch of real docking on one worker host with one slot over that on two such hosts, which share
 * the database alone: near 2 where nothing but docking costs. It runs from the start of the first row. Pairs alternate.
 * Options: `--pairs 2 --ligands 16 --exhaustiveness 1`. Each host computes on one core, so the machine needs two that are free.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { OmtxClient } from '@omtx/client';
import { startEmbeddedPostgres } from '../packages/server/src/storage/postgres/supervisor.ts';
import { newDataDir, startProcess, type HubProcess } from '../tests/support/hub-process.ts';
import { median, round, tell } from './support.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '2' },
    ligands: { type: 'string', default: '16' },
    exhaustiveness: { type: 'string', default: '1' },
  },
});
const pairs = Number(values.pairs);
const exhaustiveness = Number(values.exhaustiveness);
/** Small, and of about the same size, so that the last row of a host does not decide the time. */
const PHENOLS = ['C', 'F', 'Cl', 'OC', 'N', 'C#N'].flatMap((one) => ['F', 'Cl', 'C', 'O'].map((other) => `Oc1cc(${other})ccc1${one}`));
const ligands = PHENOLS.slice(0, Number(values.ligands)).map((smiles) => ({ smiles }));

const postgresDir = await mkdtemp(join(tmpdir(), 'omtx-bench-hosts-'));
await chmod(postgresDir, 0o755);
const postgres = await startEmbeddedPostgres({ dataDir: postgresDir, log: () => undefined });
const dataDir = await newDataDir();
const environment = { DATABASE_URL: postgres.url };
const hub = await startProcess('serve', dataDir, { args: ['--no-work'], environment });
const client = new OmtxClient({ baseUrl: hub.url });

/** @returns seconds from the start of the first row to the end of the batch: without the load of the model and of the receptor */
async function screenOn(hosts: number): Promise<number> {
  const workers: HubProcess[] = [];
  for (let host = 0; host < hosts; host++) workers.push(await startProcess('work', dataDir, { args: ['--cpus', '1'], environment }));
  const { id } = await client.submitJob({
    name: 'hosts',
    taskType: 'protein_ligand_docking',
    modelId: 'vina',
    input: { receptor: { dockstring: 'PTGS2' }, ligands },
    parameters: { exhaustiveness },
  });
  for await (const event of client.watchJob(id)) if (event.kind === 'finished') break;
  const { progress, startedAt, finishedAt } = await client.getJob(id);
  if (progress.completed !== ligands.length) throw new Error(`${String(progress.failed)} of ${String(ligands.length)} rows failed`);
  for (const worker of workers) await worker.stop();
  return round((Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '')) / 1_000);
}

try {
  const oneS: number[] = [];
  const twoS: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    oneS.push(await screenOn(1));
    twoS.push(await screenOn(2));
    console.error(`pair ${String(pair + 1)} of ${String(pairs)}: one host ${String(oneS.at(-1))} s, two ${String(twoS.at(-1))} s`);
  }
  tell({
    claim: 'hosts.ratio_two_to_one',
    value: round(median(oneS.map((seconds, pair) => seconds / (twoS[pair] ?? Number.NaN)))),
    unit: 'time on one host / time on two',
    n: pairs,
    sizes: { ligands: ligands.length, exhaustiveness, slotsOfAHost: 1 },
    versions: { node: process.versions.node, postgres: '18', vina: '1.2.7' },
    samples: { oneS, twoS },
  });
} finally {
  await hub.stop();
  await postgres.stop();
  for (const folder of [dataDir, postgresDir]) await rm(folder, { recursive: true, force: true });
}
