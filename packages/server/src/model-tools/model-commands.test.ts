import { createHash } from 'node:crypto';
import { appendFile, cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readConfig } from '../config.ts';
import { ModelCommands } from './model-commands.ts';
import { newModel } from './new-model.ts';

const ECHO = join(import.meta.dirname, '..', '..', 'test', 'models', 'echo');
/** Of a small package without dependencies, as in the lock of ADMET-AI. */
const IDNA_HASHES = [
  'a7db850025b95ded1eae8a46181a1a6c56c92c96f0e2b005d9ff8dc0210cab44',
  'ab7ae7122974553370f0bdb919e1a960b2cd1bc1ef0276416d896db81c14582c',
];
const LIMIT = { timeout: 240_000 };
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omtx-model-commands-'));
  return () => rm(folder, { recursive: true, force: true });
});

afterEach(() => {
  vi.unstubAllEnvs();
});

async function edit(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'utf8')));
}

function commands(dataDir = 'data'): ModelCommands {
  const config = readConfig({ OMTX_DATA_DIR: join(folder, dataDir), OMTX_CPUS: '1' }, {});
  return new ModelCommands(config, () => undefined, new AbortController().signal);
}

/** The path that docs/add-a-model.md describes, with nothing of the hub's own folders changed. */
test('a folder made from the example is sound, runs, keeps the protocol, and is installed and removed', LIMIT, async () => {
  const mine = join(folder, 'my-model');
  await newModel('my-model', mine, 'My model');
  // An environment that another model needs too stays when this one goes; this lock is its own.
  await appendFile(join(mine, 'requirements.lock'), '# of this model alone\n');
  expect(await commands().check(mine)).toMatchObject({ reasons: [], manifest: { id: 'my-model', name: 'My model' } });
  const [run] = await commands().test(mine, 'health_check');
  expect(run).toMatchObject({ unmet: [], outcome: { kind: 'completed', metrics: { molecular_weight: 1019.15 } } });
  const findings = await commands().testProtocol(mine);
  expect(findings.filter((finding) => finding.broken !== undefined)).toEqual([]);
  expect(findings).toHaveLength(10);
  expect(await commands().install(mine)).toBe('my-model 1.0.0');
  expect((await commands().test('my-model', 'all_examples'))[0]?.unmet).toEqual([]);
  const { removed } = await commands().remove('my-model', undefined);
  expect(removed).toEqual([expect.stringContaining('environments') as string, join(folder, 'data', 'models', 'my-model-1.0.0')]);
  await expect(commands().test('my-model', 'health_check')).rejects.toThrow('There is no model "my-model"');
});

test('a bundle installs on a machine without a network, and a damaged one is refused', LIMIT, async () => {
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

test('a bundle carries wheels and weights, and a machine that can reach neither runs the model with them', LIMIT, async () => {
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

test('a worker in another language passes the conformance test too', LIMIT, async () => {
  const findings = await commands().testProtocol(ECHO);
  expect(findings.filter(({ broken }) => broken !== undefined)).toEqual([]);
});

test('a worker that breaks the protocol is told which rule it broke', LIMIT, async () => {
  const mine = join(folder, 'liar');
  await cp(ECHO, mine, { recursive: true });
  await writeFile(join(mine, 'worker.ts'), "import { writeSync } from 'node:fs';\nwriteSync(4, 'hello\\n');\n");
  const [first] = await commands().testProtocol(mine);
  expect(first).toMatchObject({
    rule: 'it says "ready" first, with its model, version and slots',
    broken: expect.stringContaining('hello') as string,
  });
});

test('a lock that is not pinned, has no hash, or names an index is not sound', async () => {
  const mine = join(folder, 'my-model');
  await newModel('my-model', mine);
  await writeFile(join(mine, 'requirements.lock'), '--index-url https://example.org\nnumpy\nscipy==1.0\n');
  expect((await commands().check(mine)).reasons).toEqual([
    'environment worker: the lock has the option "--index-url"; pin packages with hashes instead',
    'environment worker: "numpy" is not pinned to one version',
    'environment worker: "scipy==1.0" has no hash',
  ]);
});

test('an example that does not fit the schemas is not sound, and says where', async () => {
  const mine = join(folder, 'my-model');
  await newModel('my-model', mine);
  await writeFile(join(mine, 'examples', 'nine.json'), '{ "taskType": "peptide.mass", "input": { "sequenze": "A" } }');
  expect((await commands().check(mine)).reasons.join(' ')).toContain('sequenze');
});

test('an id that is none, a folder that is there and a path that is not are refused with what to do', async () => {
  await expect(newModel('My Model', join(folder, 'x'))).rejects.toThrow('is no id of a model');
  await expect(newModel('my-model', folder)).rejects.toThrow('is there already');
  await expect(commands().install(join(folder, 'nothing'))).rejects.toThrow('is not there');
  await expect(commands().set('vina', 'home', '/')).rejects.toThrow('vina has no setting "home"');
});
