/** RDKit for Python and RDKit.js must read a molecule alike: a result does not depend on which of them a hub has. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { CHEMISTRY_ENVIRONMENT } from '../catalog/environments/chemistry-environment.ts';
import { findEnvironment } from '../catalog/environments/environment.ts';
import { defaultDataDir } from '../machine/data-dir.ts';
import type { Chemistry, MoleculeQuery, MoleculeReading } from './chemistry.ts';
import { openChemistry } from './rdkit-chemistry.ts';

const environment = await findEnvironment({ ...CHEMISTRY_ENVIRONMENT, dataDir: defaultDataDir({ HOME: homedir() }) });
const withPython = test.skipIf(environment === undefined);
const REASON = 'skipped where `npm run setup` has not made the hub/chemistry environment';
const open: Chemistry[] = [];

function opened(options: Parameters<typeof openChemistry>[0]): Chemistry {
  const chemistry = openChemistry(options);
  open.push(chemistry);
  return chemistry;
}

afterAll(async () => {
  for (const chemistry of open) await chemistry.close();
});

/** What chemists write, well and badly: drugs, salts, charges, stereo, isotopes, metals, ring systems, dummies, faults. */
const SMILES = [
  ...['CC(=O)Oc1ccccc1C(=O)O', 'CN1C=NC2=C1C(=O)N(C(=O)N2C)C', 'CC1=CC=C(C=C1)C1=CC(=NN1C1=CC=C(C=C1)S(N)(=O)=O)C(F)(F)F'],
  ...[
    'C[C@H](N)C(=O)O',
    'N[C@@H](C)C(O)=O',
    'C/C=C/C',
    'C/C=C\\C',
    'F/C=C/F',
    'O=C(/C=C/c1ccccc1)O',
    'C[C@@H]1CC[C@H](C(C)C)C[C@H]1O',
    '[C@](F)(Cl)(Br)I',
  ],
  ...['[Na+].CC(=O)[O-]', 'Cl.CN1CCC[C@H]1c1cccnc1', 'CCO.CCO', 'CCN.CCO', 'CCCl.ClCC.CC', '[Na+].[Cl-]', 'O.O.[Cu+2].[O-]S(=O)(=O)[O-]'],
  ...[
    '[2H]C([2H])([2H])O',
    '[13CH4]',
    '[H][H]',
    '[H]Cl',
    '[H]O[H]',
    '[2H][2H]',
    '[NH4+]',
    '[O-][N+](=O)c1ccccc1',
    'CN(=O)=O',
    'C[N+](C)(C)C',
  ],
  ...[
    'c1ccsc1',
    'c1cc[nH]c1',
    'c1cccc1',
    'n1cccc1',
    '[se]1cccc1',
    'c1ccc2ccccc2c1',
    'C1CC2CCC1CC2',
    'C12C3C4C1C5C2C3C45',
    'c1ccc2c(c1)[nH]c1ccccc12',
  ],
  ...[
    'N[Pt](N)(Cl)Cl',
    '[Fe+2]',
    'C[Si](C)(C)C',
    'OB(O)c1ccccc1',
    'CP(=O)(O)O',
    'CS(=O)C',
    'C[S@](=O)CC',
    'FS(F)(F)(F)(F)F',
    'C[Mg]Br',
    'C[Hg]C',
    '[U]',
    'CC(C)(C)[Li]',
  ],
  ...[
    '*',
    'C*',
    '[R]C',
    '[*:1]CC',
    '[Xx]',
    'C1CC',
    'C(C)(C)(C)(C)C',
    'CC(',
    'CCO)C',
    'C(CO',
    'not-a-smiles',
    'c',
    'CC 1',
    '',
    '   ',
    'C%',
    'C==C',
    '[C',
    'C]',
    'Q',
    '1',
    'C1C1',
    'C11',
  ],
  ...[
    'CC(C)NCC(O)COc1cccc2ccccc12',
    'FC(F)(F)CCC(Cl)(Cl)Cl',
    'NC(=O)CC#CCC',
    'CC(C)(C)OC(=O)N1CCC(CC1)C(=O)NC',
    'N#CC#N',
    'C#C',
    'CC#CC',
    'O=C1NC(=O)NC(=O)C1',
  ],
  ...[
    'C[C@H]1CN(C[C@@H](C)N1)c1cc2c(cc1F)c(=O)c(cn2C1CC1)C(=O)O',
    'OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O',
    'CCO |f:0|',
    'C'.repeat(120),
    'C(C)'.repeat(40),
  ],
];

function queries(): MoleculeQuery[] {
  const drawn = Array.from(
    { length: 300 },
    (_, index) =>
      `${'C'.repeat((index % 9) + 1)}Oc1ccc(C(=O)N${'C'.repeat((index % 7) + 1)}[C@@H]2CCN(C${index % 2 ? '=O' : ''})C2)c(${['F', 'Cl', 'C#N', 'S(C)(=O)=O'][index % 4] ?? 'F'})c1`,
  );
  return [...SMILES, ...drawn].flatMap((smiles) => [
    { smiles, cleaning: 'as_is' as const },
    { smiles, cleaning: 'largest_fragment' as const },
  ]);
}

test('the environment is locked to the version of RDKit.js', async () => {
  const lock = await readFile(CHEMISTRY_ENVIRONMENT.lockPath, 'utf8');
  const { dependencies } = JSON.parse(await readFile(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  expect(/^rdkit==(\S+)/m.exec(lock)?.[1]).toBe(dependencies['@rdkit/rdkit']);
});

withPython(`both read every molecule alike, good and bad (${REASON})`, { timeout: 60_000 }, async () => {
  let fault: unknown;
  const [byPython, byThreads] = await Promise.all([
    opened({ threads: 1, python: environment?.python, onFallback: (error) => (fault = error) }).read(queries()),
    opened({ threads: 1 }).read(queries()),
  ]);
  const different = queries().flatMap((query, place) =>
    JSON.stringify(byPython[place]) === JSON.stringify(byThreads[place])
      ? []
      : [{ query, byPython: byPython[place], byThreads: byThreads[place] }],
  );
  expect(fault).toBeUndefined();
  expect(different).toEqual([]);
  expect(byPython).toHaveLength(queries().length);
});

test('where the interpreter cannot start, threads read everything, and it is told once', { timeout: 60_000 }, async () => {
  const faults: unknown[] = [];
  const chemistry = opened({ threads: 1, python: '/nowhere/python', onFallback: (fault) => faults.push(fault) });
  for (let time = 0; time < 2; time++) {
    const readings = await chemistry.read([{ smiles: 'OCC', cleaning: 'as_is' }]);
    expect(readings).toMatchObject([{ canonicalSmiles: 'CCO' }]);
  }
  expect(faults).toHaveLength(1);
});

withPython(`fingerprints, InChIKeys and substructures are the same in both (${REASON})`, async () => {
  const [python, threads] = [opened({ threads: 1, python: environment?.python }), opened({ threads: 1 })];
  for (const more of ['fingerprint', 'ligand'] as const) {
    const queries: MoleculeQuery[] = SMILES.map((smiles) => ({ smiles, cleaning: 'as_is', more }));
    const readings = await threads.read(queries);
    expect(await python.read(queries).then(plainBits)).toEqual(plainBits(readings));
    expect(readings.filter((reading) => reading.kind === 'molecule').length).toBeGreaterThan(30);
  }
  const canonical = (await threads.read(SMILES.map((smiles) => ({ smiles, cleaning: 'as_is' })))).flatMap((reading) =>
    reading.kind === 'molecule' ? [reading.canonicalSmiles] : [],
  );
  for (const pattern of ['c1ccccc1', 'C1=CC=CC=C1', '[OX2H]', '[R]', 'C(=O)N', '[#7;+]', 'CC', '[C@H](N)C']) {
    const [mine, theirs] = [await threads.readPattern(pattern), await python.readPattern(pattern)];
    expect([mine.kind, theirs.kind]).toEqual(['pattern', 'pattern']);
    expect(await python.match(pattern, canonical), pattern).toEqual(await threads.match(pattern, canonical));
  }
  for (const chemistry of [python, threads]) expect((await chemistry.readPattern('C((')).kind).toBe('unreadable');
});

function plainBits(readings: readonly MoleculeReading[]): unknown {
  return readings.map((reading) =>
    reading.kind === 'unreadable'
      ? reading.kind
      : { ...reading, morgan: reading.morgan && [...reading.morgan], pattern: reading.pattern && [...reading.pattern] },
  );
}
