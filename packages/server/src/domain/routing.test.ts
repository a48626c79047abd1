import type { ManifestTask } from '@omtx/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inputPointer, routePlainly, routeSubmission, type Routing } from './routing.ts';

const DOCKING: ManifestTask = {
  taskType: 'protein_ligand_docking',
  title: 'Docking',
  rowsFrom: ['ligands'],
  molecule: { pointer: '/ligand', cleaning: 'largest_fragment' },
  shared: { type: 'object', properties: { receptor: {}, box: {} } } as ManifestTask['shared'],
  own: { type: 'object', properties: { ligand: {} } } as ManifestTask['own'],
};
const three = [{ name: 'a', smiles: 'CCO' }, 'CCN', { molblock: ' x\n' }];
const threeRows = [{ ligand: { name: 'a', smiles: 'CCO' } }, { ligand: { smiles: 'CCN' } }, { ligand: { molblock: ' x\n' } }];

function rowsOf(routing: Routing): readonly unknown[] {
  if (routing.kind === 'individual') return [routing.own];
  return routing.source.from === 'entries' ? routing.source.entries : [];
}

test.each(['ligands', 'compounds', 'smiles_list', 'ligand_list', 'smilesList', 'ligandList'])(
  'more than one entry in %s is a batch, entries in their one form',
  (name) => {
    expect(routeSubmission({ taskType: 'protein_ligand_binding', input: { proteinSequence: 'MKV', [name]: three } })).toEqual({
      kind: 'batch',
      routedBy: 'multiple_ligands',
      shared: { proteinSequence: 'MKV' },
      source: { from: 'entries', arrayName: name, entries: threeRows },
    });
  },
);

test('one ligand in an array is an individual job', () => {
  expect(routeSubmission({ taskType: 'protein_ligand_docking', input: { receptor: 'x', ligands: ['CCO'] }, task: DOCKING })).toEqual({
    kind: 'individual',
    routedBy: 'single',
    shared: { receptor: 'x' },
    arrayName: 'ligands',
    own: { ligand: { smiles: 'CCO' } },
  });
});

test('a ligand that is no array is the own input, the rest is shared', () => {
  expect(routeSubmission({ taskType: 'protein_ligand_docking', input: { receptor: 'x', ligand: ' CCO ' }, task: DOCKING })).toEqual({
    kind: 'individual',
    routedBy: 'single',
    shared: { receptor: 'x' },
    arrayName: undefined,
    own: { ligand: { smiles: 'CCO' } },
  });
});

test.each([0, 1, 2])('the batch task is a batch with %i ligands', (count) => {
  const routing = routeSubmission({ taskType: 'batch_protein_ligand_screening', input: { ligands: three.slice(0, count) } });
  expect(routing).toMatchObject({ kind: 'batch', routedBy: 'explicit_batch_task' });
  expect(rowsOf(routing)).toEqual(threeRows.slice(0, count));
});

test('the batch task takes a single ligand, and a library', () => {
  const taskType = 'batch_protein_ligand_screening';
  expect(rowsOf(routeSubmission({ taskType, input: { ligand: 'CCO' } }))).toEqual([{ ligand: { smiles: 'CCO' } }]);
  expect(routeSubmission({ taskType, input: { library: { format: 'smi', text: 'C' } } })).toMatchObject({
    kind: 'batch',
    routedBy: 'explicit_batch_task',
    source: { from: 'library' },
  });
});

test('a library is a batch, whatever its number of records', () => {
  const library = { format: 'smi', text: 'CCO' };
  expect(routeSubmission({ taskType: 'protein_ligand_docking', input: { receptor: 'x', library } })).toEqual({
    kind: 'batch',
    routedBy: 'library',
    shared: { receptor: 'x' },
    source: { from: 'library', library },
  });
});

test('plain sequences of a single-chain task are rows', () => {
  const routing = routeSubmission({ taskType: 'protein_structure', input: { sequences: ['MKVL', 'GAVL\nIPF'] } });
  expect(routing).toMatchObject({ kind: 'batch', routedBy: 'multiple_sequences' });
  expect(rowsOf(routing)).toEqual([{ proteinSequence: 'MKVL' }, { proteinSequence: 'GAVL\nIPF' }]);
});

test.each([
  ['a protein and a ligand', 'protein_structure', [{ protein: { id: 'A', sequence: 'MKV' } }, { ligand: { id: 'B', smiles: 'CCO' } }]],
  ['plain chains of a complex', 'protein_complex', ['MKVL', 'GAVL']],
  ['plain sequences of a ligand task', 'protein_ligand_binding', ['MKVL', 'GAVL']],
  ['a FASTA entry', 'protein_structure', ['MKVL', '>two\nGAVL']],
  ['two chains in one entry', 'protein_structure', ['MKVL', 'GA:VL']],
])('sequences that are %s stay one job', (_what, taskType, sequences) => {
  expect(routeSubmission({ taskType, input: { sequences } })).toMatchObject({
    kind: 'individual',
    routedBy: 'single',
    shared: { sequences },
  });
});

test('drug discovery with its compound library stays one job; with compounds it is a batch, as in the old router', () => {
  const taskType = 'drug_discovery';
  expect(routeSubmission({ taskType, input: { compoundLibrary: three } })).toMatchObject({
    kind: 'individual',
    shared: { compoundLibrary: three },
  });
  expect(routeSubmission({ taskType, input: { compound_library: three } })).toMatchObject({ kind: 'individual' });
  expect(routeSubmission({ taskType, input: { compounds: three } })).toMatchObject({ kind: 'batch', routedBy: 'multiple_ligands' });
});

test('lists that are no rows do not make a batch', () => {
  expect(routeSubmission({ taskType: 'variant_comparison', input: { variants: [{}, {}] } }).kind).toBe('individual');
  expect(routeSubmission({ taskType: 'nanobody_design', input: { hotspots: ['A1', 'A2'], ligands: ['C', 'N'] } }).kind).toBe('individual');
});

test('a model can define rows of its own', () => {
  const task: ManifestTask = {
    taskType: 'own_task',
    title: 'Own',
    rowsFrom: ['sites'],
    shared: { type: 'object' },
    own: { type: 'object' },
  };
  expect(rowsOf(routeSubmission({ taskType: 'own_task', input: { sites: [{ residue: 3 }, { residue: 9 }] }, task }))).toEqual([
    { residue: 3 },
    { residue: 9 },
  ]);
});

test('the array with several entries wins over one with a single entry, which is left for the schema to refuse', () => {
  expect(routeSubmission({ taskType: 'protein_ligand_binding', input: { ligands: ['C'], compounds: ['N', 'O'] } })).toMatchObject({
    kind: 'batch',
    shared: { ligands: ['C'] },
    source: { arrayName: 'compounds' },
  });
});

test('a ligand beside an array of ligands is not dropped', () => {
  expect(routeSubmission({ taskType: 'protein_ligand_docking', input: { ligand: 'C', ligands: ['N'] }, task: DOCKING })).toMatchObject({
    shared: { ligand: 'C' },
    own: { ligand: { smiles: 'N' } },
  });
});

test.each([
  [{ ligand: 'C' }, 'individual'],
  [{ ligands: ['N', 'O'] }, 'batch'],
  [{ smiles_list: ['N', 'O'] }, 'batch'],
  [{ library: { format: 'smi', text: 'C' } }, 'batch'],
])('the plain path takes what the router would have taken: %j is %s', (input, kind) => {
  const submission = { taskType: 'protein_ligand_docking', input: { receptor: 'x', ...input }, task: DOCKING };
  const plain = routePlainly(submission);
  expect(plain).toEqual({ ...routeSubmission(submission), routedBy: 'fallback_plain' });
  expect(plain.kind).toBe(kind);
});

test('the plain path takes several chains of a single-chain task apart, and a complex not', () => {
  const input = { sequences: ['MKT', 'GGS'] };
  expect(routePlainly({ taskType: 'protein_structure', input })).toMatchObject({ kind: 'batch', source: { entries: [{}, {}] } });
  expect(routePlainly({ taskType: 'protein_complex', input })).toMatchObject({ kind: 'individual', shared: input });
});

test('an error in a row points at the place that the caller wrote', () => {
  expect(inputPointer('ligands', 3, '/ligand/smiles')).toBe('/ligands/3/smiles');
  expect(inputPointer('sequences', 0, '/proteinSequence')).toBe('/sequences/0');
  expect(inputPointer(undefined, 0, '/ligand/smiles')).toBe('/ligand/smiles');
});

test('for any ligands: a batch exactly when there is more than one, a row per entry, and every other field is shared', () => {
  const entry = fc.oneof(fc.string(), fc.record({ smiles: fc.string(), name: fc.string() }, { requiredKeys: [] }), fc.jsonValue());
  const extra = fc.dictionary(
    fc.string({ minLength: 1 }).map((name) => `x${name}`),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(fc.array(entry), extra, (ligands, fields) => {
      const routing = routeSubmission({ taskType: 'protein_ligand_docking', input: { ...fields, ligands } });
      expect(routing.kind).toBe(ligands.length > 1 ? 'batch' : 'individual');
      expect(routing.shared).toEqual(fields);
      expect(rowsOf(routing)).toHaveLength(Math.max(1, ligands.length));
    }),
  );
});
