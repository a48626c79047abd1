/** Boltz-2 as NVIDIA's container takes it: residues from 1, each copy a polymer of its own, affinity a property of the ligand. Pure. */
import type { ComplexConstraint } from '@omtx/contract';
import type { FreeObject } from '../free-object.ts';
import { askedComplex, type AskedComplex, type AskedMolecule } from './asked-complex.ts';
import { compact, Report, Untranslatable, type DialectSource, type Translation } from './translation.ts';

/** As it starts by default; an operator of a container may have raised them. */
const MOST_POLYMERS = 12;
const MOST_LIGANDS = 20;
const MOST_RESIDUES = 4_096;

/** @throws Untranslatable */
export function writeBoltzNim({ asked, parameters, seed, msas }: DialectSource): Translation {
  const complex = askedComplex(asked);
  if (!complex) throw new Untranslatable('The input is no complex that this service predicts. Choose the local model.');
  const report = new Report();
  const polymers = complex.molecules.filter(({ kind }) => kind !== 'ligand').flatMap((each) => polymersOf(each, msas));
  const ligands = complex.molecules.filter(({ kind }) => kind === 'ligand').flatMap((each) => ligandsOf(each, complex));
  refuseLarge(polymers.length, ligands.length, complex);
  const constraints = complex.constraints.flatMap((each) => constraintOf(each, complex, report));
  report.without({ ...parameters, seed }, { seed: undefined, method: 'any', writeEmbeddings: false, maxMsaSequences: 8_192 });
  if (complex.templates.length > 0) report.lost('Templates have no place at the service.');
  const body = {
    polymers,
    ...(ligands.length > 0 ? { ligands } : {}),
    ...(constraints.length > 0 ? { constraints } : {}),
    ...compact({
      recycling_steps: report.within(parameters, 'recyclingSteps', 1, 10),
      // Its own defaults are others (50 steps, a scale of 1.638), so each is sent.
      sampling_steps: report.within(parameters, 'samplingSteps', 10, 1_000),
      diffusion_samples: report.within(parameters, 'diffusionSamples', 1, 25),
      step_scale: report.within(parameters, 'stepScale', 0.5, 5),
      sampling_steps_affinity: report.within(parameters, 'samplingStepsAffinity', 10, 1_000),
      diffusion_samples_affinity: report.within(parameters, 'diffusionSamplesAffinity', 1, 10),
      affinity_mw_correction: parameters['affinityMwCorrection'],
      without_potentials: parameters['usePotentials'] !== true,
      write_full_pae: parameters['writeMatrices'],
      output_format: 'mmcif',
    }),
  };
  return { body, report: report.notes };
}

function polymersOf({ kind, ids, sequence, cyclic, modifications }: AskedMolecule, msas: DialectSource['msas']) {
  const alignment = kind === 'protein' ? msas.get(sequence) : undefined;
  return ids.map((id) =>
    compact({
      id,
      molecule_type: kind,
      sequence,
      cyclic: cyclic || undefined,
      modifications: modifications.length > 0 ? modifications.map(({ position, ccd }) => ({ ccd, position })) : undefined,
      msa: alignment === undefined ? undefined : { hub: { a3m: { alignment, format: 'a3m', rank: 0 } } },
    }),
  );
}

function ligandsOf({ ids, smiles, codes }: AskedMolecule, { binder }: AskedComplex) {
  if (codes.length > 1) throw new Untranslatable('A ligand of several components cannot be asked of this service. Choose the local model.');
  return ids.map((id) =>
    compact({ id, ...(smiles === '' ? { ccd: codes[0] } : { smiles }), predict_affinity: id === binder || undefined }),
  );
}

function refuseLarge(polymers: number, ligands: number, { molecules }: AskedComplex): void {
  const longest = Math.max(0, ...molecules.map(({ sequence }) => sequence.length));
  const say = (max: number, what: string, count: number): never => {
    throw new Untranslatable(`The service takes at most ${String(max)} ${what}; this has ${String(count)}. Choose the local model.`);
  };
  if (polymers > MOST_POLYMERS) say(MOST_POLYMERS, 'chains', polymers);
  if (ligands > MOST_LIGANDS) say(MOST_LIGANDS, 'ligands', ligands);
  if (longest > MOST_RESIDUES) say(MOST_RESIDUES, 'residues in a chain', longest);
}

function constraintOf(constraint: ComplexConstraint, { molecules }: AskedComplex, report: Report): readonly FreeObject[] {
  switch (constraint.type) {
    case 'contact':
      report.lost('A contact between two residues or atoms has no place at the service.');
      return [];
    case 'bond': {
      const atoms = [constraint.atom1, constraint.atom2];
      const isSmiles = ({ chain }: { readonly chain: string }): boolean =>
        molecules.some(({ ids, smiles }) => ids.includes(chain) && smiles !== '');
      if (atoms.some(isSmiles))
        throw new Untranslatable('A bond to a ligand needs it as a component (ccd) at this service. Give ccd, or choose the local model.');
      return [
        {
          constraint_type: 'bond',
          atoms: atoms.map(({ chain, residue = 1, atom }) => ({ id: chain, residue_index: residue, atom_name: atom })),
        },
      ];
    }
    case 'pocket': {
      const residues = constraint.contacts.flatMap(({ chain, residue }) =>
        residue === undefined ? [] : [{ id: chain, residue_index: residue }],
      );
      if (residues.length < constraint.contacts.length)
        report.lost('Atoms of ligands in a pocket have no place at the service; its residues are sent.');
      if (constraint.maxDistanceAngstrom !== undefined)
        report.lost(`The distance of a pocket (${String(constraint.maxDistanceAngstrom)} Å) has no place at the service.`);
      if (constraint.force === true) report.lost('A pocket cannot be forced at the service.');
      return residues.length === 0 ? [] : [{ constraint_type: 'pocket', binder: constraint.binder, contacts: residues }];
    }
    default:
      return constraint satisfies never;
  }
}
