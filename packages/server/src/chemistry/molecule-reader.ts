/** Reads one molecule at a time with RDKit. Synchronous; lives in a chemistry thread. */
import type { Mol } from '@rdkit/rdkit';
import type { MoleculeQuery, MoleculeReading } from './chemistry.ts';
import { ELEMENT_SYMBOLS } from './elements.ts';
import { plainReason } from './plain-reason.ts';
import type { Rdkit } from './rdkit-module.ts';

/** RDKit's parser recurses per atom and bracket; beyond this length it can overflow its stack. */
const MAX_SMILES_CHARACTERS = 10_000;
const MAX_MOLBLOCK_CHARACTERS = 1_000_000;

/**
 * RDKit's strict definition of a rotatable bond (`CalcNumRotatableBonds`). Its descriptors hold the number too, but computing them all
 * takes five times as long as reading the molecule; a test compares the two.
 */
const TERMINAL = '!$(*#*)&!D1&!$(C(F)(F)F)&!$(C(Cl)(Cl)Cl)&!$(C(Br)(Br)Br)&!$(C([CH3])([CH3])[CH3])';
const AMIDE_LIKE = '!$([CD3](=[N,O,S])-!@[#7,O,S!D1])&!$([#7,O,S!D1]-!@[CD3]=[N,O,S])&!$([CD3](=[N+])-!@[#7!D1])&!$([#7!D1]-!@[CD3]=[N+])';
const ROTATABLE_BOND = `[${TERMINAL}&${AMIDE_LIKE}]-,:;!@[${TERMINAL}]`;

interface Fragment {
  readonly smiles: string;
  readonly heavyAtoms: number;
  /** Average molecular weight in dalton; only looked at among fragments with equally many heavy atoms. */
  readonly weightDalton: number;
}

export class MoleculeReader {
  readonly #rdkit: Rdkit;
  readonly #log: { get_buffer(): string; clear_buffer(): void };
  readonly #rotatableBond: Mol;

  constructor(rdkit: Rdkit) {
    const log = rdkit.set_log_capture('rdApp.*');
    const rotatableBond = rdkit.get_qmol(ROTATABLE_BOND);
    if (!log || !rotatableBond) throw new Error('this RDKit has no log capture or cannot read the pattern of a rotatable bond');
    this.#rdkit = rdkit;
    this.#log = log;
    this.#rotatableBond = rotatableBond;
  }

  /** @throws RuntimeError or RangeError of WebAssembly when RDKit itself breaks; the module must then be thrown away */
  read(query: MoleculeQuery): MoleculeReading {
    const text = query.molblock ?? query.smiles?.trim() ?? '';
    const kind = query.molblock === undefined ? 'SMILES' : 'molblock';
    const refusal = refusalOf(text, kind);
    if (refusal !== undefined) return unreadable(refusal);
    const mol = this.#parse(text);
    try {
      return mol?.is_valid() ? this.#describe(mol, query) : unreadable(plainReason(this.#log.get_buffer(), kind));
    } finally {
      mol?.delete();
    }
  }

  #parse(text: string): Mol | null {
    this.#log.clear_buffer();
    return this.#rdkit.get_mol(text);
  }

  #describe(whole: Mol, { cleaning }: MoleculeQuery): MoleculeReading {
    const smiles = whole.get_smiles();
    const fragments = smiles.split('.').length;
    if (cleaning === 'as_is' || fragments === 1) return this.#facts(whole, fragments);
    const largest = this.#largestFragment(whole);
    // Read anew, so that a salt and its free form get the same canonical SMILES whatever else stood beside them.
    const mol = this.#parse(largest);
    if (!mol) throw new Error(`RDKit cannot read its own SMILES "${largest}"`);
    try {
      return this.#facts(mol, fragments);
    } finally {
      mol.delete();
    }
  }

  /** Most heavy atoms; then the larger molecular weight; then the first canonical SMILES. Model workers use the same rule. */
  #largestFragment(whole: Mol): string {
    const { molList } = whole.get_frags(JSON.stringify({ sanitizeFrags: true }));
    try {
      const fragments: Fragment[] = Array.from({ length: molList.size() }, (_, index) => fragmentOf(molList.at(index)));
      return fragments.toSorted(bySize)[0]?.smiles ?? '';
    } finally {
      molList.delete();
    }
  }

  #facts(mol: Mol, fragments: number): MoleculeReading {
    const elements = elementsOf(mol.get_json());
    const heavyAtoms = mol.get_num_atoms(true);
    if (elements.includes('*')) return unreadable('it has an atom that stands for any other (*, R or an unknown element); give a complete molecule');
    if (heavyAtoms === 0) return unreadable('it has no atom other than hydrogen');
    const bonds: unknown = JSON.parse(mol.get_substruct_matches(this.#rotatableBond, JSON.stringify({ maxMatches: 100_000 })));
    return { kind: 'molecule', canonicalSmiles: mol.get_smiles(), heavyAtoms, rotatableBonds: Array.isArray(bonds) ? bonds.length : 0, elements, fragments };
  }
}

function unreadable(reason: string): MoleculeReading {
  return { kind: 'unreadable', reason };
}

/** What need not be shown to RDKit; it would read "CC 1" as CC with a name, and nothing as a molecule without atoms. */
function refusalOf(text: string, kind: 'SMILES' | 'molblock'): string | undefined {
  if (text.trim() === '') return 'it is empty';
  const most = kind === 'SMILES' ? MAX_SMILES_CHARACTERS : MAX_MOLBLOCK_CHARACTERS;
  if (text.length > most) return `it is longer than ${String(most)} characters`;
  if (kind === 'SMILES' && /\s/.test(text.replace(/\s+\|[^|]*\|$/, ''))) return 'it has a blank inside; a name goes into a field of its own';
  if (kind === 'molblock' && !/^M {2}END/m.test(text)) return 'the molblock has no "M  END"';
  return undefined;
}

function fragmentOf(mol: Mol | null): Fragment {
  if (!mol) throw new Error('RDKit gave a list of fragments with a hole');
  try {
    return { smiles: mol.get_smiles(), heavyAtoms: mol.get_num_atoms(true), weightDalton: weightOf(mol.get_descriptors()) };
  } finally {
    mol.delete();
  }
}

function weightOf(descriptors: string): number {
  const parsed: { amw?: number } = JSON.parse(descriptors);
  return parsed.amw ?? 0;
}

function bySize(a: Fragment, b: Fragment): number {
  return b.heavyAtoms - a.heavyAtoms || b.weightDalton - a.weightDalton || (a.smiles < b.smiles ? -1 : 1);
}

/** Symbols of the atoms in RDKit's JSON, hydrogens left out; an atom without `z` is the default, carbon. `*` is a dummy atom. */
function elementsOf(json: string): readonly string[] {
  const { molecules }: { molecules: readonly { atoms: readonly { z?: number }[] }[] } = JSON.parse(json);
  const numbers = new Set(molecules.flatMap(({ atoms }) => atoms.map(({ z }) => z ?? 6)));
  numbers.delete(1);
  return [...numbers].map((number) => ELEMENT_SYMBOLS[number] ?? '*').sort();
}
