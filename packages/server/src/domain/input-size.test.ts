import { expect, test } from 'vitest';
import { inputSize } from './input-size.ts';

test.each([
  ['aspirin', 'CC(=O)Oc1ccccc1C(=O)O', 13],
  ['a salt', '[Na+].[Cl-]', 2],
  ['halogens of two letters', 'ClCCBr', 4],
  ['explicit hydrogens', '[H]O[H]', 1],
  ['stereo and charge', 'C[C@@H](C(=O)[O-])[NH3+]', 6],
  ['nothing', '', 0],
])('the size of a SMILES is its heavy atoms: %s', (_, smiles, atoms) => {
  expect(inputSize({ ligand: { smiles } })).toBe(atoms);
});

test('residues and atoms of all parts of a complex are added', () => {
  expect(inputSize({ chains: [{ sequence: 'MKTA YIAK\nQR' }, { sequence: 'AC' }], ligands: [{ smiles: 'CCO' }] })).toBe(15);
});

test('a structure counts by its counts line, and one molecule in two forms once', () => {
  const molblock = 'ethanol\n  x\n\n  3  2  0  0  0  0  0  0  0  0999 V2000\n';
  expect(inputSize({ ligand: { molblock } })).toBe(3);
  expect(inputSize({ ligand: { molblock: 'x\n\n\n  0  0  0     0  0            999 V3000\nM  V30 COUNTS 12 11 0 0 0\n' } })).toBe(12);
  expect(inputSize({ ligand: { molblock, smiles: 'CCO' } })).toBe(3);
  expect(inputSize({ ligand: { molblock: 'broken' } })).toBe(0);
});

test('input that is neither has no size', () => {
  for (const input of [undefined, null, 'CCO', 7, { box: { center: [1, 2, 3] } }]) expect(inputSize(input)).toBe(0);
});
