import { expect, test } from 'vitest';
import { complexFault } from './complex.ts';

const protein = { type: 'protein', id: 'A', sequence: 'MKV MKV' };
const ligand = { type: 'ligand', id: 'L', smiles: 'CCO' };
const contact = (token1: object, token2: object): object => ({ type: 'contact', token1, token2 });
const template = { format: 'cif', text: 'data_' };

test('a complex whose parts fit together has no fault', () => {
  const constraints = [
    { type: 'pocket', binder: 'L', contacts: [{ chain: 'A', residue: 6 }] },
    { type: 'bond', atom1: { chain: 'A', residue: 1, atom: 'N' }, atom2: { chain: 'L', atom: 'C8' } },
  ];
  const templates = [{ ...template, chains: ['A'], templateChains: ['X'], force: true, thresholdAngstrom: 2 }];
  expect(complexFault({ molecules: [protein, ligand], constraints, templates, affinity: { binder: 'L' } })).toBeUndefined();
});

test.each([
  [{ molecules: [{ type: 'protein', id: 'A' }] }, 'Molecule A is a protein without a sequence.'],
  [{ molecules: [{ ...protein, smiles: 'C' }] }, 'Molecule A is a protein: give a sequence, and no smiles or ccd.'],
  [{ molecules: [{ type: 'ligand' }] }, 'Molecule 1 is a ligand: give exactly one of smiles and ccd.'],
  [{ molecules: [{ ...ligand, ccd: 'GOL' }] }, 'Molecule L is a ligand: give exactly one of smiles and ccd.'],
  [{ molecules: [{ ...ligand, cyclic: true }] }, 'Molecule L is a ligand: it has no sequence, modified residues or ends to join.'],
  [
    { molecules: [{ ...protein, modifications: [{ position: 7, ccd: 'SEP' }] }] },
    'Molecule A has 6 residues; a modification is at position 7.',
  ],
  [{ molecules: [protein, { ...ligand, id: 'A' }] }, 'The id A is given to two molecules. Give each its own.'],
  [
    { molecules: [protein, ligand], constraints: [{ type: 'pocket', binder: 'X', contacts: [{ chain: 'A', residue: 1 }] }] },
    'A pocket is of the chain X, which is not there.',
  ],
  [
    { molecules: [protein, ligand], constraints: [contact({ chain: 'B', residue: 1 }, { chain: 'L', atom: 'C8' })] },
    'A constraint names the chain B, which is not there. Give the molecule this id.',
  ],
  [
    { molecules: [protein, ligand], constraints: [contact({ chain: 'A', residue: 7 }, { chain: 'L', atom: 'C8' })] },
    'A constraint names residue 7 of chain A, which has 6.',
  ],
  [
    { molecules: [protein, ligand], constraints: [contact({ chain: 'A', residue: 1 }, { chain: 'L', residue: 1 })] },
    'A constraint names ligand L without an atom of it.',
  ],
  [
    { molecules: [protein], constraints: [contact({ chain: 'A', residue: 1 }, { chain: 'A' })] },
    'A constraint names chain A without a residue of it.',
  ],
  [
    { molecules: [protein], templates: [{ ...template, chains: ['B'] }] },
    'A template is for the chain B, which is no protein with this id.',
  ],
  [
    { molecules: [protein], templates: [{ ...template, chains: ['A'], templateChains: ['X', 'Y'] }] },
    'A template names 1 chains and 2 of its own; give as many of each.',
  ],
  [{ molecules: [protein], templates: [{ ...template, force: true }] }, 'A template with force needs thresholdAngstrom.'],
  [
    { molecules: [protein, ligand], affinity: { binder: 'X' } },
    'Affinity is asked of the ligand X, which is not there. Give the ligand this id.',
  ],
  [{ molecules: [protein], affinity: { binder: 'A' } }, 'Affinity is predicted of a ligand; A is a protein.'],
  [
    { molecules: [{ type: 'rna', sequence: 'ACGU' }, ligand], affinity: { binder: 'L' } },
    'Affinity is predicted of a protein and a ligand; there is no protein.',
  ],
  [
    { molecules: [protein, { type: 'ligand', id: 'L', ccd: ['GOL', 'BEN'] }], affinity: { binder: 'L' } },
    'Affinity is predicted of a ligand of one component; L has 2.',
  ],
  [
    { molecules: [protein, ligand, { type: 'ligand', smiles: 'CCO' }], affinity: { binder: 'L' } },
    'Affinity is predicted of one copy of a ligand; there are more of L.',
  ],
  [
    { molecules: [protein, { ...ligand, copies: 2 }], affinity: { binder: 'L' } },
    'Affinity is predicted of one copy of a ligand; there are more of L.',
  ],
])('%j is refused: %s', (input, message) => {
  expect(complexFault(input)).toBe(message);
});

test('an input that is no complex is left to its schema', () => {
  expect(complexFault({ proteinSequence: 'MKV' })).toBeUndefined();
  expect(complexFault(undefined)).toBeUndefined();
  expect(complexFault({ molecules: [{ type: 'stone' }] })).toBeUndefined();
});
