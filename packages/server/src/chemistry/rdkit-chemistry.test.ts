import { afterAll, expect, test } from 'vitest';
import type { MoleculeReading } from './chemistry.ts';
import { openChemistry } from './rdkit-chemistry.ts';

const chemistry = openChemistry({ threads: 2 });
afterAll(() => chemistry.close());

async function readOne(smiles: string, cleaning: 'as_is' | 'largest_fragment' = 'as_is'): Promise<MoleculeReading> {
  const [reading] = await chemistry.read([{ smiles, cleaning }]);
  if (!reading) throw new Error('no reading');
  return reading;
}

test.each([
  ['celecoxib', 'CC1=CC=C(C=C1)C1=CC(=NN1C1=CC=C(C=C1)S(N)(=O)=O)C(F)(F)F', 26, 3, ['C', 'F', 'N', 'O', 'S']],
  ['aspirin', 'CC(=O)Oc1ccccc1C(=O)O', 13, 2, ['C', 'O']],
  ['caffeine', 'CN1C=NC2=C1C(=O)N(C(=O)N2C)C', 14, 0, ['C', 'N', 'O']],
  ['ibuprofen', 'CC(C)Cc1ccc(cc1)C(C)C(=O)O', 15, 4, ['C', 'O']],
  ['indomethacin', 'COc1ccc2c(c1)c(CC(=O)O)c(C)n2C(=O)c1ccc(Cl)cc1', 25, 4, ['C', 'Cl', 'N', 'O']],
])('%s has its published numbers of heavy atoms and rotatable bonds', async (_name, smiles, heavyAtoms, rotatableBonds, elements) => {
  expect(await readOne(smiles)).toMatchObject({ kind: 'molecule', heavyAtoms, rotatableBonds, elements, fragments: 1 });
});

test('the same molecule written differently has one canonical SMILES', async () => {
  const writings = ['CC(=O)Oc1ccccc1C(=O)O', 'OC(=O)c1ccccc1OC(C)=O', 'C1=CC=CC(=C1C(O)=O)OC(=O)C', '[H]OC(=O)c1ccccc1OC(C)=O'];
  const readings = await chemistry.read(writings.map((smiles) => ({ smiles, cleaning: 'as_is' })));
  expect(new Set(readings.map((reading) => reading.kind === 'molecule' && reading.canonicalSmiles))).toEqual(
    new Set(['CC(=O)Oc1ccccc1C(=O)O']),
  );
});

test('stereo, double-bond geometry, charge and isotopes tell molecules apart', async () => {
  const readings = await chemistry.read(
    ['N[C@@H](C)C(=O)O', 'N[C@H](C)C(=O)O', 'NC(C)C(=O)O', 'C/C=C/C', 'C/C=C\\C', 'CC(=O)[O-]', 'CC(=O)O', '[2H]C', 'C'].map((smiles) => ({
      smiles,
      cleaning: 'as_is' as const,
    })),
  );
  expect(readings.map((reading) => reading.kind)).toEqual(Array(9).fill('molecule'));
  expect(new Set(readings.map((reading) => reading.kind === 'molecule' && reading.canonicalSmiles)).size).toBe(9);
});

test.each([
  ['C[Si](C)(C)c1[nH]ccc1', ['C', 'N', 'Si']],
  ['[se]1cccc1', ['C', 'Se']],
  ['[13CH4]', ['C']],
  ['[O-][Cl+3]([O-])([O-])[O-].[NH4+]', ['Cl', 'N', 'O']],
  ['OB(O)c1ccc(Br)cc1I', ['B', 'Br', 'C', 'I', 'O']],
  ['N[Pt](N)(Cl)Cl', ['Cl', 'N', 'Pt']],
  ['[H]Cl', ['Cl']],
  ['CS[C@@H](F)P', ['C', 'F', 'P', 'S']],
])('%s has the elements %j', async (smiles, elements) => {
  expect(await readOne(smiles)).toMatchObject({ elements });
});

test('the largest fragment is kept, with its charge and stereo, and the same as without its counter-ion', async () => {
  const alone = await readOne('C[C@H](c1ccc2cc(OC)ccc2c1)C(=O)[O-]');
  const salt = await readOne('[Na+].C[C@H](c1ccc2cc(OC)ccc2c1)C(=O)[O-]', 'largest_fragment');
  expect(salt).toEqual({ ...alone, fragments: 2 });
});

test.each([
  ['more heavy atoms win', 'CCO.CCCC', 'CCCC'],
  ['then the larger molecular weight', 'CCN.CCO', 'CCO'],
  ['then the first canonical SMILES', 'CCCl.ClCC.CC', 'CCCl'],
  ['then the first canonical SMILES, of isomers', 'COC.CCO', 'CCO'],
])('of fragments %s', async (_rule, smiles, kept) => {
  expect(await readOne(smiles, 'largest_fragment')).toMatchObject({ canonicalSmiles: kept });
});

test('as it is, a salt stays whole', async () => {
  expect(await readOne('[Na+].CC(=O)[O-]')).toMatchObject({
    canonicalSmiles: 'CC(=O)[O-].[Na+]',
    fragments: 2,
    heavyAtoms: 5,
    elements: ['C', 'Na', 'O'],
  });
});

test.each([
  ['C1CC', 'a ring is opened and not closed'],
  ['C(C)(C)(C)(C)C', 'valence error: atom 1 (C) has 5 bonds, more than it can have'],
  [
    'c1cccc1',
    'kekulization failed: the aromatic atoms 1, 2, 3, 4, 5 cannot get alternating double bonds; often a hydrogen such as [nH] is missing',
  ],
  ['CC(', 'syntax error at character 3'],
  ['CCO)C', 'a parenthesis is closed that was not opened'],
  ['C(CO', 'a parenthesis is opened and not closed'],
  ['not-a-smiles', 'syntax error at character 3'],
  ['c', 'atom 1 is written as aromatic (lower case) but is in no ring'],
  ['CC 1', 'it has a blank inside; a name goes into a field of its own'],
  ['C*', 'it has an atom that stands for any other (*, R or an unknown element); give a complete molecule'],
  ['[H][H]', 'it has no atom other than hydrogen'],
  ['  ', 'it is empty'],
])('%s is unreadable, with the reason in words', async (smiles, reason) => {
  expect(await readOne(smiles)).toEqual({ kind: 'unreadable', reason });
});

test('a SMILES that is too long for the parser is refused unread', async () => {
  expect(await readOne('C'.repeat(10_001))).toEqual({ kind: 'unreadable', reason: 'it is longer than 10000 characters' });
});

const ETHANOL = [
  'ethanol',
  '  x',
  '',
  '  3  2  0  0  0  0  0  0  0  0999 V2000',
  '    0.0000    0.0000    0.0000 C   0  0  0  0  0  0  0  0  0  0  0  0',
  '    1.5000    0.0000    0.0000 C   0  0  0  0  0  0  0  0  0  0  0  0',
  '    2.2000    1.2000    0.0000 O   0  0  0  0  0  0  0  0  0  0  0  0',
  '  1  2  1  0',
  '  2  3  1  0',
  'M  END',
  '',
].join('\n');

test('a molblock is read, and is the same molecule as its SMILES', async () => {
  const [fromBlock] = await chemistry.read([{ molblock: ETHANOL, cleaning: 'as_is' }]);
  expect(fromBlock).toEqual(await readOne('OCC'));
});

test('a V3000 molblock is read', async () => {
  const molblock = [
    '',
    ' x',
    '',
    '  0  0  0     0  0            999 V3000',
    'M  V30 BEGIN CTAB',
    'M  V30 COUNTS 2 1 0 0 0',
    'M  V30 BEGIN ATOM',
    'M  V30 1 C 0 0 0 0',
    'M  V30 2 O 1.2 0 0 0',
    'M  V30 END ATOM',
    'M  V30 BEGIN BOND',
    'M  V30 1 1 1 2',
    'M  V30 END BOND',
    'M  V30 END CTAB',
    'M  END',
    '',
  ].join('\n');
  expect((await chemistry.read([{ molblock, cleaning: 'as_is' }]))[0]).toMatchObject({ canonicalSmiles: 'CO' });
});

test.each([
  ['a cut-off molblock', ETHANOL.replace('M  END', ''), /no "M  END"/],
  ['a molblock with fewer lines than it counts', ETHANOL.replace('  2  3  1  0\n', ''), /./],
  ['a molblock with an unknown element', ETHANOL.replace(' O ', ' Qq'), /./],
  ['other text', 'hello\nM  END', /./],
])('%s is unreadable', async (_what, molblock, reason) => {
  const [reading] = await chemistry.read([{ molblock, cleaning: 'as_is' }]);
  expect(reading).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) as string });
});

test('a molecule that breaks RDKit is unreadable, and the others around it are read, in order', { timeout: 60_000 }, async () => {
  const smiles = Array.from({ length: 150 }, (_, index) => (index === 77 ? '('.repeat(9_000) : 'C'.repeat(index + 1)));
  const readings = await chemistry.read(smiles.map((text) => ({ smiles: text, cleaning: 'as_is' })));
  expect(readings.map((reading) => (reading.kind === 'molecule' ? reading.heavyAtoms : -1))).toEqual(
    smiles.map((text, index) => (index === 77 ? -1 : text.length)),
  );
});

test('many requests at once are each answered with their own readings', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => readOne('C'.repeat(index + 1))));
  expect(answers.map((reading) => reading.kind === 'molecule' && reading.heavyAtoms)).toEqual(
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
});

test("the rotatable bonds are those of RDKit's own descriptor", async () => {
  const { loadRdkit } = await import('./rdkit-module.ts');
  const rdkit = await loadRdkit();
  const drugs = [
    'CC(C)NCC(O)COc1cccc2ccccc12',
    'CCOC(=O)C1=C(C)NC(C)=C(C1c1cccc(c1)[N+]([O-])=O)C(=O)OC',
    'CC(C)(C)NCC(O)c1ccc(O)c(CO)c1',
    'NC(=O)CC#CCC',
    'CC(=O)NC1=CC=C(O)C=C1',
    'FC(F)(F)CCC(Cl)(Cl)Cl',
    'NC(=N)NCCCC(N)C(=O)NCC(=O)OCC',
  ];
  for (const smiles of drugs) {
    const mol = rdkit.get_mol(smiles);
    const { NumRotatableBonds: rotatableBonds } = JSON.parse(mol?.get_descriptors() ?? '{}') as { NumRotatableBonds: number };
    mol?.delete();
    expect(await readOne(smiles), smiles).toMatchObject({ rotatableBonds });
  }
});

test('a thread that cannot start is a fault of the hub, not of the molecules', async () => {
  const broken = openChemistry({ threads: 1, program: new URL('./no-such-thread.ts', import.meta.url) });
  await expect(broken.read([{ smiles: 'C', cleaning: 'as_is' }])).rejects.toThrow('a chemistry worker could not start');
  await broken.close();
});

test('after close nothing is read and no promise is left open', async () => {
  const short = openChemistry({ threads: 1 });
  const refused = expect(short.read([{ smiles: 'C', cleaning: 'as_is' }])).rejects.toThrow('closed');
  await short.close();
  await refused;
  await expect(short.read([{ smiles: 'C', cleaning: 'as_is' }])).rejects.toThrow('closed');
});
