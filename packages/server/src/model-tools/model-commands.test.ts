import { appendFile, cp, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { ModelCommands } from './model-commands.ts';
import { newModel } from './new-model.ts';

const ECHO = join(import.meta.dirname, '..', '..', 'test', 'models', 'echo');
const LIMIT = { timeout: 240_000 };
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omtx-model-commands-'));
  return () => rm(folder, { recursive: true, force: true });
});

/** Size and time of change of every file of the hub's own: its packages, models and documents. */
async function hubFiles(): Promise<readonly string[]> {
  const root = join(import.meta.dirname, '..', '..', '..', '..');
  const lists = await Promise.all(
    ['packages', 'models', 'docs', 'scripts'].map((name) => readdir(join(root, name), { recursive: true, withFileTypes: true })),
  );
  const files = lists.flat().filter((entry) => entry.isFile() && !/node_modules|__pycache__|[/\\]dist/.test(entry.parentPath));
  const told = files.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const { size, mtimeMs } = await stat(path);
    return `${path} ${String(size)} ${String(mtimeMs)}`;
  });
  return (await Promise.all(told)).sort();
}

function commands(dataDir = 'data'): ModelCommands {
  const config = readConfig({ OMTX_DATA_DIR: join(folder, dataDir), OMTX_CPUS: '1' }, {});
  return new ModelCommands(config, () => undefined, new AbortController().signal);
}

/** The path that docs/add-a-model.md describes, with nothing of the hub's own folders changed. */
test('a folder made from the example is sound, runs, keeps the protocol, and is installed and removed', LIMIT, async () => {
  const before = await hubFiles();
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
  expect(await hubFiles()).toEqual(before);
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
