import { expect, test } from 'vitest';
import { summarizePdb } from './structure.ts';

const atom = (kind: string, name: string, residue: string, chain: string, number: number, x: number) =>
  `${kind.padEnd(6)}    1 ${name.padEnd(4)} ${residue.padStart(3)} ${chain}${String(number).padStart(4)}    ${x.toFixed(3).padStart(8)}   0.000   0.000  1.00  0.00           C`;

test('a structure is summed up by its chains, its ligands and its waters', () => {
  const ligand = Array.from({ length: 6 }, (_, place) => atom('HETATM', `C${String(place)}`, 'CEL', 'A', 701, place));
  const text = [
    atom('ATOM', 'CA', 'GLY', 'A', 1, 0),
    atom('ATOM', 'CA', 'ALA', 'A', 2, 4),
    atom('ATOM', 'CA', 'ALA', 'B', 1, 8),
    ...ligand,
    atom('HETATM', 'O', 'HOH', 'A', 900, 0),
    atom('HETATM', 'ZN', ' ZN', 'A', 901, 0),
  ].join('\n');
  expect(summarizePdb(text)).toEqual({
    chains: [
      { chain: 'A', residues: 2 },
      { chain: 'B', residues: 1 },
    ],
    ligands: [{ residueName: 'CEL', chain: 'A', atoms: 6, center: [2.5, 0, 0] }],
    waters: 1,
    center: [4, 0, 0],
  });
  expect(summarizePdb('no structure')).toBeUndefined();
});
