/** The chemistry that the hub itself must know before a row runs: can it be read, is it a repeat, is it within limits. */

export interface MoleculeQuery {
  /** Exactly one of the two. */
  readonly smiles?: string;
  /** V2000 or V3000 molblock. */
  readonly molblock?: string;
  readonly cleaning: 'as_is' | 'largest_fragment';
}

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
    }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Somebody waits for an `answer`; it is read before all that is `background`. */
export type Urgency = 'answer' | 'background';

export interface Chemistry {
  /** Reads molecules in order, one reading per query; runs in workers and never throws for a bad molecule. */
  read(queries: readonly MoleculeQuery[], urgency?: Urgency): Promise<readonly MoleculeReading[]>;
  close(): Promise<void>;
}
