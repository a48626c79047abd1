import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OmtxClient } from '@omtx/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UsageError } from './exit-codes.ts';
import { readSubmission, type SubmitOptions } from './submission.ts';

let folder: string;
const client = new OmtxClient({ baseUrl: 'http://127.0.0.1:9' });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omtx-submission-'));
  const files = {
    'job.json': JSON.stringify({ name: 'of the file', taskType: 'other_task', modelId: 'other', input: { receptor: {} }, seed: 7 }),
    'ligands.json': JSON.stringify(['CCO', { name: 'amine', smiles: 'CCN' }]),
    'entries.json': JSON.stringify({ ligands: ['CCO'] }),
    'number.json': '5',
    'ligands.csv': 'name,smiles\nethanol,CCO\n',
    'target.pdb': 'ATOM\n',
    'target.pdbqt': 'ATOM\n',
    'reference.sdf': 'a molblock\n',
    'reference.pdb': 'HETATM\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const read = (options: Partial<SubmitOptions>) => readSubmission({ model: 'vina', ...options }, client);
const file = (name: string): string => join(folder, name);

test('what the command line says wins over the file, and the file over the defaults', async () => {
  expect(await read({ input: file('job.json'), name: 'mine', task: 'my_task', seed: '9' })).toMatchObject({
    name: 'mine',
    taskType: 'my_task',
    modelId: 'vina',
    seed: 9,
    input: { receptor: {} },
  });
  expect(await read({ input: file('job.json') })).toMatchObject({ name: 'of the file', taskType: 'other_task', modelId: 'vina', seed: 7 });
  expect(await read({ smiles: ['C'] })).toMatchObject({
    name: 'vina',
    taskType: 'protein_ligand_docking',
    input: { ligand: { smiles: 'C' } },
  });
});

test('ligands as JSON are a list, or an object with one', async () => {
  expect((await read({ ligands: file('ligands.json') })).input).toEqual({ ligands: ['CCO', { name: 'amine', smiles: 'CCN' }] });
  expect((await read({ ligands: file('entries.json') })).input).toEqual({ ligands: ['CCO'] });
  await expect(read({ ligands: file('number.json') })).rejects.toThrow(/neither a JSON object nor a list/);
});

test('a raw PDB takes its chains and cofactors from the command line', async () => {
  expect((await read({ target: file('target.pdb'), keep: ['NAP'], chains: ['B'], box: '1,2,3,20,20,20' })).input).toEqual({
    receptor: { pdb: 'ATOM\n', keepCofactors: ['NAP'], chains: ['B'] },
    box: { center: [1, 2, 3], size: [20, 20, 20] },
  });
});

test('the box lies around a residue of the PDB, or around a ligand in a file', async () => {
  const boxOf = async (boxAround: string) => (await read({ target: file('target.pdb'), boxAround })).input['box'];
  expect(await boxOf('STI')).toEqual({ aroundLigand: { residueName: 'STI' } });
  expect(await boxOf(file('reference.sdf'))).toEqual({ aroundLigand: { sdf: 'a molblock\n' } });
  expect(await boxOf(file('reference.pdb'))).toEqual({ aroundLigand: { pdb: 'HETATM\n' } });
  await expect(boxOf(file('nowhere.sdf'))).rejects.toThrow(/cannot be read/);
});

test.each<[string, (path: typeof file) => Partial<SubmitOptions>]>([
  ['--keep', (path) => ({ target: path('target.pdbqt'), keep: ['HEM'] })],
  ['--chains', () => ({ target: 'dockstring:PTGS2', chains: ['A'] })],
  ['--keep', () => ({ keep: ['HEM'] })],
  ['--smiles-column', () => ({ smiles: ['C'], smilesColumn: 'x' })],
  ['--name-column', (path) => ({ ligands: path('ligands.json'), nameColumn: 'x' })],
])('an option that would have no effect is refused by its name: %s', async (option, options) => {
  const refused = read(options(file));
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow(option);
});
