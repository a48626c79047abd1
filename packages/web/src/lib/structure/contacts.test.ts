import { expect, test } from 'vitest';
import { readPdbAtoms, readSdfAtoms, splitSdf } from './atoms.ts';
import { boundsOf, findContacts, residueLabel } from './contacts.ts';

const PDB = `ATOM      1  NE  ARG A 513       0.000   0.000   0.000  1.00  0.00           N
ATOM      2  CA AVAL A 523       3.900   3.000   0.000  1.00  0.00           C
ATOM      3  CA BVAL A 523       0.500   3.000   0.000  1.00  0.00           C
ATOM      4  HE  ARG A 513       1.000   0.000   0.000  1.00  0.00           H
HETATM    5 FE   HEM A 601      20.000   0.000   0.000  1.00  0.00          FE
ENDMDL
ATOM      6  N   GLY A   1       1.000   0.000   0.000  1.00  0.00           N
`;
const SDF = `two atoms

comment
  2  1  0  0  0  0  0  0  0  0999 V2000
    3.0000    0.0000    0.0000 O   0  0
    4.2000    0.0000    0.0000 C   0  0
  1  2  1  0
M  END
$$$$
`;

test('a PDB gives the first model and the first alternative location, an SDF its atoms', () => {
  expect(readPdbAtoms(PDB).map(({ name, element, chain, residueNumber }) => [name, element, chain, residueNumber])).toEqual([
    ['NE', 'N', 'A', 513],
    ['CA', 'C', 'A', 523],
    ['HE', 'H', 'A', 513],
    ['FE', 'FE', 'A', 601],
  ]);
  expect(readSdfAtoms(SDF).map(({ x, element }) => [x, element])).toEqual([
    [3, 'O'],
    [4.2, 'C'],
  ]);
  expect(splitSdf(SDF + SDF)).toEqual([SDF, SDF]);
});

test('contacts are heavy atoms within 4 A, nearest first, and polar where a hydrogen bond could be', () => {
  const { contacts, pocket, polarPairs } = findContacts(readPdbAtoms(PDB), readSdfAtoms(SDF));
  expect(contacts.map((contact) => [residueLabel(contact), Number(contact.distanceAngstrom.toFixed(2)), contact.isPolar])).toEqual([
    ['R513', 3, true],
    ['V523', 3.01, false],
  ]);
  expect(pocket).toHaveLength(2);
  expect(polarPairs).toHaveLength(1);
});

test('bounds hold all atoms and the padding', () => {
  expect(boundsOf(readSdfAtoms(SDF), 2)).toEqual({ min: [1, -2, -2], max: [6.2, 2, 2] });
});
