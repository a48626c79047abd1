/** A model carried in one file to a machine that reaches no network. */
import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readConfig } from '../../packages/server/src/config.ts';
import { ModelCommands } from '../../packages/server/src/model-tools/model-commands.ts';
import { newModel } from '../../packages/server/src/model-tools/new-model.ts';

/** Of a small package without dependencies, as in the lock of ADMET-AI. */
const IDNA_HASHES = [
  'a7db850025b95ded1eae8a46181a1a6c56c92c96f0e2b005d9ff8dc0210cab44',
  'ab7ae7122974553370f0bdb919e1a960b2cd1bc1ef0276416d896db81c14582c',
];
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omtx-bundle-test-'));
  return () => rm(folder, { recursive: true, force: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
});

async function edit(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'utf8')));
}

function commands(dataDir = 'data', report: (line: string) => void = () => undefined): ModelCommands {
  const config = readConfig({ OMTX_DATA_DIR: join(folder, dataDir), OMTX_CPUS: '1' }, {});
  return new ModelCommands(config, report, new AbortController().signal);
}

test('a bundle installs on a machine without a network, and a damaged one is refused', async () => {
  const mine = join(folder, 'my-model');
  await newModel('my-model', mine);
  const bundle = join(folder, 'my-model.tar');
  await commands().bundle(mine, bundle);
  expect(await commands('elsewhere').install(bundle)).toBe('my-model 1.0.0');
  expect((await commands('elsewhere').test('my-model', 'health_check'))[0]).toMatchObject({ unmet: [], outcome: { kind: 'completed' } });
  const bytes = await readFile(bundle);
  const place = bytes.indexOf('WATER_DA = 18.015');
  bytes[place] = 'w'.charCodeAt(0);
  await writeFile(bundle, bytes);
  await expect(commands('third').install(bundle)).rejects.toThrow(/my-model\.tar is damaged: models\/model\/worker\.py/);
});

test('a bundle carries wheels and weights, and a machine that can reach neither runs the model with them', async () => {
  const mine = join(folder, 'my-model');
  await newModel('my-model', mine);
  await appendFile(join(mine, 'requirements.lock'), `idna==3.20 ${IDNA_HASHES.map((hash) => `--hash=sha256:${hash}`).join(' ')}\n`);
  const source = join(folder, 'water.txt');
  await writeFile(source, '18.015');
  const sha256 = createHash('sha256').update('18.015').digest('hex');
  const weights = [{ name: 'water.txt', url: pathToFileURL(source).href, bytes: 6, sha256 }];
  await edit(join(mine, 'model.json'), (text) => JSON.stringify({ ...(JSON.parse(text) as object), weights }));
  await edit(join(mine, 'worker.py'), (text) =>
    text.replace(
      'WATER_DA = 18.015',
      "import json, os, idna\nWATER_DA = float(open(json.loads(os.environ['OMTX_WEIGHTS'])['water.txt']).read())",
    ),
  );
  const bundle = join(folder, 'my-model.tar');
  await commands().bundle(mine, bundle);
  await rm(source);
  vi.stubEnv('PIP_INDEX_URL', 'http://127.0.0.1:9/simple');
  vi.stubEnv('UV_DEFAULT_INDEX', 'http://127.0.0.1:9/simple');
  vi.stubEnv('UV_NO_CACHE', '1');
  expect(await commands('elsewhere').install(bundle)).toBe('my-model 1.0.0');
  const stored = join(folder, 'elsewhere', 'weights', sha256, 'water.txt');
  expect((await stat(stored)).mode & 0o777).toBe(0o444);
  const [run] = await commands('elsewhere').test('my-model', 'health_check');
  expect(run).toMatchObject({ unmet: [], outcome: { kind: 'completed', metrics: { molecular_weight: 1019.15 } } });
});

test('a real engine is carried with its own lock, and answers as here where no registry can be reached', async () => {
  const bundle = join(folder, 'propka.tar');
  await commands().bundle(join(import.meta.dirname, '..', '..', 'models', 'propka'), bundle);
  vi.stubEnv('PIP_INDEX_URL', 'http://127.0.0.1:9/simple');
  vi.stubEnv('UV_DEFAULT_INDEX', 'http://127.0.0.1:9/simple');
  vi.stubEnv('UV_NO_CACHE', '1');
  const told: string[] = [];
  expect(await commands('elsewhere', (line) => told.push(line)).install(bundle)).toBe('propka 3.5.1');
  // Nothing is asked of a network, where each try would wait for its limit.
  expect(told.filter((line) => /installing the package installer|fetching|failed/.test(line))).toEqual([]);
  const [run] = await commands('elsewhere').test('propka', 'health_check');
  expect(run).toMatchObject({ unmet: [], outcome: { kind: 'completed', metrics: { 'propka.group_count': 14 } } });
});
