/** Reads one molecule at a time with RDKit. Synchronous; lives in a chemistry thread. */
import type { Mol } from '@rdkit/rdkit';
import type { MoleculeQuery, MoleculeReading } from './chemistry.ts';
import { plainReason } from './plain-reason.ts';
import { notAMolecule, refusalOf } from './refusals.ts';
import type { Rdkit } from './rdkit-module.ts';

/**
 * RDKit's strict definition of a rotatable bond (`CalcNumRotatableBonds`). Its descriptors hold the number too, but computing them all
 * takes five times as long as reading the molecule; a test compares the two.
 */
const INNER_ATOM = '!$(*#*)&!D1&!$(C(F)(F)F)&!$(C(Cl)(Cl)Cl)&!$(C(Br)(Br)Br)&!$(C([CH3])([CH3])[CH3])';
const NOT_AMIDE = '!$([CD3](=[N,O,S])-!@[#7,O,S!D1])&!$([#7,O,S!D1]-!@[CD3]=[N,O,S])&!$([CD3](=[N+])-!@[#7!D1])&!$([#7!D1]-!@[CD3]=[N+])';
const ROTATABLE_BOND = `[${INNER_ATOM}&${NOT_AMIDE}]-,:;!@[${INNER_ATOM}]`;

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
    const fragments = smiles.split('.');
    if (cleaning === 'as_is' || fragments.length === 1) return this.#facts(whole, smiles, fragments.length);
    return this.#withMol(this.#largestFragment(fragments), (mol) => this.#facts(mol, mol.get_smiles(), fragments.length));
  }

  /**
   * Most heavy atoms; then the larger average molecular weight; then the first canonical SMILES. Model workers use the same rule.
   * Each fragment is read anew, so that a salt and its free form get the same canonical SMILES whatever else stood beside them.
   */
  #largestFragment(fragments: readonly string[]): string {
    const sized = fragments.map((text) =>
      this.#withMol(text, (mol) => ({ smiles: mol.get_smiles(), heavyAtoms: mol.get_num_atoms(true) })),
    );
    const most = Math.max(...sized.map(({ heavyAtoms }) => heavyAtoms));
    const candidates = [...new Set(sized.filter(({ heavyAtoms }) => heavyAtoms === most).map(({ smiles }) => smiles))];
    if (candidates.length === 1) return candidates[0] ?? '';
    const weighed = candidates.map((smiles) => ({ smiles, weightDalton: this.#withMol(smiles, (mol) => weightOf(mol.get_descriptors())) }));
    return weighed.toSorted((a, b) => b.weightDalton - a.weightDalton || (a.smiles < b.smiles ? -1 : 1))[0]?.smiles ?? '';
  }

  #facts(mol: Mol, canonicalSmiles: string, fragments: number): MoleculeReading {
    const elements = elementsOf(canonicalSmiles);
    const heavyAtoms = mol.get_num_atoms(true);
    const reason = notAMolecule(elements, heavyAtoms);
    if (reason !== undefined) return unreadable(reason);
    const bonds: unknown = JSON.parse(mol.get_substruct_matches(this.#rotatableBond, JSON.stringify({ maxMatches: 100_000 })));
    return { kind: 'molecule', canonicalSmiles, heavyAtoms, rotatableBonds: Array.isArray(bonds) ? bonds.length : 0, elements, fragments };
  }

  /** Reads a SMILES that RDKit wrote itself, and frees it after use. */
  #withMol<Answer>(smiles: string, use: (mol: Mol) => Answer): Answer {
    const mol = this.#parse(smiles);
    if (!mol) throw new Error(`RDKit cannot read its own SMILES "${smiles}"`);
    try {
      return use(mol);
    } finally {
      mol.delete();
    }
  }
}

function unreadable(reason: string): MoleculeReading {
  return { kind: 'unreadable', reason };
}

function weightOf(descriptors: string): number {
  const parsed: { amw?: number } = JSON.parse(descriptors);
  return parsed.amw ?? 0;
}

/** One atom of a SMILES: in brackets behind an isotope, or one of the organic subset; small letters are aromatic. */
const SMILES_ATOM = /\[\d*(?<bracket>[A-Z][a-z]?|[a-z][a-z]?|\*|#\d+)[^\]]*\]|(?<plain>Br|Cl|[BCNOPSFI*]|[bcnops])/g;
const AROMATIC_OF_TWO_LETTERS: ReadonlySet<string> = new Set(['se', 'as', 'te', 'si']);

/** Symbols of the atoms in a canonical SMILES, sorted and without hydrogen; `*` is an atom that stands for any. */
function elementsOf(canonicalSmiles: string): readonly string[] {
  const found = new Set<string>();
  for (const { groups } of canonicalSmiles.matchAll(SMILES_ATOM)) {
    const symbol = groups?.['bracket'] ?? groups?.['plain'] ?? '*';
    const isOneLetter = /^[a-z]/.test(symbol) && !AROMATIC_OF_TWO_LETTERS.has(symbol);
    found.add(
      symbol.startsWith('#') ? '*' : isOneLetter ? symbol.charAt(0).toUpperCase() : symbol.charAt(0).toUpperCase() + symbol.slice(1),
    );
  }
  found.delete('H');
  return [...found].sort();
}
