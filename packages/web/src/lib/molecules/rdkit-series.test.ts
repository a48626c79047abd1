import createRdkit from '@rdkit/rdkit';
import { expect, test } from 'vitest';
import { decompose, scaffoldOf } from './rdkit-series.ts';

const kit = await createRdkit();

/** Scaffolds by RDKit for Python (`MurckoScaffold.GetScaffoldForMol`), written without stereo. */
const SCAFFOLDS = [
  ['Cc1ccc(cc1)-c1cc(nn1-c1ccc(cc1)S(N)(=O)=O)C(F)(F)F', 'c1ccc(-c2ccnn2-c2ccccc2)cc1'],
  ['CS(=O)(=O)c1ccc(cc1)C1=C(C(=O)OC1)c1ccccc1', 'O=C1OCC(c2ccccc2)=C1c1ccccc1'],
  ['CC(=O)Oc1ccccc1C(=O)O', 'c1ccccc1'],
  ['Cn1cnc2c1c(=O)n(C)c(=O)n2C', 'O=c1[nH]c(=O)c2[nH]cnc2[nH]1'],
  ['O=C(Nc1ccccc1)c1ccncc1', 'O=C(Nc1ccccc1)c1ccncc1'],
] as const;

test.for(SCAFFOLDS)('the scaffold of %s is %s', ([smiles, scaffold]) => {
  expect(scaffoldOf(kit, smiles)).toBe(scaffold);
});

test('a molecule without a ring has an empty scaffold, and what cannot be read has none', () => {
  expect(scaffoldOf(kit, 'CCO')).toBe('');
  expect(scaffoldOf(kit, 'C1CC(')).toBeNull();
});

test('molecules that hold the core come apart into it and what hangs on it; others are left out', () => {
  const rows = decompose(kit, 'c1ccccc1', ['Cc1ccccc1', 'CCO', 'Cc1ccccc1Cl']);
  expect(rows?.map(({ place }) => place)).toEqual([0, 2]);
  const groupsOf = (at: number) =>
    Object.values(rows?.[at]?.groups ?? {})
      .map((group) => group.replace(/\[\*:\d\]/, '*'))
      .sort();
  expect(groupsOf(0)).toEqual(['C*', '[H]*']);
  expect(groupsOf(1)).toEqual(['C*', 'Cl*']);
  expect(decompose(kit, 'c1cc', ['CC'])).toBeUndefined();
});
