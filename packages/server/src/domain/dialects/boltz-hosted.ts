/** The hosted Boltz service: residues from 0, one entity with the names of its copies, binding in place of affinity. Pure. */
import type { ComplexConstraint, ComplexTemplate } from '@omtx/contract';
import type { FreeObject } from '../free-object.ts';
import { askedComplex, type AskedComplex, type AskedMolecule } from './asked-complex.ts';
import { compact, Report, Untranslatable, type DialectSource, type Translation } from './translation.ts';

const MOST_TEMPLATES = 4;
const DEFAULT_DISTANCE_ANGSTROM = 6;

/** @throws Untranslatable */
export function writeBoltzHosted({ asked, parameters, seed, msas }: DialectSource): Translation {
  const complex = askedComplex(asked);
  if (!complex) throw new Untranslatable('The input is no complex that this service predicts. Choose the local model.');
  const report = new Report();
  if (complex.binder !== undefined && complex.molecules.some(({ kind }) => kind === 'dna' || kind === 'rna'))
    throw new Untranslatable(
      'With affinity the service takes proteins and ligands only. Leave DNA and RNA out, or choose the local model.',
    );
  const bonds = complex.constraints.flatMap((each) => bondOf(each, complex));
  const constraints = complex.constraints.flatMap((each) => constraintOf(each, complex));
  const [samplingAffinity, samplesAffinity] = [200, 5];
  report.without(
    { ...parameters, seed },
    {
      seed: undefined,
      usePotentials: false,
      samplingStepsAffinity: samplingAffinity,
      diffusionSamplesAffinity: samplesAffinity,
      affinityMwCorrection: false,
      method: 'any',
      maxMsaSequences: 8_192,
      writeEmbeddings: false,
    },
  );
  const body = {
    model: 'boltz-2.1',
    entities: complex.molecules.map((each) => entityOf(each, msas, report)),
    ...(complex.binder === undefined ? {} : { binding: { type: 'ligand_protein_binding', binder_chain_id: complex.binder } }),
    ...compact({ num_samples: report.within(parameters, 'diffusionSamples', 1, 10) }),
    ...(bonds.length > 0 ? { bonds } : {}),
    ...(constraints.length > 0 ? { constraints } : {}),
    ...(complex.templates.length > 0 ? { templates: templatesOf(complex, report) } : {}),
    model_options: compact({
      recycling_steps: report.within(parameters, 'recyclingSteps', 1, 20),
      sampling_steps: report.within(parameters, 'samplingSteps', 1, 1_000),
      step_scale: report.within(parameters, 'stepScale', 1.3, 2),
    }),
  };
  return { body, report: report.notes };
}

function entityOf(
  { kind, ids, sequence, smiles, codes, cyclic, modifications }: AskedMolecule,
  msas: DialectSource['msas'],
  report: Report,
) {
  if (kind === 'ligand') {
    if (codes.length > 1)
      throw new Untranslatable('A ligand of several components cannot be asked of this service. Choose the local model.');
    return smiles === ''
      ? { type: 'ligand_ccd', chain_ids: ids, value: codes[0] }
      : { type: 'ligand_smiles', chain_ids: ids, value: smiles };
  }
  const alignment = msas.get(sequence);
  if (kind === 'protein' && alignment === undefined)
    report.changed(`Chain ${ids.join(', ')} is sent without an alignment and predicted from its sequence alone.`);
  return compact({
    type: kind,
    chain_ids: ids,
    value: sequence,
    cyclic: cyclic || undefined,
    modifications:
      modifications.length > 0
        ? modifications.map(({ position, ccd }) => ({ residue_index: position - 1, type: 'ccd', value: ccd }))
        : undefined,
    // Left out, the service would search by itself; custom and automatic ones cannot be mixed.
    msa:
      kind !== 'protein' ? undefined : alignment === undefined ? { type: 'empty' } : { type: 'custom', format: 'a3m', source: alignment },
  });
}

interface Place {
  readonly chain: string;
  readonly residue?: number;
  readonly atom?: string;
}

/** From 0; atoms of ligands that are given as SMILES have no names there. */
function placeOf({ chain, residue = 1, atom }: Place, { molecules }: AskedComplex) {
  const molecule = molecules.find(({ ids }) => ids.includes(chain));
  if (molecule?.kind === 'ligand' && molecule.smiles !== '')
    throw new Untranslatable(
      'Atoms of a ligand can be named at this service only where it is a component (ccd). Give ccd, or choose the local model.',
    );
  return compact({ chain_id: chain, residue_index: residue - 1, atom_name: atom });
}

function bondOf(constraint: ComplexConstraint, complex: AskedComplex) {
  return constraint.type === 'bond' ? [{ atom1: placeOf(constraint.atom1, complex), atom2: placeOf(constraint.atom2, complex) }] : [];
}

function constraintOf(constraint: ComplexConstraint, complex: AskedComplex): readonly FreeObject[] {
  if (constraint.type === 'bond') return [];
  const common = { max_distance_angstrom: constraint.maxDistanceAngstrom ?? DEFAULT_DISTANCE_ANGSTROM, force: constraint.force ?? false };
  if (constraint.type === 'contact')
    return [{ type: 'contact', token1: placeOf(constraint.token1, complex), token2: placeOf(constraint.token2, complex), ...common }];
  const contacts: Record<string, number[]> = {};
  for (const { chain, residue } of constraint.contacts) {
    if (residue === undefined)
      throw new Untranslatable('A pocket of this service is of residues. Leave atoms of ligands out, or choose the local model.');
    contacts[chain] = [...(contacts[chain] ?? []), residue - 1];
  }
  return [{ type: 'pocket', binder_chain_id: constraint.binder, contact_residues: contacts, ...common }];
}

function templatesOf({ templates, molecules }: AskedComplex, report: Report) {
  if (templates.length > MOST_TEMPLATES)
    report.lost(`The service takes ${String(MOST_TEMPLATES)} templates; ${String(templates.length - MOST_TEMPLATES)} are left out.`);
  const proteins = molecules.flatMap(({ kind, ids }) => (kind === 'protein' ? ids : []));
  return templates.slice(0, MOST_TEMPLATES).map((template) => templateOf(template, proteins));
}

function templateOf({ format, text, chains, templateChains, force, thresholdAngstrom }: ComplexTemplate, proteins: readonly string[]) {
  const inputs = chains ?? proteins;
  return compact({
    structure: { type: 'base64', format, value: Buffer.from(text).toString('base64') },
    chains: inputs.map((id, index) => compact({ input_chain_id: id, template_chain_id: templateChains?.[index] })),
    force_threshold_angstroms: force === true ? thresholdAngstrom : undefined,
  });
}
