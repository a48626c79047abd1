/** What a pose touches: residues near it, and polar pairs close enough for a hydrogen bond. Distances between heavy atoms. */
import type { Atom, ProteinAtom } from './atoms.ts';

/** Heavy atoms this close are in contact; the usual choice of interaction tools. */
const CONTACT_ANGSTROM = 4;
/** Residues this close line the pocket and are drawn. */
const POCKET_ANGSTROM = 5;
/** Donor and acceptor of a hydrogen bond are at most this far apart. */
const POLAR_ANGSTROM = 3.5;
const POLAR = new Set(['N', 'O', 'S', 'F']);
const POLAR_OF_PROTEIN = new Set(['N', 'O', 'S']);

export interface Residue {
  readonly chain: string;
  readonly number: number;
  readonly name: string;
}

export interface Contact extends Residue {
  /** Least distance between heavy atoms. */
  readonly distanceAngstrom: number;
  readonly isPolar: boolean;
}

export interface PolarPair {
  readonly ligand: Atom;
  readonly protein: ProteinAtom;
}

export interface Contacts {
  /** Nearest first. */
  readonly contacts: readonly Contact[];
  readonly pocket: readonly Residue[];
  readonly polarPairs: readonly PolarPair[];
}

export function findContacts(protein: readonly ProteinAtom[], ligand: readonly Atom[]): Contacts {
  const heavy = ligand.filter(({ element }) => element !== 'H');
  const near = new Map<string, { residue: Residue; distance: number; isPolar: boolean }>();
  const polarPairs: PolarPair[] = [];
  const bounds = boundsOf(heavy, POCKET_ANGSTROM);
  for (const atom of protein) {
    if (atom.element === 'H' || !isWithin(atom, bounds)) continue;
    for (const other of heavy) {
      const distance = Math.hypot(atom.x - other.x, atom.y - other.y, atom.z - other.z);
      if (distance > POCKET_ANGSTROM) continue;
      const isPolar = distance <= POLAR_ANGSTROM && POLAR_OF_PROTEIN.has(atom.element) && POLAR.has(other.element);
      if (isPolar) polarPairs.push({ ligand: other, protein: atom });
      note(near, atom, distance, isPolar);
    }
  }
  const residues = [...near.values()].sort((a, b) => a.distance - b.distance);
  return {
    contacts: residues
      .filter(({ distance }) => distance <= CONTACT_ANGSTROM)
      .map(({ residue, distance, isPolar }) => ({ ...residue, distanceAngstrom: distance, isPolar })),
    pocket: residues.map(({ residue }) => residue),
    polarPairs,
  };
}

function note(
  near: Map<string, { residue: Residue; distance: number; isPolar: boolean }>,
  atom: ProteinAtom,
  distance: number,
  isPolar: boolean,
): void {
  const key = `${atom.chain}/${String(atom.residueNumber)}/${atom.residueName}`;
  const before = near.get(key);
  if (before) {
    before.distance = Math.min(before.distance, distance);
    before.isPolar ||= isPolar;
  } else near.set(key, { residue: { chain: atom.chain, number: atom.residueNumber, name: atom.residueName }, distance, isPolar });
}

export interface Bounds {
  readonly min: readonly [number, number, number];
  readonly max: readonly [number, number, number];
}

export function boundsOf(atoms: readonly Atom[], padding: number): Bounds {
  const low = (pick: (atom: Atom) => number) =>
    atoms.reduce((least, atom) => Math.min(least, pick(atom)), Number.POSITIVE_INFINITY) - padding;
  const high = (pick: (atom: Atom) => number) =>
    atoms.reduce((most, atom) => Math.max(most, pick(atom)), Number.NEGATIVE_INFINITY) + padding;
  return {
    min: [low(({ x }) => x), low(({ y }) => y), low(({ z }) => z)],
    max: [high(({ x }) => x), high(({ y }) => y), high(({ z }) => z)],
  };
}

function isWithin({ x, y, z }: Atom, { min, max }: Bounds): boolean {
  return x >= min[0] && x <= max[0] && y >= min[1] && y <= max[1] && z >= min[2] && z <= max[2];
}

const LETTERS: Readonly<Record<string, string>> = {
  ALA: 'A',
  ARG: 'R',
  ASN: 'N',
  ASP: 'D',
  CYS: 'C',
  GLN: 'Q',
  GLU: 'E',
  GLY: 'G',
  HIS: 'H',
  HIE: 'H',
  HID: 'H',
  HIP: 'H',
  ILE: 'I',
  LEU: 'L',
  LYS: 'K',
  MET: 'M',
  PHE: 'F',
  PRO: 'P',
  SER: 'S',
  THR: 'T',
  TRP: 'W',
  TYR: 'Y',
  VAL: 'V',
};

/** "R513" for an amino acid, "HEM 601" for anything else. */
export function residueLabel({ name, number }: Residue): string {
  const letter = LETTERS[name];
  return letter === undefined ? `${name} ${String(number)}` : `${letter}${String(number)}`;
}
