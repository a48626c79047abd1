import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AMINO_ACIDS, checkSequence, compositionOf, readSequences } from './sequences.ts';

const PROTEIN = { pattern: '^[A-Za-z\\s*]+$', minLength: 3, maxLength: 30 };
const RNA = { pattern: '^[ACGUTacgut\\s]+$', minLength: 1, maxLength: undefined };
const check = (text: string, rules: Parameters<typeof checkSequence>[1]) => readSequences(text).map((each) => checkSequence(each, rules));

test('FASTA is read record by record with its line; plain letters over several lines are one sequence', () => {
  expect(readSequences('>one first\nmktay\n IAKQ 10\n;note\n\n>\nGG*')).toEqual([
    { line: 1, name: 'one first', letters: 'MKTAYIAKQ' },
    { line: 6, name: undefined, letters: 'GG' },
  ]);
  expect(readSequences('\nMKT\nAYI').map(({ line, letters }) => [line, letters])).toEqual([[2, 'MKTAYI']]);
  expect(readSequences('')).toEqual([]);
});

test('an empty record, letters of another alphabet and a length that the model does not take are named', () => {
  expect(check('>empty\n>gap\nMK-T', PROTEIN).map(({ problem }) => problem)).toEqual(['it has no letters', 'it holds "-"']);
  expect(check('MK', PROTEIN)[0]?.problem).toBe('it has 2 residues; the model takes at least 3');
  expect(check('M'.repeat(31), PROTEIN)[0]?.problem).toBe('it has 31 residues; the model takes at most 30');
  expect(check('GGAAXCC', RNA)[0]?.problem).toBe('it holds "X"');
});

test('where a protein is asked for, DNA is suspected and strange letters are counted; of RNA neither is said', () => {
  const dna = 'ACGTACGTACGTACGTACGTACGT';
  expect(check(dna, PROTEIN)[0]?.caveat).toBe('this looks like DNA or RNA');
  expect(check('MKXT', PROTEIN)[0]?.caveat).toBe('one letter is none of the 20 amino acids');
  expect(check(dna, RNA)[0]?.caveat).toBeUndefined();
});

test('shares of a composition add up to one', () => {
  const letters = fc.string({ unit: fc.constantFrom(...AMINO_ACIDS), minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(letters, (sequence) => {
      expect(compositionOf(sequence).reduce((sum, [, share]) => sum + share, 0)).toBeCloseTo(1, 9);
    }),
  );
});
