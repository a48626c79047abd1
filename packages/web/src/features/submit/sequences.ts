/** Sequences as they are pasted: plain letters or FASTA, with what a chemist checks before a run. */
import { formatCount } from '../../lib/format.ts';
import type { SequencePlace } from './task-shape.ts';

export interface Sequence {
  /** Physical 1-based line of its header, or of its first letters. */
  readonly line: number;
  readonly name: string | undefined;
  /** Letters alone, capital; a stop at the end is no part of the chain. */
  readonly letters: string;
}

export interface CheckedSequence extends Sequence {
  /** What the model cannot take; undefined where it can run. */
  readonly problem: string | undefined;
  /** What is legal and yet often a mistake. */
  readonly caveat: string | undefined;
}

/** What a model takes; an end that it does not name is open. */
export type SequenceRules = Pick<SequencePlace, 'pattern' | 'minLength' | 'maxLength'>;

export const AMINO_ACIDS = 'ACDEFGHIKLMNPQRSTVWY';
/** Of a protein of this length or longer, letters that are all of DNA are no chance. */
const LEAST_DNA_LENGTH = 20;

/** A header begins a sequence; text without one is a single sequence, however many lines it has. */
export function readSequences(text: string): readonly Sequence[] {
  const records: { line: number; name: string | undefined; letters: string }[] = [];
  text.split(/\r?\n/).forEach((line, place) => {
    const trimmed = line.trim();
    if (trimmed.startsWith('>')) records.push({ line: place + 1, name: trimmed.slice(1).trim() || undefined, letters: '' });
    else if (trimmed !== '' && !trimmed.startsWith(';')) {
      const letters = trimmed.replaceAll(/[\s\d]/g, '').toUpperCase();
      const last = records.at(-1);
      if (last) last.letters += letters;
      else records.push({ line: place + 1, name: undefined, letters });
    }
  });
  return records.map((record) => ({ ...record, letters: record.letters.replace(/\*$/, '') }));
}

export function checkSequence(sequence: Sequence, rules: SequenceRules): CheckedSequence {
  return { ...sequence, problem: problemOf(sequence.letters, rules), caveat: caveatOf(sequence.letters, rules) };
}

function problemOf(letters: string, { pattern, minLength = 1, maxLength }: SequenceRules): string | undefined {
  if (letters === '') return 'it has no letters';
  const allowed = new RegExp(pattern ?? '^[A-Za-z*]+$');
  const strange = [...new Set(letters)].filter((letter) => !allowed.test(letter));
  if (strange.length > 0) return `it holds ${strange.map((each) => `"${each}"`).join(', ')}`;
  if (letters.length < minLength)
    return `it has ${formatCount(letters.length)} residues; the model takes at least ${formatCount(minLength)}`;
  if (maxLength !== undefined && letters.length > maxLength)
    return `it has ${formatCount(letters.length)} residues; the model takes at most ${formatCount(maxLength)}`;
  return undefined;
}

function caveatOf(letters: string, { pattern }: SequenceRules): string | undefined {
  const takesProtein = pattern === undefined || [...AMINO_ACIDS].every((letter) => new RegExp(pattern).test(letter));
  if (!takesProtein) return undefined;
  if (letters.length >= LEAST_DNA_LENGTH && /^[ACGTUN]+$/.test(letters)) return 'this looks like DNA or RNA';
  const unknown = [...letters].filter((letter) => !AMINO_ACIDS.includes(letter)).length;
  if (unknown === 0) return undefined;
  return unknown === 1 ? 'one letter is none of the 20 amino acids' : `${String(unknown)} letters are none of the 20 amino acids`;
}

/** Share of each letter that occurs, the most frequent first. */
export function compositionOf(letters: string): readonly (readonly [letter: string, share: number])[] {
  const counts = new Map<string, number>();
  for (const letter of letters) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return [...counts]
    .map(([letter, count]) => [letter, count / letters.length] as const)
    .sort(([a, shareA], [b, shareB]) => shareB - shareA || (a < b ? -1 : 1));
}

/** How many sequences repeat an earlier one. */
export function repeatedAmong(sequences: readonly Sequence[]): number {
  return sequences.length - new Set(sequences.map(({ letters }) => letters)).size;
}
