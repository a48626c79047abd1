import { expect, test } from 'vitest';
import { proteinsOf, readA3m } from './msa.ts';

test('a wrapped alignment is unwrapped, comments go, and the query is found without its gaps', () => {
  expect(readA3m('#A3M#\n>query one\nMK\nV-L\r\n>hit\nMKaa\n-V-\n')).toEqual({
    header: 'query one',
    sequence: 'MKVL',
    sequences: 2,
    a3m: '>query one\nMKV-L\n>hit\nMKaa-V-\n',
  });
});

test.each([
  ['', 'It has no sequences.'],
  ['MKV\n', 'It does not begin with a header line (">").'],
  ['>q\n---\n', 'Its first sequence is no protein: one-letter amino acids are expected.'],
  ['>q\nMKV\n>h\nM.V\n', 'Sequence 2 has a letter that is none of an alignment, or nothing.'],
  ['>q\nMKV\n>h\n\n', 'Sequence 2 has a letter that is none of an alignment, or nothing.'],
  ['>q\nMKV\n>h\nMKVL\n', 'Sequence 2 has 4 columns, the first one 3. Lower-case letters are insertions, and no columns.'],
])('%j is refused: %s', (text, reason) => {
  expect(readA3m(text)).toBe(reason);
});

test('proteins are found by the pointers of the manifest, each once, and nucleic acids are none', () => {
  const inputs = [
    { proteinSequence: 'mkv l\n' },
    {
      molecules: [
        { type: 'protein', sequence: 'MKVL' },
        { type: 'rna', sequence: 'ACGU' },
        { type: 'ligand', smiles: 'C' },
        { sequence: 'AAA' },
      ],
    },
  ];
  expect(proteinsOf(inputs, { parameter: 'useMsa', pointers: ['/proteinSequence', '/molecules'] })).toEqual(['MKVL', 'AAA']);
});
