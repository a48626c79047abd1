/**
 * `models.idle_ratio_200_to_10`: start-up time and memory of a hub with 200 models over one with 10, the worse of the two ratios; goal at most
 * 1.2. The models are copies of real folders, with their environments made, so that every manifest is read and every file looked for. Each
 * hub has started once before, as an operator's has. Pairs alternate. Options: `--pairs 5`.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { newDataDir, ROOT } from '../tests/support/hub-process.ts';
import { median, round, tell } from './support.ts';

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '5' } } });
const pairs = Number(values.pairs);
const FEW = 10;
const MANY = 200;
/** Small and large manifests, of models that run, of adapters, and cards. */
const SOURCES = [
  'vina',
  'rdkit-properties',
  'receptor-prep',
  'vina-rescore',
  'openmm-relax',
  'chai1',
  'rfantibody',
  'fpocket',
  'ligandmpnn',
  'esm2',
];

interface Start {
  readonly startMs: number;
  readonly rssBytes: number;
}

const dataDirs: string[] = [];
try {
  const few = await hubOf(FEW);
  const many = await hubOf(MANY);
  await start(few);
  await start(many);
  const samples = { fewStartMs: [] as number[], manyStartMs: [] as number[], fewRssMib: [] as number[], manyRssMib: [] as number[] };
  for (let pair = 0; pair < pairs; pair++) {
    const [small, large] = [await start(few), await start(many)];
    samples.fewStartMs.push(round(small.startMs));
    samples.manyStartMs.push(round(large.startMs));
    samples.fewRssMib.push(round(small.rssBytes / 1024 ** 2));
    samples.manyRssMib.push(round(large.rssBytes / 1024 ** 2));
    console.error(`pair ${String(pair + 1)} of ${String(pairs)}: start ${small.startMs.toFixed(0)} and ${large.startMs.toFixed(0)} ms`);
  }
  const startRatio = median(samples.manyStartMs) / median(samples.fewStartMs);
  const memoryRatio = median(samples.manyRssMib) / median(samples.fewRssMib);
  tell({
    claim: 'models.idle_ratio_200_to_10',
    value: round(Math.max(startRatio, memoryRatio)),
    unit: 'worse of start time and memory, 200 models / 10 models',
    n: pairs,
    sizes: { few: FEW, many: MANY, startRatio: round(startRatio), memoryRatio: round(memoryRatio) },
    versions: { node: process.versions.node },
    samples,
  });
} finally {
  for (const folder of dataDirs) await rm(folder, { recursive: true, force: true });
}

async function hubOf(count: number): Promise<readonly [string, string]> {
  const dataDir = await newDataDir();
  dataDirs.push(dataDir);
  const models = join(dataDir, 'models-of-bench');
  await cp(join(ROOT, 'models', 'environments'), join(models, 'environments'), { recursive: true });
  for (let index = 0; index < count; index++) await copyModel(SOURCES[index % SOURCES.length] ?? '', models, index);
  return [dataDir, models];
}

/** A model of its own: its id and those of its metrics are new. */
async function copyModel(id: string, models: string, index: number): Promise<void> {
  const folder = join(models, `${id}-${String(index)}`);
  await mkdir(folder, { recursive: true });
  await cp(join(ROOT, 'models', id), folder, { recursive: true });
  const manifest = await readFile(join(folder, 'model.json'), 'utf8');
  const renamed = manifest.replaceAll(`"${id}"`, `"${id}-${String(index)}"`).replaceAll(`"${id}.`, `"${id}-${String(index)}.`);
  await writeFile(join(folder, 'model.json'), renamed);
}

async function start([dataDir, models]: readonly [string, string]): Promise<Start> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, 'bench', 'hub-with-models.ts'), dataDir, models]);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Start;
}
