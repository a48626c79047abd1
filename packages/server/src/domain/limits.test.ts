import { expect, test } from 'vitest';
import { checkLimits } from './limits.ts';

const ethanol = { heavyAtoms: 3, rotatableBonds: 0, elements: ['C', 'O'] };

test('a long chain is refused with its name, its length and what to do', () => {
  const chains = [
    { id: 'A', sequence: 'M'.repeat(3100) },
    { id: 'B', sequence: 'MK' },
  ];
  expect(checkLimits('boltz2', [{ rule: 'residues', pointer: '/chains', max: 2048 }], { taskType: 't', input: { chains } })).toEqual({
    code: 'rejected_limit',
    message: 'Model "boltz2" takes at most 2048 residues; chain A has 3100. Split the chain or choose another model.',
  });
});

test('a short sequence is refused; white space is no residue', () => {
  const limits = [{ rule: 'residues', pointer: '/proteinSequence', min: 10 } as const];
  expect(checkLimits('m', limits, { taskType: 't', input: { proteinSequence: 'MKV MKV\nMKV' } })?.message).toBe(
    'Model "m" takes at least 10 residues; the sequence has 9. Give the whole chain or choose another model.',
  );
  expect(checkLimits('m', limits, { taskType: 't', input: { proteinSequence: 'MKVMKVMKVM' } })).toBeUndefined();
});

test.each([
  [
    { rule: 'heavy_atoms', max: 2 },
    'Model "m" takes at most 2 heavy atoms; the molecule has 3. Change the molecule or choose another model.',
  ],
  [
    { rule: 'heavy_atoms', min: 4 },
    'Model "m" takes at least 4 heavy atoms; the molecule has 3. Change the molecule or choose another model.',
  ],
  [{ rule: 'heavy_atoms', min: 3, max: 3 }, undefined],
  [{ rule: 'rotatable_bonds', max: 0 }, undefined],
  [{ rule: 'elements', allowed: ['C', 'H'] }, 'Model "m" does not know O; it takes C, H. Change the molecule or choose another model.'],
  [{ rule: 'elements', allowed: ['C', 'O'] }, undefined],
] as const)('rule %o on ethanol', (rule, message) => {
  expect(
    checkLimits('m', [{ ...rule, ...('allowed' in rule ? { allowed: [...rule.allowed] } : {}) } as never], {
      taskType: 't',
      molecule: ethanol,
    })?.message,
  ).toBe(message);
});

test('a rule without its subject is passed over', () => {
  expect(
    checkLimits(
      'm',
      [
        { rule: 'heavy_atoms', max: 2 },
        { rule: 'residues', pointer: '/chains', max: 1 },
      ],
      { taskType: 't', input: { proteinSequence: 'MKV' } },
    ),
  ).toBeUndefined();
});

test('chains without ids are called by letters', () => {
  expect(
    checkLimits('m', [{ rule: 'residues', pointer: '/s', max: 2 }], { taskType: 't', input: { s: ['MK', 'MKV'] } })?.message,
  ).toContain('chain B has 3');
});

const kinds = (...types: string[]) => ({
  taskType: 'affinity',
  input: { molecules: types.map((type) => ({ type, sequence: 'MKV', copies: 2 })) },
});

test.each([
  [
    { rule: 'total_residues', pointer: '/molecules', max: 10 } as const,
    kinds('protein', 'protein'),
    'at most 10 residues; the input has 12',
  ],
  [{ rule: 'copies', pointer: '/molecules', max: 3 } as const, kinds('protein', 'protein'), 'at most 3 molecules; the input has 4'],
  [
    { rule: 'molecule_kinds', pointer: '/molecules', allowed: ['protein' as const], tasks: ['affinity'] } as const,
    kinds('protein', 'rna'),
    'takes protein for affinity, not rna',
  ],
  [
    { rule: 'structure_atoms', pointer: '/pdb', max: 1 } as const,
    { taskType: 't', input: { pdb: 'ATOM      1\nHETATM    2\nENDMDL\nATOM      1\n' } },
    'at most 1 atom; the structure has 2',
  ],
])('the rule %o refuses before any work, in words', (rule, subject, message) => {
  const limits = [{ ...rule, ...('allowed' in rule ? { allowed: [...rule.allowed], tasks: [...rule.tasks] } : {}) }] as never;
  expect(checkLimits('m', limits, subject)?.message).toContain(message);
});

test('a rule of one task is not for another', () => {
  const limits = [{ rule: 'copies', pointer: '/molecules', max: 1, tasks: ['affinity'] } as never];
  expect(checkLimits('m', limits, kinds('protein'))).toBeDefined();
  expect(checkLimits('m', limits, { ...kinds('protein'), taskType: 'structure' })).toBeUndefined();
});

const record = (atoms: number): string =>
  `pose\n     RDKit          3D\n\n${String(atoms).padStart(3)}  0  0  0  0  0  0  0  0  0999 V2000\nM  END\n`;

test('poses are counted by their records, and each by its atoms; a record that cannot be read is left to the model', () => {
  const sdf = `${record(12)}$$$$\n${record(205)}$$$$\r\n\n`;
  const breach = (rule: 'sdf_records' | 'sdf_atoms', max: number, text = sdf) =>
    checkLimits('m', [{ rule, pointer: '/poses/sdf', max }], { taskType: 't', input: { poses: { sdf: text } } })?.message;
  expect(breach('sdf_records', 2)).toBeUndefined();
  expect(breach('sdf_records', 1)).toBe('Model "m" takes at most 1 pose; the SDF has 2. Split the SDF.');
  expect(breach('sdf_records', 1, record(3))).toBeUndefined();
  expect(breach('sdf_atoms', 205)).toBeUndefined();
  expect(breach('sdf_atoms', 200)).toBe('Model "m" takes at most 200 atoms; pose 2 has 205. Change the molecule or choose another model.');
  expect(breach('sdf_atoms', 200, 'garbage')).toBeUndefined();
});

test('a letter that is no residue is refused with its place; white space and lower case are letters of the chain', () => {
  const limits = [
    { rule: 'letters', pointer: '/proteinSequence', kind: 'protein' },
    { rule: 'letters', pointer: '/molecules', kind: 'protein' },
  ] as const;
  expect(checkLimits('m', limits, { taskType: 't', input: { proteinSequence: 'mkv MKX\n' } })).toBeUndefined();
  expect(checkLimits('m', limits, { taskType: 't', input: { proteinSequence: 'MK V-K' } })?.message).toBe(
    'Model "m" does not know the letter - at position 4 of the sequence (protein); it takes ACDEFGHIKLMNPQRSTVWYX.',
  );
  const molecules = [
    { type: 'rna', id: 'R', sequence: 'ACGT' },
    { type: 'ligand', smiles: 'C' },
  ];
  expect(checkLimits('m', limits, { taskType: 't', input: { molecules } })?.message).toBe(
    'Model "m" does not know the letter T at position 4 of chain R (rna); it takes ACGUN.',
  );
});

test('a complex whose parts do not fit is beyond a limit', () => {
  const input = { molecules: [{ type: 'ligand', smiles: 'C', ccd: 'GOL' }] };
  expect(checkLimits('m', [{ rule: 'complex' }], { taskType: 't', input })).toEqual({
    code: 'rejected_limit',
    message: 'Molecule 1 is a ligand: give exactly one of smiles and ccd.',
  });
});
