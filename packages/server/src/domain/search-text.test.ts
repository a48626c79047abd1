import { describe, expect, test } from 'vitest';
import { canBeMisspelt, likelyMeant, readSearchText, tsqueryOf } from './search-text.ts';

describe('what is typed into a search box', () => {
  test('is words of letters and digits, in small letters, whatever stands between them', () => {
    expect(readSearchText('  COX-2  Screen_3 !? ').words).toEqual([
      { text: 'cox-2', parts: ['cox', '2'] },
      { text: 'screen_3', parts: ['screen', '3'] },
    ]);
  });

  test('is the beginning of an id from four digits on', () => {
    expect(readSearchText('0190').ids).toEqual(['01900000-0000-0000-0000-000000000000', '0190ffff-ffff-ffff-ffff-ffffffffffff']);
    expect(readSearchText('01900000-0000-7000-8000-0000000000a1-0007').ids).toEqual([
      '01900000-0000-7000-8000-0000000000a1',
      '01900000-0000-7000-8000-0000000000a1',
    ]);
    for (const text of ['019', 'kinase', '0190 x']) expect(readSearchText(text).ids).toBeNull();
  });

  test.each(['BSYNRYMUTXBXSQ-UHFFFAOYSA-N', 'BSYNRYMUTXBXSQ'])('%s is an InChIKey or its skeleton, and no SMILES', (text) => {
    expect(readSearchText(text)).toMatchObject({ inchikey: text, smiles: null });
  });

  test.each([
    ['CC(=O)Oc1ccccc1C(=O)O', true],
    ['CCO', false],
    ['c1ccccc1', true],
    ['[Na+].[Cl-]', true],
  ])('%s may be a SMILES', (text, isStructure) => {
    expect(readSearchText(text)).toMatchObject({ smiles: text, isStructure });
  });

  test.each(['kinase', 'COX-2', 'cos', 'EGFR screen'])('%s is no SMILES', (text) => {
    expect(readSearchText(text).smiles).toBeNull();
  });

  test('each word begins a word of the index, with or without its marks', () => {
    const [cox, x] = readSearchText('COX-2 x').words;
    expect(cox && tsqueryOf(cox)).toBe(`(('cox':* & '2') | ('cox2':*))`);
    expect(x && tsqueryOf(x, ['xray'])).toBe(`(('x') | ('xray'))`);
  });

  test('one slip in a short word and two in a long one are forgiven, the nearest first; a number is never another number', () => {
    expect(likelyMeant('kniase', ['kinase', 'kinases', 'lipase'])).toEqual(['kinase', 'kinases']);
    expect(likelyMeant('egrf', ['egfr', 'fgfr'])).toEqual(['egfr']);
    expect(readSearchText('screen1234').words.map(canBeMisspelt)).toEqual([false]);
  });
});
