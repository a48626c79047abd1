/** Submissions as clients write them, against the real registry, RDKit and PostgreSQL. */
import { join } from 'node:path';
import { LOCAL_OWNER, isJobId, type SubmitJob } from '@omtx/contract';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/database.ts';
import { loadRegistry } from '../catalog/load-registry.ts';
import type { Registry } from '../catalog/registry.ts';
import { openChemistry } from '../chemistry/rdkit-chemistry.ts';
import { Meter } from '../observe/meter.ts';
import { openDatabase } from '../storage/database.ts';
import { openCaches } from './cache.ts';
import { StructureCache } from './structure-cache.ts';
import type { HubContext } from './context.ts';
import { submitJob } from './submit-job.ts';
import { NO_ARTIFACTS } from '../storage/artifacts/no-artifacts.ts';

const MODELS = join(import.meta.dirname, '..', '..', '..', '..', 'models');
const principal = { owner: LOCAL_OWNER };
const proteinSequence = 'MKTAYIAKQRQISFVKSHFSRQ';

let testDatabase: TestDatabase;
let ctx: HubContext;
let registry: Registry;

async function load(offeredModels: readonly string[]): Promise<Registry> {
  return loadRegistry({ folders: [MODELS], findEnvironment: () => Promise.resolve(undefined), offeredModels });
}

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  registry = await load(['boltz2']);
  ctx = {
    db: openDatabase(testDatabase.url, 4),
    registry: () => registry,
    artifacts: NO_ARTIFACTS,
    spoolDir: '/nowhere',
    chemistry: openChemistry({ threads: 1 }),
    caches: openCaches(),
    structures: new StructureCache(),
    msaFallback: 'refuse',
    log: pino({ level: 'silent' }),
    meter: new Meter(),
  };
});

afterAll(async () => {
  await ctx.chemistry.close();
  await ctx.db.destroy();
  await testDatabase.drop();
});

function body(input: SubmitJob['input'], more: Partial<SubmitJob> = {}): SubmitJob {
  return { name: 'a job', taskType: 'protein_ligand_binding', modelId: 'boltz2', input: { proteinSequence, ...input }, ...more };
}

async function storedRows(id: string) {
  if (!isJobId(id)) throw new Error(`${id} is no job id`);
  return ctx.db
    .selectFrom('batch_rows')
    .select(['index', 'line', 'name', 'outcome', 'code', 'reused_from', 'canonical_smiles', 'original'])
    .where('batch_id', '=', id)
    .orderBy('index')
    .execute();
}

test('a dirty library gives one row per data record, in order, each with what became of it', async () => {
  const text =
    '\uFEFFname;SMILES;batch\naspirin;CC(=O)Oc1ccccc1C(=O)O;A1\n\nbad;C1CC;A2\naspirin again;OC(=O)c1ccccc1OC(C)=O;A3\nethanol;CCO;A4\n';
  const answer = await submitJob(ctx, principal, body({ library: { format: 'csv', text } }));
  expect(answer).toMatchObject({ jobType: 'batch_parent', routedBy: 'library', rows: { total: 4, accepted: 3, rejected: 1, reused: 1 } });
  expect(answer.rejected).toMatchObject([{ index: 1, line: 4, name: 'bad', code: 'rejected_invalid_smiles' }]);
  const rows = await storedRows(answer.id);
  expect(rows.map((row) => [row.index, row.line, row.name, row.outcome, row.reused_from])).toEqual([
    [0, 2, 'aspirin', null, null],
    [1, 4, 'bad', 'rejected', null],
    [2, 5, 'aspirin again', null, 0],
    [3, 6, 'ethanol', null, null],
  ]);
  expect(rows[3]).toMatchObject({ canonical_smiles: 'CCO', original: { batch: 'A4' } });
});

test('several ligands are a batch and one is an individual job, on the same address', async () => {
  const several = await submitJob(ctx, principal, body({ ligands: ['CCO', { name: 'propanol', smiles: 'CCCO' }] }));
  expect(several).toMatchObject({ jobType: 'batch_parent', routedBy: 'multiple_ligands', rows: { total: 2 } });
  const one = await submitJob(ctx, principal, body({ ligands: ['CCO'] }));
  expect(one).toMatchObject({ jobType: 'individual', routedBy: 'single', rows: { total: 1 } });
});

test('with rejectAll one bad row refuses everything, and nothing is stored', async () => {
  const before = await ctx.db.selectFrom('jobs').select('id').execute();
  const submission = submitJob(ctx, principal, body({ ligands: ['CCO', 'C1CC'] }, { onInvalid: 'rejectAll' }));
  await expect(submission).rejects.toMatchObject({ code: 'rows_rejected', errors: [{ pointer: '/input/ligands/1' }] });
  expect(await ctx.db.selectFrom('jobs').select('id').execute()).toHaveLength(before.length);
});

test('unknown fields of the input and of the parameters are refused, each with its pointer', async () => {
  const submission = submitJob(ctx, principal, body({ ligands: ['CCO', 'CC'], protien: 'x' }, { parameters: { stpes: 200 } }));
  await expect(submission).rejects.toMatchObject({
    code: 'invalid_input',
    errors: [{ pointer: '/input/protien' }, { pointer: '/parameters/stpes' }],
  });
});

test('a model that is unknown, does not answer the task, or is not installed is refused with a remedy', async () => {
  await expect(submitJob(ctx, principal, body({}, { modelId: 'nothing' }))).rejects.toMatchObject({ code: 'unknown_model' });
  await expect(submitJob(ctx, principal, body({}, { taskType: 'nanobody_design' }))).rejects.toMatchObject({ code: 'model_task_mismatch' });
  registry = await load([]);
  await expect(submitJob(ctx, principal, body({ ligands: ['CCO'] }))).rejects.toMatchObject({ code: 'model_not_installed' });
  registry = await load(['boltz2']);
});

test('a task that nobody knows is told apart from one that the model does not answer', async () => {
  const submission = submitJob(ctx, principal, body({}, { taskType: 'protein_ligand_bindng' }));
  await expect(submission).rejects.toMatchObject({
    code: 'unknown_task',
    message: expect.stringContaining('Did you mean "protein_ligand_binding"?'),
  });
});

test.each([
  [{}, '/input/ligand', '"ligand" is missing.'],
  [{ ligands: [] }, '/input/ligands/0', '"ligand" is missing.'],
  [{ ligand: { smiles: 'C', nmae: 'x' } }, '/input/ligand/nmae', 'There is no field "nmae". Did you mean "name"?'],
  [{ ligands: [{ smiles: 'C', nmae: 'x' }] }, '/input/ligands/0/nmae', 'There is no field "nmae". Did you mean "name"?'],
])('one job with an input that does not fit, %j, is refused with a pointer to %s', async (input, pointer, detail) => {
  await expect(submitJob(ctx, principal, body(input))).rejects.toMatchObject({ code: 'invalid_input', errors: [{ pointer, detail }] });
});

test.each([
  [{ ligand: { smiles: 'CCO' } }, 'individual', 1],
  [{ ligands: ['CCO', 'CCC'] }, 'batch_parent', 2],
])('when the router fails by a fault %j is still accepted, and the answer says so', async (input, jobType, rows) => {
  const answer = await submitJob(ctx, principal, body(input), () => {
    throw new Error('planted');
  });
  expect(answer).toMatchObject({ jobType, routedBy: 'fallback_plain', rows: { accepted: rows } });
  expect(answer.warnings).toEqual([expect.stringContaining('plain path')]);
  expect(await storedRows(answer.id)).toHaveLength(rows);
});
