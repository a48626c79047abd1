/** What a PDB text holds that one chooses from: chains, and ligands that may stand for the pocket. */
import { readPdbAtoms, type ProteinAtom } from '../../lib/structure/atoms.ts';
import { boundsOf } from '../../lib/structure/contacts.ts';

export interface ChainSummary {
  readonly chain: string;
  readonly residues: number;
}

export interface LigandSummary {
  readonly residueName: string;
  readonly chain: string;
  readonly atoms: number;
  readonly center: readonly [number, number, number];
}

export interface StructureSummary {
  readonly chains: readonly ChainSummary[];
  readonly ligands: readonly LigandSummary[];
  readonly waters: number;
  readonly center: readonly [number, number, number];
}

const WATER = new Set(['HOH', 'WAT', 'DOD', 'H2O']);
/** A pocket's ligand has more atoms than an ion or a solvent. */
const LEAST_LIGAND_ATOMS = 6;

export function summarizePdb(text: string): StructureSummary | undefined {
  const atoms = readPdbAtoms(text);
  if (atoms.length === 0) return undefined;
  const protein = atoms.filter(({ isHetero }) => !isHetero);
  const hetero = group(atoms.filter(({ isHetero, residueName }) => isHetero && !WATER.has(residueName)));
  return {
    chains: [...Map.groupBy(protein, ({ chain }) => chain)].map(([chain, each]) => ({
      chain,
      residues: new Set(each.map(({ residueNumber }) => residueNumber)).size,
    })),
    ligands: [...hetero.values()].filter((each) => each.length >= LEAST_LIGAND_ATOMS).flatMap(ligandOf),
    waters: new Set(
      atoms.filter(({ residueName }) => WATER.has(residueName)).map(({ chain, residueNumber }) => `${chain}${String(residueNumber)}`),
    ).size,
    center: centerOf(protein.length > 0 ? protein : atoms),
  };
}

function group(atoms: readonly ProteinAtom[]): ReadonlyMap<string, ProteinAtom[]> {
  return Map.groupBy(atoms, ({ chain, residueName, residueNumber }) => `${chain}/${residueName}/${String(residueNumber)}`);
}

function ligandOf(atoms: readonly ProteinAtom[]): LigandSummary[] {
  const [first] = atoms;
  return first ? [{ residueName: first.residueName, chain: first.chain, atoms: atoms.length, center: centerOf(atoms) }] : [];
}

function centerOf(atoms: readonly ProteinAtom[]): readonly [number, number, number] {
  const { min, max } = boundsOf(atoms, 0);
  return [round((min[0] + max[0]) / 2), round((min[1] + max[1]) / 2), round((min[2] + max[2]) / 2)];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
