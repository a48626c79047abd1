/**
 * `overhead.ratio_to_engine`: a screen of 20 ligands through the hub over the bare engine doing the same work on the same CPUs
 * (bench/bare-vina.py). Both from a cold start of the model: the hub runs, its model process does not. Pairs alternate.
 * Options: `--pairs 5 --exhaustiveness 8`.
 */
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { OmtxClient } from '@omtx/client';
import { findEnvironment } from '../packages/server/src/catalog/environments/environment.ts';
import { defaultDataDir } from '../packages/server/src/machine/data-dir.ts';
import { newDataDir, ROOT, startProcess } from '../tests/support/hub-process.ts';
import { median, round, tell, time } from './support.ts';

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '5' }, exhaustiveness: { type: 'string', default: '8' } } });
const pairs = Number(values.pairs);
const exhaustiveness = Number(values.exhaustiveness);
const CPUS = 2;
/** Drugs of 9 to 30 heavy atoms. */
const LIGANDS = [
  'Cc1ccc(cc1)-c1cc(nn1-c1ccc(cc1)S(N)(=O)=O)C(F)(F)F',
  'CS(=O)(=O)c1ccc(cc1)C1=C(C(=O)OC1)c1ccccc1',
  'COc1ccc2cc(ccc2c1)[C@H](C)C(=O)O',
  'CC(C)Cc1ccc(cc1)[C@@H](C)C(=O)O',
  'OC(=O)Cc1ccccc1Nc1c(Cl)cccc1Cl',
  'COc1ccc2c(c1)c(CC(=O)O)c(C)n2C(=O)c1ccc(Cl)cc1',
  'C[C@H](C(=O)O)c1ccc(c(F)c1)-c1ccccc1',
  'CN1C(C(=O)Nc2ncc(C)s2)=C(O)c2ccccc2S1(=O)=O',
  'Cc1cccc(Nc2ccccc2C(=O)O)c1C',
  'CC(=O)Oc1ccccc1C(=O)O',
  'CC(=O)Nc1ccc(O)cc1',
  'Cn1cnc2c1c(=O)n(C)c(=O)n2C',
  'CC(C)NCC(O)COc1cccc2ccccc12',
  'CN1CCC[C@H]1c1cccnc1',
  'Clc1ccc(cc1)C(c1ccccc1)N1CCNCC1',
  'O=C1CN=C(c2ccccc2)c2cc(Cl)ccc2N1',
  'CCOC(=O)c1ccc(N)cc1',
  'Nc1ccc(cc1)S(N)(=O)=O',
  'COc1cc(cc(OC)c1OC)Cc1cnc(N)nc1N',
  'OC(=O)c1ccccc1O',
];
const shared = { receptor: { dockstring: 'PTGS2' } };

const environment = await findEnvironment({
  lockPath: join(ROOT, 'models', 'environments', 'docking', 'requirements.lock'),
  pythonVersion: '3.11',
  dataDir: defaultDataDir(process.env),
});
if (!environment) throw new Error('The environment of vina is not installed: run "npm run setup".');
const dataDir = await newDataDir();
const requestFile = join(dataDir, 'bare.json');
const parameters = { exhaustiveness };
try {
  const hubS: number[] = [];
  const bareS: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const hub = await startProcess('serve', dataDir, { args: ['--cpus', String(CPUS)] });
    const client = new OmtxClient({ baseUrl: hub.url });
    const scores = new Map<number, number | undefined>();
    const hubMs = await time(async () => {
      const input = { ...shared, ligands: LIGANDS.map((smiles) => ({ smiles })) };
      const { id } = await client.submitJob({ name: 'overhead', taskType: 'protein_ligand_docking', modelId: 'vina', input, parameters });
      for await (const event of client.watchJob(id)) if (event.kind === 'finished') break;
      for await (const row of client.allRows(id)) scores.set(row.index, row.metrics['docking_score']);
    });
    await hub.stop();
    // The parameters as the hub made them explicit, so that the engine gets the same.
    const model = { exhaustiveness, ...(await explicitParameters()) };
    await writeFile(requestFile, JSON.stringify({ shared, parameters: model, seed: 42, ligands: LIGANDS, cpus: CPUS }));
    const bareMs = await time(async () => {
      const { stdout } = await promisify(execFile)(environment.python, [join(ROOT, 'bench', 'bare-vina.py'), requestFile]);
      const bare = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, number>;
      for (const [index, score] of scores)
        if (bare[index] !== score)
          throw new Error(`row ${String(index)}: ${String(score)} through the hub, ${String(bare[index])} without`);
    });
    hubS.push(round(hubMs / 1_000));
    bareS.push(round(bareMs / 1_000));
    console.error(
      `pair ${String(pair + 1)} of ${String(pairs)}: hub ${(hubMs / 1_000).toFixed(1)} s, engine ${(bareMs / 1_000).toFixed(1)} s`,
    );
  }
  tell({
    claim: 'overhead.ratio_to_engine',
    value: round(median(hubS.map((seconds, index) => seconds / (bareS[index] ?? Number.NaN)))),
    unit: 'hub time / engine time',
    n: pairs,
    sizes: { ligands: LIGANDS.length, exhaustiveness, cpus: CPUS },
    versions: { node: process.versions.node, vina: '1.2.7' },
    samples: { hubS, bareS },
  });
} finally {
  await rm(dataDir, { recursive: true, force: true });
}

async function explicitParameters(): Promise<Readonly<Record<string, unknown>>> {
  const { readManifest } = await import('../packages/server/src/catalog/read-manifest.ts');
  const reading = await readManifest(join(ROOT, 'models', 'vina'));
  if (reading.kind !== 'manifest') throw new Error(reading.reasons.join('; '));
  const properties = reading.manifest.parameters as { properties?: Record<string, { default?: unknown }> };
  const defaults = Object.entries(properties.properties ?? {}).flatMap(([name, schema]) =>
    schema.default === undefined ? [] : [[name, schema.default]],
  );
  return { ...(Object.fromEntries(defaults) as Record<string, unknown>), exhaustiveness };
}
