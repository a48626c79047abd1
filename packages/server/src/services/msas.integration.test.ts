import { isJobId, LOCAL_OWNER, type CreateMsa, type JobId, type MsaFallback, type SubmitJob } from '@omtx/contract';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/database.ts';
import { testContext } from '../../test/context.ts';
import { loadRegistry } from '../catalog/load-registry.ts';
import { openChemistry } from '../chemistry/rdkit-chemistry.ts';
import type { Registry } from '../catalog/registry.ts';
import { openDatabase } from '../storage/database.ts';
import { readPinnedMsas } from '../storage/msas.ts';
import { cloneJob } from './clone-job.ts';
import type { HubContext } from './context.ts';
import { createMsa, getMsa, listAlignments, readMsaText, removeMsa } from './msas.ts';
import { submitJob } from './submit-job.ts';

const MODELS = join(import.meta.dirname, '../../../../models');
const PROTEIN = 'MKVLAAGIVGLLLAQWERTY';
const A3M = `>query\n${PROTEIN}\n>hit\n${PROTEIN.replaceAll('A', 'G')}\n`;
const principal = { owner: LOCAL_OWNER };

let database: TestDatabase;
let registry: Registry;
let ctx: HubContext;

beforeAll(async () => {
  database = await createTestDatabase();
  registry = await loadRegistry({
    folders: [MODELS],
    findEnvironment: () => Promise.resolve({ digest: 'd', python: '/usr/bin/python3' }),
    offeredModels: [],
    choices: { disabled: {}, settings: { boltz2: { cache: MODELS } } },
  });
  ctx = testContext(openDatabase(database.url, 4), { registry: () => registry, chemistry: openChemistry({ threads: 1 }) });
});

beforeEach(async () => {
  await ctx.db.deleteFrom('jobs').execute();
  await ctx.db.deleteFrom('msas').execute();
  await ctx.db.deleteFrom('msa_texts').execute();
});

afterAll(async () => {
  await ctx.chemistry.close();
  await ctx.db.destroy();
  await database.drop();
});

const upload = (more: Partial<CreateMsa> = {}) => createMsa(ctx, principal, { a3m: A3M, ...more });

function submit(more: Partial<SubmitJob> = {}, msaFallback: MsaFallback = 'refuse') {
  const input = { proteinSequence: PROTEIN.toLowerCase(), ligands: [{ smiles: 'CCO' }, { smiles: 'CCN' }] };
  return submitJob({ ...ctx, msaFallback }, principal, {
    name: 'j',
    taskType: 'protein_ligand_binding',
    modelId: 'boltz2',
    input,
    ...more,
  });
}

async function pinnedOf(id: string) {
  if (!isJobId(id)) throw new Error(`${id} is no job id`);
  return readPinnedMsas(ctx.db, id satisfies JobId);
}

test('an alignment that is sent can be listed, read and forgotten', async () => {
  const msa = await upload({ name: 'mine', databaseVersion: 'uniref30_2302' });
  expect(msa).toMatchObject({ name: 'mine', sequence: PROTEIN, sequences: 2, source: 'uploaded', databaseVersion: 'uniref30_2302' });
  expect(await readMsaText(ctx, principal, msa.id)).toBe(A3M);
  await upload({ databaseVersion: 'another' });
  const { msas, nextCursor } = await listAlignments(ctx, principal, 1, undefined);
  expect(msas.map(({ databaseVersion }) => databaseVersion)).toEqual(['another']);
  expect((await listAlignments(ctx, principal, 1, nextCursor ?? '')).msas).toEqual([msa]);
  await removeMsa(ctx, principal, msa.id);
  await expect(getMsa(ctx, principal, msa.id)).rejects.toMatchObject({ code: 'msa_not_found' });
  await expect(listAlignments(ctx, principal, 1, 'nonsense')).rejects.toMatchObject({ code: 'invalid_query' });
});

test('what is no alignment is refused with its place', async () => {
  await expect(upload({ a3m: '>q\nMKV\n>h\nM\n' })).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining('Sequence 2 has 1 columns, the first one 3') as string,
  });
});

test('a job that wants alignments and has none is refused with both remedies', async () => {
  await expect(submit()).rejects.toMatchObject({
    code: 'msa_missing',
    message: expect.stringMatching(/20 residues.*POST \/api\/v4\/msas.*useMsa: false/) as string,
  });
  expect(await pinnedOf((await submit({ parameters: { useMsa: false } })).id)).toEqual([]);
});

test('where the operator chose it, such a job runs by its sequences alone', async () => {
  expect(await pinnedOf((await submit({}, 'single_sequence')).id)).toEqual([]);
});

test('each protein of a complex needs its alignment, nucleic acids need none', async () => {
  await upload();
  const molecules = [
    { type: 'protein', sequence: PROTEIN },
    { type: 'rna', sequence: 'ACGU' },
  ];
  const complex = (more: readonly object[]): Partial<SubmitJob> => ({
    taskType: 'protein_complex',
    input: { molecules: [...molecules, ...more] },
  });
  expect(await pinnedOf((await submit(complex([]))).id)).toEqual([{ sequence: PROTEIN, a3m: A3M }]);
  await expect(submit(complex([{ type: 'protein', sequence: `${PROTEIN}W` }]))).rejects.toMatchObject({ code: 'msa_missing' });
});

test('a job keeps the text it was submitted with, whatever becomes of the alignment; a clone takes the newest', async () => {
  const first = await upload();
  const { id } = await submit();
  const newer = `${A3M}>more\n${PROTEIN}\n`;
  await upload({ a3m: newer });
  expect(await pinnedOf(id)).toEqual([{ sequence: PROTEIN, a3m: A3M }]);
  expect(await pinnedOf((await cloneJob(ctx, principal, id, null)).id)).toEqual([{ sequence: PROTEIN, a3m: newer }]);
  await removeMsa(ctx, principal, first.id);
  expect(await pinnedOf(id)).toEqual([{ sequence: PROTEIN, a3m: A3M }]);
});
