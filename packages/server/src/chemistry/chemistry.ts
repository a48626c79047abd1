/** The chemistry that the hub itself must know before a row runs: can it be read, is it a repeat, is it within limits. */

export interface MoleculeQuery {
  /** Exactly one of the two. */
  readonly smiles?: string;
  /** V2000 or V3000 molblock. */
  readonly molblock?: string;
  readonly cleaning: 'as_is' | 'largest_fragment';
  /** What is wanted beside: the Morgan fingerprint, or what a ligand is found by. Each costs about as much as the reading itself. */
  readonly more?: 'fingerprint' | 'ligand';
}

/** Bytes of a fingerprint: 2,048 bits, the lowest bit of the first byte first. */
export const FINGERPRINT_BYTES = 256;

export type MoleculeReading =
  | {
      readonly kind: 'molecule';
      /** After cleaning; charges and stereo kept. Two rows with the same one are the same molecule. */
      readonly canonicalSmiles: string;
      readonly heavyAtoms: number;
      readonly rotatableBonds: number;
      /** Element symbols, each once, sorted. */
      readonly elements: readonly string[];
      /** Fragments of the input, 1 for a molecule without counter-ion. */
      readonly fragments: number;
      /** Of radius 2; undefined where it was not asked for. */
      readonly morgan?: Uint8Array;
      /** Bits that every molecule has which holds this one. */
      readonly pattern?: Uint8Array;
      /** Undefined also where InChI has no answer. */
      readonly inchikey?: string;
    }
  | Unreadable;

export interface Unreadable {
  readonly kind: 'unreadable';
  readonly reason: string;
}

/** Somebody waits for an `answer`; it is read before all that is `background`. */
export type Urgency = 'answer' | 'background';

/** A substructure: SMARTS, or a SMILES without brackets, whose rings are then found however their bonds were written. */
export type PatternReading = { readonly kind: 'pattern'; readonly bits: Uint8Array } | Unreadable;

export interface Chemistry {
  /** Reads molecules in order, one reading per query; runs in workers and never throws for a bad molecule. */
  read(queries: readonly MoleculeQuery[], urgency?: Urgency): Promise<readonly MoleculeReading[]>;
  readPattern(text: string): Promise<PatternReading>;
  /** @param smiles canonical ones, as `read` gave them @returns 1 for each molecule that holds the pattern, else 0 */
  match(pattern: string, smiles: readonly string[], urgency?: Urgency): Promise<Uint8Array>;
  close(): Promise<void>;
}
