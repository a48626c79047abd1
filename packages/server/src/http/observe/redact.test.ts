import { expect, test } from 'vitest';
import { redact } from './redact.ts';

test('sequences, molecules, structures and secrets are replaced by their length, whatever holds them', () => {
  const body = {
    taskType: 'protein_ligand_binding',
    input: { sequence: 'MSEQ', ligands: [{ name: 'aspirin', smiles: 'CC(=O)O' }], receptor: { pdb: 'ATOM' } },
    webhookSecret: 'abc',
  };
  expect(redact(body)).toEqual({
    taskType: 'protein_ligand_binding',
    input: {
      sequence: '[4 characters]',
      ligands: [{ name: '[7 characters]', smiles: '[7 characters]' }],
      receptor: { pdb: '[4 characters]' },
    },
    webhookSecret: '[3 characters]',
  });
});

test('long texts, long lists and deep ones are cut, and numbers stay', () => {
  expect(redact({ note: 'x'.repeat(65), seeds: [1, 2, 3, 4, 5] })).toEqual({ note: '[65 characters]', seeds: [1, 2, 3, '[2 more]'] });
  expect(redact({ a: { b: { c: { d: { e: { f: 1 } } } } } })).toEqual({ a: { b: { c: { d: { e: '[...]' } } } } });
});
