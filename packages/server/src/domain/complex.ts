/** Whether the parts of a complex fit together: what no schema can say. Pure. */
import { Complex, type ComplexConstraint, type ComplexMolecule, type ComplexTemplate } from '@omtx/contract';
import { Value } from 'typebox/value';
import type { FreeObject } from './free-object.ts';

const PARTS = Object.keys(Complex.properties);

/** @returns what is wrong, to what, and what to do; undefined for a complex that fits, or an input that is none (its schema refuses that) */
export function complexFault(input: FreeObject | undefined): string | undefined {
  const complex = Object.fromEntries(PARTS.flatMap((part) => (input?.[part] === undefined ? [] : [[part, input[part]]])));
  if (!Value.Check(Complex, complex)) return undefined;
  const { molecules, constraints = [], templates = [] } = complex;
  return (
    firstOf(molecules, moleculeFault) ??
    idFault(molecules) ??
    firstOf(constraints, (each) => constraintFault(each, molecules)) ??
    firstOf(templates, (each) => templateFault(each, molecules)) ??
    affinityFault(complex)
  );
}

function firstOf<T>(list: readonly T[], fault: (each: T, index: number) => string | undefined): string | undefined {
  for (const [index, each] of list.entries()) {
    const found = fault(each, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

function moleculeFault(molecule: ComplexMolecule, index: number): string | undefined {
  const { type, sequence, smiles, ccd, modifications = [], cyclic } = molecule;
  const name = molecule.id === undefined ? `Molecule ${String(index + 1)}` : `Molecule ${molecule.id}`;
  if (type === 'ligand') {
    if (sequence !== undefined || modifications.length > 0 || cyclic === true)
      return `${name} is a ligand: it has no sequence, modified residues or ends to join.`;
    return (smiles === undefined) === (ccd === undefined) ? `${name} is a ligand: give exactly one of smiles and ccd.` : undefined;
  }
  if (smiles !== undefined || ccd !== undefined) return `${name} is a ${type}: give a sequence, and no smiles or ccd.`;
  if (sequence === undefined) return `${name} is a ${type} without a sequence.`;
  const length = residuesOf(molecule);
  const beyond = modifications.find(({ position }) => position > length);
  return beyond && `${name} has ${String(length)} residues; a modification is at position ${String(beyond.position)}.`;
}

function idFault(molecules: readonly ComplexMolecule[]): string | undefined {
  const ids = molecules.flatMap(({ id }) => (id === undefined ? [] : [id]));
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  return twice === undefined ? undefined : `The id ${twice} is given to two molecules. Give each its own.`;
}

interface Place {
  readonly chain: string;
  readonly residue?: number;
  readonly atom?: string;
}

function constraintFault(constraint: ComplexConstraint, molecules: readonly ComplexMolecule[]): string | undefined {
  switch (constraint.type) {
    case 'bond':
      return firstOf([constraint.atom1, constraint.atom2], (place) => placeFault(place, molecules));
    case 'contact':
      return firstOf([constraint.token1, constraint.token2], (place) => placeFault(place, molecules));
    case 'pocket':
      if (!molecules.some(({ id }) => id === constraint.binder))
        return `A pocket is of the chain ${constraint.binder}, which is not there.`;
      return firstOf(constraint.contacts, (place) => placeFault(place, molecules));
    default:
      return constraint satisfies never;
  }
}

/** A chain is named by the id that the molecule was given; names that the hub makes up cannot be meant. */
function placeFault({ chain, residue, atom }: Place, molecules: readonly ComplexMolecule[]): string | undefined {
  const molecule = molecules.find(({ id }) => id === chain);
  if (!molecule) return `A constraint names the chain ${chain}, which is not there. Give the molecule this id.`;
  if (molecule.type === 'ligand') return atom === undefined ? `A constraint names ligand ${chain} without an atom of it.` : undefined;
  if (residue === undefined) return `A constraint names chain ${chain} without a residue of it.`;
  const length = residuesOf(molecule);
  return residue > length ? `A constraint names residue ${String(residue)} of chain ${chain}, which has ${String(length)}.` : undefined;
}

function templateFault({ chains, templateChains, force, thresholdAngstrom }: ComplexTemplate, molecules: readonly ComplexMolecule[]) {
  const proteins = molecules.flatMap(({ type, id }) => (type === 'protein' && id !== undefined ? [id] : []));
  const other = chains?.find((id) => !proteins.includes(id));
  if (other !== undefined) return `A template is for the chain ${other}, which is no protein with this id.`;
  if (chains && templateChains && chains.length !== templateChains.length)
    return `A template names ${String(chains.length)} chains and ${String(templateChains.length)} of its own; give as many of each.`;
  return force === true && thresholdAngstrom === undefined ? 'A template with force needs thresholdAngstrom.' : undefined;
}

function affinityFault({ affinity, molecules }: Complex): string | undefined {
  if (!affinity) return undefined;
  const binder = molecules.find(({ id }) => id === affinity.binder);
  if (!binder) return `Affinity is asked of the ligand ${affinity.binder}, which is not there. Give the ligand this id.`;
  if (binder.type !== 'ligand') return `Affinity is predicted of a ligand; ${affinity.binder} is a ${binder.type}.`;
  if (!molecules.some(({ type }) => type === 'protein')) return 'Affinity is predicted of a protein and a ligand; there is no protein.';
  if (Array.isArray(binder.ccd) && binder.ccd.length > 1)
    return `Affinity is predicted of a ligand of one component; ${affinity.binder} has ${String(binder.ccd.length)}.`;
  const isSame = (each: ComplexMolecule): boolean =>
    each.type === 'ligand' && each.smiles === binder.smiles && String(each.ccd) === String(binder.ccd);
  return (binder.copies ?? 1) > 1 || molecules.filter(isSame).length > 1
    ? `Affinity is predicted of one copy of a ligand; there are more of ${affinity.binder}.`
    : undefined;
}

function residuesOf({ sequence = '' }: ComplexMolecule): number {
  return sequence.replaceAll(/\s/g, '').length;
}
