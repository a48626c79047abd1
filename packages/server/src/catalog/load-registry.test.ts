import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Complex, rankingOf, type Manifest } from '@omtx/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadRegistry } from './load-registry.ts';
import { readManifest } from './read-manifest.ts';
import { compareVersions, findVersion, manifestOf, type ModelState, type Registry } from './registry.ts';

const BOLTZ2 = join(import.meta.dirname, '../../../../models/boltz2');
type Loose = Record<string, unknown>;

/** A process model that is sound; tests break it in one place each. */
const SOUND: Loose = {
  id: 'toy',
  name: 'Toy',
  version: '1.0',
  summary: 'A toy.',
  status: 'adapter_tested',
  source: { kind: 'folder' },
  license: { code: 'MIT', weights: 'none' },
  citation: { text: 'None.' },
  homepage: 'https://example.org',
  tasks: [
    {
      taskType: 'toy.task',
      title: 'Toy',
      rowsFrom: ['ligands'],
      molecule: { pointer: '/ligand', cleaning: 'as_is' },
      shared: { type: 'object', properties: { target: { type: 'string' } }, additionalProperties: false },
      own: { type: 'object', properties: { ligand: { type: 'object' } }, required: ['ligand'], additionalProperties: false },
    },
  ],
  parameters: { type: 'object', properties: { steps: { type: 'integer', default: 8 } }, additionalProperties: false },
  metrics: ['docking_score', 'toy.fun'],
  rankBy: 'docking_score',
  ownMetrics: [
    { id: 'toy.fun', label: 'Fun', unit: '', direction: 'higher', range: [0, null], decimals: 1, meaning: 'How much fun it is.' },
  ],
  tables: [],
  artifacts: [],
  limits: [],
  resources: { cpus: 1, memoryBytes: 1, gpus: 0 },
  runner: { kind: 'process', command: ['{python}', '{model}/worker.py'], environment: 'engine' },
  environments: { engine: { kind: 'python', python: '3.11', lock: 'requirements.lock' } },
  shard: { maxRows: 10 },
  timeoutSeconds: 10,
  setupTimeoutSeconds: 10,
  stop: { signal: 'SIGTERM', graceSeconds: 1, cancelRow: 'kill' },
  timing: { setupSeconds: 1, rowSeconds: 1 },
  caveats: [],
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omtx-registry-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function writeModel(name: string, manifest: unknown): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'model.json'), typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  await writeFile(join(path, 'requirements.lock'), 'six==1.17.0');
  await writeFile(join(path, 'worker.py'), '');
  return path;
}

const found = () => Promise.resolve({ digest: 'd1', python: '/env/bin/python' });
const notFound = () => Promise.resolve(undefined);
const load = (
  folders: string[],
  findEnvironment: typeof found | typeof notFound = found,
  offeredModels: string[] = [],
): Promise<Registry> => loadRegistry({ folders, findEnvironment, offeredModels });

test('a model whose environments are made is installed, with their interpreters and one digest', async () => {
  const path = await writeModel('toy', SOUND);
  const registry = await load([folder]);
  expect(registry.broken).toEqual([]);
  expect(registry.models.get('toy')).toMatchObject({
    kind: 'installed',
    model: { folder: path, pythons: { engine: '/env/bin/python' }, environmentDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
  });
  expect(registry.metrics.get('toy.fun')?.label).toBe('Fun');
  expect(registry.metrics.get('docking_score')?.unit).toBe('kcal/mol');
});

test('a model without its environment says what to run, unless a remote worker offers it', async () => {
  await writeModel('toy', SOUND);
  expect((await load([folder], notFound)).models.get('toy')).toMatchObject({
    kind: 'not_installed',
    remedy: 'Run "omtx models install toy": it makes the locked environment "engine" (Python 3.11) of model "toy" on this machine.',
  });
  expect((await load([folder], notFound, ['toy'])).models.get('toy')?.kind).toBe('offered');
});

test('a broken model is reported by folder and reason, and the others keep working', async () => {
  await writeModel('a-broken', '{ "id": ');
  await writeModel('b-sound', SOUND);
  await mkdir(join(folder, 'no-model'));
  const registry = await load([folder, join(folder, 'missing')]);
  expect([...registry.models.keys()]).toEqual(['toy']);
  expect(registry.broken).toEqual([
    { folder: join(folder, 'a-broken'), reasons: [expect.stringContaining('model.json is not JSON') as string] },
    { folder: join(folder, 'missing'), reasons: ['the folder of models cannot be read'] },
  ]);
});

test('of two folders the later one wins; other versions lie beside it, and the newest that can run is taken by itself', async () => {
  await writeModel('first/toy', SOUND);
  await writeModel('second/toy', { ...SOUND, summary: 'Another toy.' });
  await writeModel('second/ten', { ...SOUND, version: '1.10' });
  await writeModel('second/twin', { ...SOUND, version: '1.10' });
  const registry = await load([join(folder, 'first'), join(folder, 'second')]);
  const versionOf = (version?: string) => findVersion(registry, 'toy', version);
  expect(registry.versions.get('toy')?.map((state) => manifestOf(state).version)).toEqual(['1.10', '1.0']);
  expect(versionOf()).toBe(versionOf('1.10'));
  expect(versionOf('1.0') && manifestOf(versionOf('1.0') as ModelState).summary).toBe('Another toy.');
  expect(versionOf('3.0')).toBeUndefined();
  expect(registry.broken.map((model) => model.folder)).toEqual([join(folder, 'second', 'twin')]);
});

test('versions are ordered by their numbers, and a pre-release is older than its release', () => {
  expect(['1.9', '1.10', '1.10rc1', '2.0', '1.10.1'].sort(compareVersions)).toEqual(['2.0', '1.10.1', '1.10', '1.10rc1', '1.9']);
});

test('a card has the version of its source or is unpinned, and what is not known is not said to be allowed', async () => {
  const pinned = { kind: 'repository', repository: 'https://example.org/toy', revision: '2.0', evidence: 'repository_read' };
  const card = { ...SOUND, status: 'manifest_only', runner: { kind: 'none', install: 'Ask.' }, environments: {}, healthCheck: undefined };
  const reasonsOf = async (manifest: Loose): Promise<readonly string[]> => {
    await writeModel('toy', manifest);
    return (await load([folder])).broken.flatMap((model) => model.reasons);
  };
  expect(await reasonsOf({ ...card, source: pinned, version: '2.0' })).toEqual([]);
  expect(await reasonsOf({ ...card, source: { ...pinned, revision: 'unknown' }, version: 'unpinned' })).toEqual([]);
  expect(await reasonsOf({ ...card, source: pinned })).toEqual(['version: "1.0" is not "2.0", the version of source']);
  expect(await reasonsOf({ ...SOUND, version: 'unpinned' })).toEqual(['version: only a card ("manifest_only") can be "unpinned"']);
  expect(await reasonsOf({ ...SOUND, license: { code: 'MIT', weights: 'unknown', commercialUse: 'allowed' } })).toEqual([
    'license: commercialUse cannot be "allowed" where the licence of code or weights is "unknown"',
  ]);
});

test('a disabled model stays listed with its reason', async () => {
  await writeModel('toy', SOUND);
  const choices = { disabled: { toy: 'Licence under review.' }, settings: {} };
  const registry = await loadRegistry({ folders: [folder], findEnvironment: found, offeredModels: [], choices });
  expect(registry.models.get('toy')).toMatchObject({ kind: 'disabled', reason: 'Licence under review.' });
});

test('a model that needs a program and a setting is installed when both are there, and says what is missing before', async () => {
  const requires = {
    programs: [{ name: 'fold', remedy: 'Install fold.' }],
    settings: [{ name: 'home', kind: 'folder', title: 'Folder of the clone' }],
  };
  await writeModel('toy', { ...SOUND, requires });
  const with_ = (settings: Record<string, string>) =>
    loadRegistry({
      folders: [folder],
      findEnvironment: found,
      offeredModels: [],
      programPath: join(folder, 'bin'),
      choices: { disabled: {}, settings: { toy: settings } },
    });
  expect((await with_({})).models.get('toy')).toMatchObject({
    kind: 'not_installed',
    remedy: 'The program fold is not on PATH. Install fold. Run "omtx models set toy home=VALUE": Folder of the clone.',
  });
  expect((await with_({ home: '/not/there' })).models.get('toy')).toMatchObject({
    remedy: expect.stringContaining('/not/there is not there') as string,
  });
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin', 'fold'), '', { mode: 0o755 });
  expect((await with_({ home: folder })).models.get('toy')).toMatchObject({ kind: 'installed', model: { settings: { home: folder } } });
});

test('a manifest that was sound is not checked again, and a changed one is', async () => {
  const cacheFile = join(folder, 'cache.json');
  await writeModel('models/toy', SOUND);
  const read = () =>
    loadRegistry({ folders: [join(folder, 'models')], findEnvironment: found, offeredModels: [], checkCacheFile: cacheFile });
  await read();
  const kept = await readFile(cacheFile, 'utf8');
  expect((JSON.parse(kept) as { sound: string[] }).sound).toHaveLength(1);
  expect((await read()).models.has('toy')).toBe(true);
  await writeModel('models/toy', { ...SOUND, rankBy: 'affinity' });
  expect((await read()).broken).toHaveLength(1);
});

test.each<[string, Loose, string]>([
  ['an unknown field', { capabilities: [] }, '/capabilities: There is no field "capabilities".'],
  ['a wrong type', { version: 3 }, '/version: must be string.'],
  [
    'an unknown metric',
    { metrics: ['docking_scor', 'toy.fun', 'docking_score'] },
    'metrics: "docking_scor" is no shared metric and none of ownMetrics; did you mean "docking_score"?',
  ],
  [
    'an own metric without prefix',
    { metrics: ['docking_score', 'fun'], ownMetrics: [{ ...(SOUND['ownMetrics'] as Loose[])[0], id: 'fun' }] },
    'ownMetrics: the id "fun" must start with "toy."',
  ],
  ['a ranking metric that is not listed', { rankBy: 'affinity' }, 'rankBy: "affinity" is not listed in metrics'],
  [
    'a ranking metric without a better end',
    { rankBy: 'pose_count', metrics: ['pose_count', 'toy.fun'] },
    'rankBy: "pose_count" has no better end',
  ],
  [
    'a parameter without default',
    { parameters: { type: 'object', properties: { steps: { type: 'integer' } }, additionalProperties: false } },
    'parameters: "steps" has no default',
  ],
  [
    'a default that does not fit',
    { parameters: { type: 'object', properties: { steps: { type: 'integer', default: 'x' } }, additionalProperties: false } },
    'the defaults do not fit',
  ],
  ['an open schema', { parameters: { type: 'object' } }, 'parameters: the schema must say "additionalProperties": false'],
  [
    'a misspelt keyword',
    { parameters: { type: 'object', propertys: {}, additionalProperties: false } },
    'parameters: the schema does not compile',
  ],
  [
    'a molecule that is nowhere',
    { tasks: [{ ...(SOUND['tasks'] as Loose[])[0], molecule: { pointer: '/drug', cleaning: 'as_is' } }] },
    'the molecule\'s pointer "/drug" leads to no field of own',
  ],
  [
    'a limit that points nowhere',
    { limits: [{ rule: 'residues', pointer: '/chain', max: 3 }] },
    'limits: the pointer "/chain" leads to no field of a task',
  ],
  [
    'a limit of a task that it has not',
    { limits: [{ rule: 'heavy_atoms', max: 3, tasks: ['other.task'] }] },
    'limits: "other.task" is no task of this model',
  ],
  [
    'a task without a namespace',
    { tasks: [{ ...(SOUND['tasks'] as Loose[])[0], taskType: 'toy_task' }] },
    'it is no shared task type, so it needs a namespace',
  ],
  ['a status that the folder cannot hold', { status: 'manifest_only' }, 'status: "manifest_only" goes with a runner of kind "none"'],
  ['nothing to show that it runs', { status: 'runs_here' }, 'status: "runs_here" needs a healthCheck'],
  ['a health check that is no example', { healthCheck: { example: 'x.json' } }, 'healthCheck: "x.json" is not listed in examples'],
  [
    'a source that lacks fields of its kind',
    { source: { kind: 'package', registry: 'pypi', name: 'toy', repository: 'unknown', evidence: 'run_here' } },
    '/source/version: "version" is missing.',
  ],
  [
    'a source of no known kind',
    { source: { kind: 'pakage' } },
    '/source/kind: must be one of "folder", "package", "repository". Did you mean "package"?',
  ],
  ['an example that is not there', { examples: [{ title: 'X', file: 'x.json' }] }, 'examples: the file "x.json" is not there'],
  ['a BibTeX that is none', { citation: { text: 'A.', bibtex: 'Smith 2020' } }, '/citation/bibtex: must match pattern'],
  ['a task twice', { tasks: [...(SOUND['tasks'] as Loose[]), ...(SOUND['tasks'] as Loose[])] }, 'tasks: "toy.task" is there twice'],
  [
    'an unknown placeholder',
    { runner: { kind: 'process', command: ['{pyhton}'], environment: 'engine' } },
    'runner: {pyhton} is no placeholder',
  ],
  [
    'an unknown environment',
    { runner: { kind: 'process', command: ['{python}'], environment: 'other' } },
    'runner: there is no environment "other"',
  ],
  ['an interpreter of nobody', { runner: { kind: 'process', command: ['{python}'] } }, 'runner: {python} needs "environment"'],
  [
    'a worker that is not there',
    { runner: { kind: 'process', command: ['{python}', '{model}/main.py'], environment: 'engine' } },
    'runner: the file "main.py" is not there',
  ],
  [
    'a lock that is not there',
    { environments: { engine: { kind: 'python', python: '3.11', lock: 'other.lock' } } },
    'environment engine: the lock "other.lock" is not there',
  ],
  [
    'a lock outside the folder',
    { environments: { engine: { kind: 'python', python: '3.11', lock: 'a/../../x.lock' } } },
    'is outside the model folder',
  ],
])('a manifest with %s is broken, and says so', async (_what, change, reason) => {
  const reading = await readManifest(await writeModel('toy', { ...SOUND, ...change }));
  expect(reading).toMatchObject({ kind: 'broken', reasons: expect.arrayContaining([expect.stringContaining(reason)]) as string[] });
});

test('the manifest of boltz2 is sound, and says what the operator brings', async () => {
  await cp(BOLTZ2, join(folder, 'boltz2'), { recursive: true });
  const registry = await load([folder]);
  expect(registry.broken).toEqual([]);
  expect(registry.models.get('boltz2')).toMatchObject({
    kind: 'not_installed',
    remedy: expect.stringContaining('Run "omtx models set boltz2 cache=VALUE"') as string,
  });
  expect((await load([folder], found, ['boltz2'])).models.get('boltz2')?.kind).toBe('offered');
  const manifest = JSON.parse(await readFile(join(BOLTZ2, 'model.json'), 'utf8')) as Manifest;
  const ranks = Object.fromEntries(manifest.tasks.map((task) => [task.taskType, rankingOf(manifest, task)]));
  expect(ranks).toMatchObject({ protein_ligand_binding: 'affinity_probability', protein_structure: 'confidence_score' });
});

test('boltz2 takes a complex in the form of the contract', async () => {
  const manifest = JSON.parse(await readFile(join(BOLTZ2, 'model.json'), 'utf8')) as Manifest;
  const own = manifest.tasks.find(({ taskType }) => taskType === 'protein_complex')?.own as { properties?: object } | undefined;
  expect(own?.properties).toMatchObject(JSON.parse(JSON.stringify(Complex.properties)) as object);
});

test('a task ranks by a metric of the model, or by none', async () => {
  const task = { ...(SOUND['tasks'] as readonly Loose[])[0], rankBy: 'nonsense' };
  expect(await readManifest(await writeModel('toy', { ...SOUND, tasks: [task] }))).toMatchObject({
    reasons: [expect.stringContaining('rankBy: "nonsense" is not listed in metrics')],
  });
  expect(rankingOf({ rankBy: 'a' }, { rankBy: null })).toBeUndefined();
  expect(rankingOf({ rankBy: 'a' }, {})).toBe('a');
});
