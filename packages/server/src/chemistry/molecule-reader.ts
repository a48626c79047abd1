/** Reads one molecule at a time with RDKit. Synchronous; lives in a chemistry thread. */
import type { Mol } from '@rdkit/rdkit';
import type { MoleculeQuery, MoleculeReading, PatternReading } from './chemistry.ts';
import { plainReason } from './plain-reason.ts';
import { unreadable, type Answer, type Question } from './questions.ts';
import { notAMolecule, refusalOf } from './refusals.ts';
import type { Rdkit } from './rdkit-module.ts';

/**
 * RDKit's strict definition of a rotatable bond (`CalcNumRotatableBonds`). Its descriptors hold the number too, but computing them all
 * takes five times as long as reading the molecule; a test compares the two.
 */
const INNER_ATOM = '!$(*#*)&!D1&!$(C(F)(F)F)&!$(C(Cl)(Cl)Cl)&!$(C(Br)(Br)Br)&!$(C([CH3])([CH3])[CH3])';
const NOT_AMIDE = '!$([CD3](=[N,O,S])-!@[#7,O,S!D1])&!$([#7,O,S!D1]-!@[CD3]=[N,O,S])&!$([CD3](=[N+])-!@[#7!D1])&!$([#7!D1]-!@[CD3]=[N+])';
const ROTATABLE_BOND = `[${INNER_ATOM}&${NOT_AMIDE}]-,:;!@[${INNER_ATOM}]`;

const MORGAN = JSON.stringify({ radius: 2, nBits: 2_048 });
const PATTERN = JSON.stringify({ nBits: 2_048 });
const TRUSTED = JSON.stringify({ sanitize: false, removeHs: false, fastFindRings: true });

export class MoleculeReader {
  readonly #rdkit: Rdkit;
  readonly #log: { get_buffer(): string; clear_buffer(): void };
  readonly #rotatableBond: Mol;
  /** The last substructure that was looked for; a batch asks for one many times. */
  #pattern: { readonly text: string; readonly mol: Mol } | undefined;

  constructor(rdkit: Rdkit) {
    const log = rdkit.set_log_capture('rdApp.*');
    const rotatableBond = rdkit.get_qmol(ROTATABLE_BOND);
    if (!log || !rotatableBond) throw new Error('this RDKit has no log capture or cannot read the pattern of a rotatable bond');
    this.#rdkit = rdkit;
    this.#log = log;
    this.#rotatableBond = rotatableBond;
  }

  /** @throws RuntimeError or RangeError of WebAssembly when RDKit itself breaks; the module must then be thrown away */
  answer(question: Question): Answer {
    switch (question.ask) {
      case 'read':
        return this.read(question);
      case 'pattern':
        return this.#readPattern(question.text);
      case 'match':
        return { kind: 'match', isMatch: this.#matches(question.smiles, question.pattern) };
      default:
        return question satisfies never;
    }
  }

  #readPattern(text: string): PatternReading {
    this.#log.clear_buffer();
    const pattern = this.#patternOf(text);
    return pattern
      ? { kind: 'pattern', bits: copyOf(pattern.get_pattern_fp_as_uint8array(PATTERN)) }
      : unreadable(plainReason(this.#log.get_buffer(), 'SMILES'));
  }

  /** Without brackets a text is a SMILES, so that a Kekule ring finds aromatic ones; with them it is a SMARTS. */
  #patternOf(text: string): Mol | undefined {
    if (this.#pattern?.text === text) return this.#pattern.mol;
    const mol = (text.includes('[') ? null : this.#rdkit.get_mol(text)) ?? this.#rdkit.get_qmol(text);
    if (!mol) return undefined;
    this.#pattern?.mol.delete();
    this.#pattern = { text, mol };
    return mol;
  }

  /** The SMILES is one that RDKit wrote, so it is not sanitized again. */
  #matches(smiles: string, text: string): boolean {
    const pattern = this.#patternOf(text);
    const mol = pattern && this.#rdkit.get_mol(smiles, TRUSTED);
    if (!mol) return false;
    try {
      return mol.get_substruct_match(pattern) !== '{}';
    } finally {
      mol.delete();
    }
  }

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

  #describe(whole: Mol, { cleaning, more }: MoleculeQuery): MoleculeReading {
    const smiles = whole.get_smiles();
    const fragments = smiles.split('.');
    if (cleaning === 'as_is' || fragments.length === 1) return this.#facts(whole, smiles, fragments.length, more);
    return this.#withMol(this.#largestFragment(fragments), (mol) => this.#facts(mol, mol.get_smiles(), fragments.length, more));
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

  #facts(mol: Mol, canonicalSmiles: string, fragments: number, more: MoleculeQuery['more']): MoleculeReading {
    const elements = elementsOf(canonicalSmiles);
    const heavyAtoms = mol.get_num_atoms(true);
    const reason = notAMolecule(elements, heavyAtoms);
    if (reason !== undefined) return unreadable(reason);
    const bonds: unknown = JSON.parse(mol.get_substruct_matches(this.#rotatableBond, JSON.stringify({ maxMatches: 100_000 })));
    const rotatableBonds = Array.isArray(bonds) ? bonds.length : 0;
    return { kind: 'molecule', canonicalSmiles, heavyAtoms, rotatableBonds, elements, fragments, ...this.#more(mol, more) };
  }

  #more(mol: Mol, more: MoleculeQuery['more']): Pick<Extract<MoleculeReading, { kind: 'molecule' }>, 'morgan' | 'pattern' | 'inchikey'> {
    if (more === 'fingerprint') return { morgan: copyOf(mol.get_morgan_fp_as_uint8array(MORGAN)) };
    if (more !== 'ligand') return {};
    const inchikey = this.#rdkit.get_inchikey_for_inchi(mol.get_inchi());
    return { pattern: copyOf(mol.get_pattern_fp_as_uint8array(PATTERN)), ...(inchikey === '' ? {} : { inchikey }) };
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

/** What RDKit gives lies in its own memory. */
function copyOf(bits: unknown): Uint8Array {
  if (!(bits instanceof Uint8Array)) throw new Error('RDKit gave no fingerprint');
  return bits.slice();
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
