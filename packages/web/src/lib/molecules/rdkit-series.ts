/** Scaffolds and R-groups of many molecules, by RDKit. */
import type { MainModule, Mol } from '@rdkit/rdkit';
import { scaffoldMolblock } from './scaffold.ts';

/** What hangs on each place of a core, as SMILES with the place as a map number; `place` is that of the molecule among those given. */
export interface RGroupRow {
  readonly place: number;
  readonly groups: Readonly<Record<string, string>>;
}

/** @returns SMILES of the scaffold; empty for a molecule without a ring, null where it cannot be read */
export function scaffoldOf(kit: MainModule, text: string): string | null {
  const json = withMolecule(kit, text, (molecule) => molecule.get_json());
  if (json === undefined) return null;
  const block = scaffoldMolblock(json);
  return block === undefined ? '' : (withMolecule(kit, block, (scaffold) => scaffold.get_smiles()) ?? null);
}

/** @returns a row for each molecule that holds the core; undefined where the core cannot be read */
export function decompose(kit: MainModule, core: string, molecules: readonly string[]): readonly RGroupRow[] | undefined {
  return withMolecule(kit, core, (coreMolecule) => {
    const decomposition = kit.get_rgd(coreMolecule);
    if (!decomposition) return [];
    const places: number[] = [];
    try {
      molecules.forEach((text, place) => {
        const added = withMolecule(kit, text, (molecule) => decomposition.add(molecule)) ?? -1;
        if (added >= 0) places[added] = place;
      });
      if (places.length === 0 || !decomposition.process()) return [];
      const rows: readonly Readonly<Record<string, Mol>>[] = decomposition.get_rgroups_as_rows();
      return rows.flatMap((row, added) => {
        const place = places[added];
        return place === undefined ? [] : [{ place, groups: readGroups(row) }];
      });
    } finally {
      decomposition.delete();
    }
  });
}

function readGroups(row: Readonly<Record<string, Mol>>): Record<string, string> {
  const groups: Record<string, string> = {};
  for (const [name, molecule] of Object.entries(row)) {
    if (name !== 'Core') groups[name] = molecule.get_smiles();
    molecule.delete();
  }
  return groups;
}

export function withMolecule<T>(kit: MainModule, text: string, use: (molecule: Mol) => T): T | undefined {
  let molecule: Mol | null = null;
  try {
    molecule = kit.get_mol(text);
    return molecule?.is_valid() === true ? use(molecule) : undefined;
  } catch {
    // RDKit throws on some of what it cannot read; it is the same as an empty answer.
    return undefined;
  } finally {
    molecule?.delete();
  }
}
