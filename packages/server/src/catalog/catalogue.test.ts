/** The models that come with the hub: all of them validate, and none claims more than can be shown. */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { commercialUseOf, pinOf, type Manifest } from '@omtx/contract';
import { checkModel } from '../model-tools/check-model.ts';
import type { HubContext } from '../services/context.ts';
import { readModel, readModels, readTasks, type ModelFilter } from '../services/read-models.ts';
import { loadRegistry } from './load-registry.ts';
import { manifestOf, type ModelState, type Registry } from './registry.ts';

const MODELS = join(import.meta.dirname, '..', '..', '..', '..', 'models');
let registry: Registry;
let manifests: readonly Manifest[] = [];
beforeAll(async () => {
  registry = await loadRegistry({ folders: [MODELS], findEnvironment: () => Promise.resolve(undefined), offeredModels: [] });
  manifests = [...registry.models.values()].map(manifestOf);
}, 60_000);

const ctx = (): HubContext => ({ registry: () => registry }) as HubContext;
const ids = (filter: ModelFilter): readonly string[] => readModels(ctx(), filter).models.map((model) => model.id);

test('every manifest is sound', () => {
  expect(registry.broken).toEqual([]);
});

test('there are the engines that run here, the adapters, and at least ninety cards', () => {
  const count = (status: Manifest['status']) => manifests.filter((manifest) => manifest.status === status).length;
  expect(count('runs_here')).toBeGreaterThanOrEqual(17);
  expect(count('adapter_tested')).toBeGreaterThanOrEqual(9);
  expect(count('manifest_only')).toBeGreaterThanOrEqual(90);
});

test('what runs here or has an adapter has tests, and its examples fit its schemas', async () => {
  const folderOf = (state: ModelState) => (state.kind === 'installed' ? state.model.folder : state.folder);
  for (const state of registry.models.values()) {
    const { status, runner } = manifestOf(state);
    if (status === 'manifest_only' || runner.kind === 'none') continue;
    expect((await checkModel(folderOf(state))).reasons).toEqual([]);
    await access(join(folderOf(state), 'tests'));
  }
});

interface Field {
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Field>>;
  readonly items?: Field;
  readonly oneOf?: readonly Field[];
}

/** What makes a value clear to who types it in; a description may be that of the object around it. */
const HELP = ['description', 'examples', 'enum', 'default', 'contentMediaType'];

function unclearFields(schema: Field, path: string): readonly string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const isTyped = field.properties === undefined && field.items === undefined && field.oneOf === undefined;
    const isHelped = !isTyped || schema.description !== undefined || HELP.some((key) => key in field);
    return [...(field.title === undefined || !isHelped ? [`${path}/${name}`] : []), ...unclearFields(field, `${path}/${name}`)];
  });
  return [...own, ...[schema.items ?? [], schema.oneOf ?? []].flat().flatMap((each) => unclearFields(each, path))];
}

test('every field of a model that runs or has an adapter has a title, and help for who types it in', () => {
  const unclear = manifests
    .filter(({ status }) => status !== 'manifest_only')
    .flatMap(({ id, tasks, parameters }) => [
      ...tasks.flatMap(({ taskType, shared, own }) =>
        [shared, own].flatMap((schema) => unclearFields(schema as Field, `${id} ${taskType}`)),
      ),
      ...unclearFields(parameters as Field, `${id} parameters`),
    ]);
  expect(unclear).toEqual([]);
});

test('a licence that does not allow commercial use, or is not known, is marked as such', () => {
  const unmarked = manifests.filter(({ license }) => {
    const terms = `${license.code} ${license.weights}`;
    return /non-?commercial|\bNC\b|academic|unknown|see its LICENSE|own terms/i.test(terms) && commercialUseOf(license) === 'allowed';
  });
  expect(unmarked.map(({ id }) => id)).toEqual([]);
  expect(ids({ commercialUse: 'forbidden' })).toEqual(expect.arrayContaining(['alphafold3', 'esm3', 'igfold', 'pesto']));
});

test('every manifest says where its program comes from, and an engine that runs here has the version of its lock', async () => {
  const unlocked: string[] = [];
  for (const state of registry.models.values()) {
    const { id, source, status, environments } = manifestOf(state);
    if (status !== 'runs_here' || source.kind !== 'package') continue;
    const locks = Object.values(environments).map(({ lock }) => readFile(join(MODELS, id, lock), 'utf8'));
    const pin = `${source.name}==${source.version} `;
    if (!(await Promise.all(locks)).some((lock) => lock.split('\n').some((line) => line.startsWith(pin)))) unlocked.push(id);
  }
  expect(unlocked).toEqual([]);
  const engines = manifests.filter(({ status }) => status === 'runs_here');
  expect(engines.filter(({ source }) => source.kind !== 'package').map(({ id }) => id)).toEqual([]);
  const pinned = manifests.filter(({ source }) => pinOf(source) !== undefined);
  expect(pinned.length).toBeGreaterThanOrEqual(70);
});

test('models are found by task, licence, GPU need, status and words', () => {
  expect(ids({ task: 'pocket_detection' })).toEqual(expect.arrayContaining(['fpocket', 'p2rank', 'pykvfinder']));
  expect(ids({ task: 'pocket_detection', license: 'gpl' })).toEqual(['pykvfinder']);
  expect(ids({ gpu: 'required' })).toContain('chai1');
  expect(ids({ gpu: 'required' })).not.toContain('proteinmpnn');
  expect(ids({ gpu: 'helpful' })).toContain('proteinmpnn');
  expect(ids({ gpu: 'none', task: 'molecule_properties' })).toContain('rdkit-properties');
  expect(ids({ status: 'adapter_tested' })).toContain('diffdock');
  expect(ids({ search: 'POSEBUSTERS' })).toEqual(['posebusters']);
  expect(ids({ state: 'disabled' })).toEqual([]);
});

test('every task of a model is listed with the models that answer it, and a card shows its command', () => {
  const tasks = readTasks(ctx());
  expect(tasks.find((task) => task.id === 'sequence_design')?.models).toEqual(expect.arrayContaining(['proteinmpnn', 'ligandmpnn']));
  expect(tasks.find((task) => task.id === 'antibody.numbering')?.models).toEqual(['abnumber', 'anarci']);
  const answered = new Set(tasks.flatMap((task) => task.models));
  expect(manifests.filter(({ id }) => !answered.has(id)).map(({ id }) => id)).toEqual([]);
  expect(readModel(ctx(), 'fpocket', undefined)).toMatchObject({ command: ['fpocket', '-f', 'x.pdb'], state: 'not_installed' });
});
