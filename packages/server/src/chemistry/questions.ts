/** What a chemistry worker is asked, and what it answers: one answer for each question, in order. */
import type { MoleculeQuery, MoleculeReading, PatternReading, Unreadable } from './chemistry.ts';

export type Question =
  | ({ readonly ask: 'read' } & MoleculeQuery)
  | { readonly ask: 'pattern'; readonly text: string }
  | { readonly ask: 'match'; readonly smiles: string; readonly pattern: string };

export type Answer = MoleculeReading | PatternReading | { readonly kind: 'match'; readonly isMatch: boolean };

/** A worker that answers another question than it was asked is a bug. */
export function readingOf(answer: Answer | undefined): MoleculeReading {
  if (answer?.kind === 'molecule' || answer?.kind === 'unreadable') return answer;
  throw new Error('a chemistry worker did not answer with a molecule');
}

export function patternOf(answer: Answer | undefined): PatternReading {
  if (answer?.kind === 'pattern' || answer?.kind === 'unreadable') return answer;
  throw new Error('a chemistry worker did not answer with a pattern');
}

/** What breaks RDKit holds nothing. */
export function isMatch(answer: Answer | undefined): boolean {
  return answer?.kind === 'match' && answer.isMatch;
}

export function unreadable(reason: string): Unreadable {
  return { kind: 'unreadable', reason };
}
