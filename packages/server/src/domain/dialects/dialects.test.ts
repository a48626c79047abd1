import { expect, test } from 'vitest';
import { writeDialect } from './write-dialect.ts';
import { Untranslatable, type DialectSource } from './translation.ts';

const PROTEIN = 'MKVLAAGIVG';
const A3M = `>q\n${PROTEIN}\n`;
const DEFAULTS = {
  usePotentials: false,
  recyclingSteps: 3,
  samplingSteps: 200,
  diffusionSamples: 1,
  stepScale: 1.5,
  samplingStepsAffinity: 200,
  diffusionSamplesAffinity: 5,
  affinityMwCorrection: false,
  method: 'any',
  maxMsaSequences: 8_192,
  writeMatrices: true,
  writeEmbeddings: false,
};
const source = (asked: object, parameters: object = {}, msas: Iterable<[string, string]> = []): DialectSource => ({
  asked: asked as DialectSource['asked'],
  parameters: { ...DEFAULTS, ...parameters },
  seed: 42,
  msas: new Map(msas),
});
const BINDING = { proteinSequence: 'mkvl aagivg', ligand: { smiles: 'CCO', name: 'ethanol' } };
const COMPLEX = {
  molecules: [
    { type: 'protein', id: 'P', sequence: PROTEIN, copies: 2, modifications: [{ position: 3, ccd: 'SEP' }], cyclic: true },
    { type: 'ligand', id: 'G', ccd: 'GOL' },
  ],
  constraints: [
    {
      type: 'pocket',
      binder: 'G',
      contacts: [
        { chain: 'P', residue: 1 },
        { chain: 'P', residue: 4 },
      ],
      maxDistanceAngstrom: 8,
    },
    { type: 'bond', atom1: { chain: 'P', residue: 2, atom: 'NZ' }, atom2: { chain: 'G', atom: 'C1' } },
    { type: 'contact', token1: { chain: 'P', residue: 2 }, token2: { chain: 'P', residue: 9 }, force: true },
  ],
  affinity: { binder: 'G' },
};
const codes = ({ report }: ReturnType<typeof writeDialect>): string[] => report.map(({ code, message }) => `${code}: ${message}`);

test('a protein and a ligand for the container: from 1, affinity at the ligand, every default said', () => {
  const written = writeDialect('boltz_nim', source(BINDING, {}, [[PROTEIN, A3M]]));
  expect(written.body).toEqual({
    polymers: [{ id: 'A', molecule_type: 'protein', sequence: PROTEIN, msa: { hub: { a3m: { alignment: A3M, format: 'a3m', rank: 0 } } } }],
    ligands: [{ id: 'B', smiles: 'CCO', predict_affinity: true }],
    recycling_steps: 3,
    sampling_steps: 200,
    diffusion_samples: 1,
    step_scale: 1.5,
    sampling_steps_affinity: 200,
    diffusion_samples_affinity: 5,
    affinity_mw_correction: false,
    without_potentials: true,
    write_full_pae: true,
    output_format: 'mmcif',
  });
  expect(codes(written)).toEqual(['translation_lost: seed (42) has no place at the service.']);
});

test('a complex for the container: a polymer a copy, and what has no place is told', () => {
  const written = writeDialect('boltz_nim', source(COMPLEX, { recyclingSteps: 0, method: 'md' }));
  const polymer = { molecule_type: 'protein', sequence: PROTEIN, cyclic: true, modifications: [{ ccd: 'SEP', position: 3 }] };
  expect(written.body).toMatchObject({
    polymers: [
      { id: 'P', ...polymer },
      { id: 'A', ...polymer },
    ],
    ligands: [{ id: 'G', ccd: 'GOL', predict_affinity: true }],
    constraints: [
      {
        constraint_type: 'pocket',
        binder: 'G',
        contacts: [
          { id: 'P', residue_index: 1 },
          { id: 'P', residue_index: 4 },
        ],
      },
      {
        constraint_type: 'bond',
        atoms: [
          { id: 'P', residue_index: 2, atom_name: 'NZ' },
          { id: 'G', residue_index: 1, atom_name: 'C1' },
        ],
      },
    ],
    recycling_steps: 1,
  });
  expect(codes(written)).toEqual([
    'translation_lost: The distance of a pocket (8 Å) has no place at the service.',
    'translation_lost: A contact between two residues or atoms has no place at the service.',
    'translation_lost: seed (42) has no place at the service.',
    'translation_lost: method (md) has no place at the service.',
    'translation_changed: recyclingSteps is 1 and not 0: the service takes 1 to 10.',
  ]);
});

test('the same complex for the hosted service: from 0, one entity with its copies', () => {
  const written = writeDialect('boltz_hosted', source(COMPLEX, {}, [[PROTEIN, A3M]]));
  expect(written.body).toEqual({
    model: 'boltz-2.1',
    entities: [
      {
        type: 'protein',
        chain_ids: ['P', 'A'],
        value: PROTEIN,
        cyclic: true,
        modifications: [{ residue_index: 2, type: 'ccd', value: 'SEP' }],
        msa: { type: 'custom', format: 'a3m', source: A3M },
      },
      { type: 'ligand_ccd', chain_ids: ['G'], value: 'GOL' },
    ],
    binding: { type: 'ligand_protein_binding', binder_chain_id: 'G' },
    num_samples: 1,
    bonds: [{ atom1: { chain_id: 'P', residue_index: 1, atom_name: 'NZ' }, atom2: { chain_id: 'G', residue_index: 0, atom_name: 'C1' } }],
    constraints: [
      { type: 'pocket', binder_chain_id: 'G', contact_residues: { P: [0, 3] }, max_distance_angstrom: 8, force: false },
      {
        type: 'contact',
        token1: { chain_id: 'P', residue_index: 1 },
        token2: { chain_id: 'P', residue_index: 8 },
        max_distance_angstrom: 6,
        force: true,
      },
    ],
    model_options: { recycling_steps: 3, sampling_steps: 200, step_scale: 1.5 },
  });
  expect(codes(written)).toEqual(['translation_lost: seed (42) has no place at the service.']);
});

test('without an alignment the hosted service is told not to search, and the report says so', () => {
  const written = writeDialect('boltz_hosted', source(BINDING, { usePotentials: true, stepScale: 1 }));
  expect(written.body['entities']).toMatchObject([{ msa: { type: 'empty' } }, { type: 'ligand_smiles', chain_ids: ['B'], value: 'CCO' }]);
  expect(codes(written)).toEqual([
    'translation_lost: seed (42) has no place at the service.',
    'translation_lost: usePotentials (true) has no place at the service.',
    'translation_changed: Chain A is sent without an alignment and predicted from its sequence alone.',
    'translation_changed: stepScale is 1.3 and not 1: the service takes 1.3 to 2.',
  ]);
});

test.each([
  ['boltz_nim', { wildtypeSequence: PROTEIN, variants: [] }, 'is no complex that this service predicts'],
  ['boltz_nim', { molecules: [{ type: 'protein', sequence: PROTEIN, copies: 13 }] }, 'at most 12 chains; this has 13'],
  ['boltz_nim', { molecules: [{ type: 'ligand', ccd: ['GOL', 'BEN'] }] }, 'several components'],
  [
    'boltz_hosted',
    {
      molecules: [
        { type: 'rna', sequence: 'ACGU' },
        { type: 'ligand', id: 'L', smiles: 'C' },
      ],
      affinity: { binder: 'L' },
    },
    'proteins and ligands only',
  ],
  [
    'boltz_hosted',
    {
      molecules: [
        { type: 'protein', id: 'A', sequence: PROTEIN },
        { type: 'ligand', id: 'L', smiles: 'C' },
      ],
      constraints: [{ type: 'contact', token1: { chain: 'A', residue: 1 }, token2: { chain: 'L', atom: 'C1' } }],
    },
    'only where it is a component',
  ],
] as const)('%s refuses what it cannot say: %j', (dialect, asked, words) => {
  expect(() => writeDialect(dialect, source(asked))).toThrow(Untranslatable);
  expect(() => writeDialect(dialect, source(asked))).toThrow(words);
});
