import { expect, test } from 'vitest';
import { EMPTY_DRAFT } from './draft.ts';
import { readLibrary } from './library.ts';
import { readSequences } from './sequences.ts';
import { byTarget, submissionOf } from './submission.ts';
import { shapeOf } from './task-shape.ts';

const LIGANDS = shapeOf({ rowsFrom: ['ligands'] });
const CHAINS = shapeOf({
  rowsFrom: ['sequences'],
  own: { required: ['proteinSequence'], properties: { proteinSequence: { type: 'string' } } },
});
const QUERIES = shapeOf({
  rowsFrom: ['queries'],
  own: { required: ['query'], properties: { query: { properties: { name: {}, sequence: { type: 'string' } } } } },
});
const NO_ROWS = { reading: undefined, sequences: [] };

function inputOf(shape: typeof LIGANDS, ligands: string, sequences = '', taskType = '') {
  if (!shape) throw new Error('no shape');
  const draft = { ...EMPTY_DRAFT, name: ' a ', ligands, taskType };
  const reading = ligands === '' ? undefined : readLibrary(ligands, draft);
  return submissionOf(draft, shape, { reading, sequences: readSequences(sequences) })?.input;
}

test('one ligand is one job, several are a library with the columns that were chosen', () => {
  expect(inputOf(LIGANDS, 'CCO ethanol')).toEqual({ ligand: { smiles: 'CCO', name: 'ethanol' } });
  expect(inputOf(LIGANDS, 'Id,SMILES\na,CC\nb,CO')).toEqual({
    library: { format: 'csv', text: 'Id,SMILES\na,CC\nb,CO', smilesColumn: 'SMILES', nameColumn: 'Id' },
  });
  expect(inputOf(LIGANDS, '')).toBeUndefined();
});

test('a file that was sent is named by its id, with the columns that were chosen by hand', () => {
  const draft = { ...EMPTY_DRAFT, name: 'a', upload: { id: '1', fileName: 'x.csv' }, smilesColumn: 'Structure' };
  expect(LIGANDS && submissionOf(draft, LIGANDS, NO_ROWS)?.input).toEqual({ library: { uploadId: '1', smilesColumn: 'Structure' } });
});

test('one sequence is one job; several keep their names, as FASTA where the task is of one chain', () => {
  expect(inputOf(CHAINS, '', 'MKT')).toEqual({ proteinSequence: 'MKT' });
  expect(inputOf(CHAINS, '', '>a b\nMK\nT\n>c\nGG', 'protein_structure')).toEqual({
    library: { format: 'fasta', text: '>a b\nMKT\n>c\nGG\n' },
  });
  expect(inputOf(CHAINS, '', '>a\nMKT\n>c\nGG', 'embedding.protein')).toEqual({ sequences: ['MKT', 'GG'] });
  expect(inputOf(QUERIES, '', '>a\nMKT\n>\nGG')).toEqual({
    queries: [{ query: { name: 'a', sequence: 'MKT' } }, { query: { sequence: 'GG' } }],
  });
});

test('several targets are a job each, named after its target', () => {
  const draft = { ...EMPTY_DRAFT, name: 'screen', shared: { receptor: { dockstring: 'PTGS2' } }, moreTargets: ['F10'] };
  expect(byTarget(draft).map(({ name, shared }) => [name, shared])).toEqual([
    ['screen, PTGS2', { receptor: { dockstring: 'PTGS2' } }],
    ['screen, F10', { receptor: { dockstring: 'F10' } }],
  ]);
  expect(byTarget({ ...draft, moreTargets: [] })).toHaveLength(1);
});
