import { expect, test } from 'vitest';
import { CHECKED_WHOLE, guessFormat, readLibrary, SAMPLE } from './library.ts';

const NOTHING = { format: undefined, smilesColumn: undefined, nameColumn: undefined };

test('a CSV gives its records with their lines; the column of the SMILES is found by its header, whatever its case', () => {
  const reading = readLibrary('id;note\n', { ...NOTHING, format: 'csv' });
  expect(reading.problem).toMatch(/choose/);
  const found = readLibrary('Name,Canonical SMILES\n"a, b",CC\n\nx,C1=\n', NOTHING);
  expect(found).toMatchObject({ format: 'csv', smilesColumn: 'Canonical SMILES', nameColumn: 'Name', total: 2 });
  expect(found.records).toEqual([
    { line: 2, name: 'a, b', molecule: 'CC' },
    { line: 4, name: 'x', molecule: 'C1=' },
  ]);
});

test('SMILES lines keep names with blanks and leave out comments, blank lines and a header', () => {
  expect(readLibrary('smiles name\n# comment\nCCO ethyl alcohol\n\nCC\n', NOTHING).records).toEqual([
    { line: 3, name: 'ethyl alcohol', molecule: 'CCO' },
    { line: 5, name: undefined, molecule: 'CC' },
  ]);
});

test('an SDF gives a record for each molecule', () => {
  const mol = (name: string) =>
    `${name}\n\n\n  1  0  0  0  0  0  0  0  0  0999 V2000\n    0.0000    0.0000    0.0000 C   0  0\nM  END\n> <x>\n1\n\n$$$$\n`;
  const text = mol('one') + mol('two');
  expect(guessFormat(text)).toBe('sdf');
  expect(readLibrary(text, NOTHING).records.map(({ name }) => name)).toEqual(['one', 'two']);
});

test('beyond 5,000 records the count is exact and the check is of a sample', () => {
  const { total, records, isSample, sameText } = readLibrary('CC\n'.repeat(CHECKED_WHOLE + 1), NOTHING);
  expect([total, records.length, isSample, sameText]).toEqual([CHECKED_WHOLE + 1, SAMPLE, true, CHECKED_WHOLE]);
});
