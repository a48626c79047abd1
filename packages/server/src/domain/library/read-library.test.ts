import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ColumnChoice } from './read-csv.ts';
import { openReader, ownInputOfRecord, readLibrary, type LibraryFormat } from './read-library.ts';
import type { Finding, LibraryRecord } from './record.ts';
import { UnusableLibrary } from './unusable-library.ts';

function records(format: LibraryFormat, text: string, choice: ColumnChoice = {}): readonly LibraryRecord[] {
  return [...readLibrary(format, choice, text)];
}

test('a table with a header: SMILES and name by their headers, the other columns are carried', () => {
  expect(records('csv', 'Compound Name,Canonical_SMILES,pIC50\r\naspirin,CC(=O)O,4.5\r\n\r\n"a ""quoted"", name",CCO,\r\n')).toEqual([
    { index: 0, line: 2, name: 'aspirin', smiles: 'CC(=O)O', original: { pIC50: '4.5' } },
    { index: 1, line: 4, name: 'a "quoted", name', smiles: 'CCO', original: { pIC50: '' } },
  ]);
});

test.each([';', '\t', '|'])('a table may be divided by %j, and start with a mark of byte order', (delimiter) => {
  expect(records('csv', `\uFEFFsmiles${delimiter}id\nCCO${delimiter}x,1\n`)).toEqual([{ index: 0, line: 2, smiles: 'CCO', name: 'x,1' }]);
});

test('a table without header: the first column is the SMILES, the second the name', () => {
  expect(records('csv', 'CCO,ethanol\nCCN\n')).toEqual([
    { index: 0, line: 1, smiles: 'CCO', name: 'ethanol' },
    { index: 1, line: 2, smiles: 'CCN' },
  ]);
});

test('columns can be chosen', () => {
  const text = 'smiles,name,product,code\nC,x,CCO,7\n';
  expect(records('csv', text, { smilesColumn: 'product', nameColumn: 'Code' })).toEqual([
    { index: 0, line: 2, smiles: 'CCO', name: '7', original: { smiles: 'C', name: 'x' } },
  ]);
});

test.each([
  [{ smilesColumn: 'structure' }, 'smilesColumn', 'The table has no column "structure". Its columns are "id", "formula".'],
  [{ nameColumn: 'label' }, 'nameColumn', 'The table has no column "label". Its columns are "id", "formula".'],
  [
    {},
    'smilesColumn',
    'No header of the table says which column holds the SMILES. Its columns are "id", "formula". Name it with smilesColumn.',
  ],
])('with the choice %j of columns that are not there the table is unusable', (choice, field, reason) => {
  const read = () => records('csv', 'id,formula\n1,C2H6O\n', choice);
  expect(read).toThrow(UnusableLibrary);
  expect(read).toThrow(expect.objectContaining({ field, message: reason }) as Error);
});

test('columns of the same name, without one, or named like a property of objects, are all carried', () => {
  expect(records('csv', 'smiles,x,x,,__proto__\nC,1,2,3,4\n')[0]?.original).toEqual(
    Object.fromEntries([
      ['x', '1'],
      ['x (2)', '2'],
      ['column 4', '3'],
      ['__proto__', '4'],
    ]),
  );
});

test('line ends inside quotes belong to the value, and later line numbers are physical', () => {
  expect(records('csv', 'smiles,name\n"CCO","two\nlines"\nC,one\n').map(({ line, name }) => [line, name])).toEqual([
    [2, 'two\nlines'],
    [4, 'one'],
  ]);
});

test('bad records are records: missing and extra columns, broken quotes, no molecule', () => {
  const text = 'smiles,name\nC\nCC,a,b\n"CCC,c\nCCCC,d\n"CC"C,e\n,f\nCCCCC,g,,\n';
  expect(records('csv', text).map(({ line, smiles, problem }) => [line, smiles ?? problem?.code])).toEqual([
    [2, 'rejected_malformed_row'],
    [3, 'rejected_malformed_row'],
    [4, 'rejected_malformed_row'],
    [5, 'CCCC'],
    [6, 'rejected_malformed_row'],
    [7, 'rejected_empty'],
    [8, 'CCCCC'],
  ]);
  expect(records('csv', text)[1]?.problem?.message).toBe('Line 3 has 3 columns and the header 2. Quote values that hold the delimiter.');
});

test('a quote that is never closed costs its own line only', () => {
  const found = records('csv', `smiles,name\n"CCO,ethanol\n${'CC,x\n'.repeat(20)}`);
  expect(found).toHaveLength(21);
  expect(found[0]?.problem?.message).toBe('Line 2 cannot be read: a quote is opened and not closed.');
  expect(found.slice(1).every((record) => record.smiles === 'CC')).toBe(true);
});

test('each of many unclosed quotes costs one row, and no more', () => {
  const text = `smiles,name\n${'"CCO,x\n'.repeat(20_000)}`;
  expect(records('csv', text)).toHaveLength(20_000);
});

test.each(['compound_text,activity\nCCO,5\n', 'a\nCCO\n', 'ethanol,CCO\n'])(
  'a table whose first line is in words and names no SMILES column is not read as molecules: %j',
  (text) => {
    expect(() => records('csv', text)).toThrow('Name it with smilesColumn');
  },
);

test.each(['CCO,x\n', 'Cl\nBrBr\n', 'c1ccccc1\n', 'C1CC,broken\n', 'COc, broken\n'])(
  'a table without header starts with its first molecule: %j',
  (text) => {
    expect(records('csv', text)).not.toEqual([]);
  },
);

test('reading is lazy: what is not asked for is not read', () => {
  const found = readLibrary('csv', {}, `smiles\n${'C\n'.repeat(1_000_000)}`);
  expect(found.next().value).toMatchObject({ line: 2 });
  found.return();
});

test('a text without line ends is given up before it fills the memory', () => {
  const reader = openReader('smi', {});
  const read = () => {
    for (let piece = 0; piece < 100; piece++) for (const finding of reader.push('C'.repeat(100_000))) expect(finding).toBeDefined();
  };
  expect(read).toThrow('Line 1 is longer than 4 MiB');
});

test('JSON lines are ligands or whole own inputs, one record a line', () => {
  const lines = [
    '"CCO"',
    '{"name":"a","smiles":" CCN ","plate":"P1","ic50":3.5}',
    '',
    '{"ligand":"CC","sleep":1}',
    '{"sequence":"MKT"}',
    '{"name":"none","smiles":""}',
    '[1]',
    '{"smiles":',
    '{"smiles":5}',
  ];
  const found = records('ndjson', lines.join('\n'));
  expect(found.map((record) => [record.index, record.line])).toEqual([1, 2, 4, 5, 6, 7, 8, 9].map((line, index) => [index, line]));
  expect(found.slice(0, 5)).toMatchObject([
    { smiles: 'CCO' },
    { name: 'a', smiles: 'CCN', original: { plate: 'P1', ic50: '3.5' } },
    { own: { ligand: { smiles: 'CC' }, sleep: 1 } },
    { own: { sequence: 'MKT' } },
    { name: 'none', problem: { code: 'rejected_empty' } },
  ]);
  expect(found.slice(5).map((record) => record.problem?.code)).toEqual(Array(3).fill('rejected_malformed_row'));
});

test('a text that comes in pieces gives the same records, wherever it is cut', () => {
  const piece = fc.constantFrom(
    '\uFEFF',
    'smiles',
    'name',
    'CCO',
    ',',
    ';',
    '"',
    '""',
    '\n',
    '\r\n',
    '\r',
    ' ',
    '$$$$\n',
    'M  END\n',
    '>  <x>\n',
    '{"smiles":"C"}',
    '#',
  );
  fc.assert(
    fc.property(
      fc.constantFrom<LibraryFormat>('csv', 'smi', 'sdf', 'ndjson'),
      fc.array(piece, { maxLength: 60 }),
      fc.array(fc.nat(200)),
      (format, pieces, cuts) => {
        const text = pieces.join('');
        const places = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
        const reader = openReader(format, {});
        const found: Finding[] = [];
        const read = () => {
          for (const [index, place] of places.entries()) found.push(...reader.push(text.slice(place, places[index + 1] ?? text.length)));
          found.push(...reader.end());
          return found;
        };
        const whole = outcomeOf(() => records(format, text).map(({ index: _, ...finding }) => finding));
        expect(outcomeOf(read)).toEqual(whole);
      },
    ),
    { numRuns: 1_000 },
  );
});

function outcomeOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error instanceof UnusableLibrary ? error.message : Promise.reject(error as Error);
  }
}

test('SMILES files: names with blanks, comments, a header, extensions in bars', () => {
  expect(records('smi', 'SMILES Name\n# drugs\nCCO ethyl alcohol\n\nC[C@H](N)O |&1:1| racemate\r\nCCN\tamine\nC')).toEqual([
    { index: 0, line: 3, smiles: 'CCO', name: 'ethyl alcohol' },
    { index: 1, line: 5, smiles: 'C[C@H](N)O |&1:1|', name: 'racemate' },
    { index: 2, line: 6, smiles: 'CCN', name: 'amine' },
    { index: 3, line: 7, smiles: 'C' },
  ]);
});

const block = (title: string): string =>
  `${title}\n  tool\n\n  1  0  0  0  0  0  0  0  0  0999 V2000\n    0.0000    0.0000    0.0000 C   0  0\nM  END\n`;

test.each(['\n', '\r\n'])('structure files: molblock, title and properties; line ends %j', (end) => {
  const text = `${block('one')}> <pIC50>\n4.5\n\n>  25  <NOTE> (1)\ntwo\nlines\n\n$$$$\n${block('')}> <ID>\nX-2\n\n$$$$\n\n`.replaceAll(
    '\n',
    end,
  );
  expect(records('sdf', text)).toEqual([
    { index: 0, line: 1, name: 'one', molblock: block('one'), original: { pIC50: '4.5', NOTE: 'two\nlines' } },
    { index: 1, line: 15, name: 'X-2', molblock: block(''), original: { ID: 'X-2' } },
  ]);
});

test('bad records of a structure file are records, and a forgotten last terminator loses none', () => {
  const found = records('sdf', `cut off\n  tool\n\n$$$$\n\n$$$$\n${block('last')}`);
  expect(found.map(({ line, name, problem }) => [line, name, problem?.code])).toEqual([
    [1, 'cut off', 'rejected_malformed_row'],
    [5, undefined, 'rejected_empty'],
    [7, 'last', undefined],
  ]);
});

test('a record is the own input of a ligand task', () => {
  expect(ownInputOfRecord({ index: 0, line: 2, name: 'a', smiles: 'C', original: { x: '1' } })).toEqual({
    ligand: { name: 'a', smiles: 'C' },
  });
  expect(ownInputOfRecord({ index: 0, line: 2, molblock: 'M' })).toEqual({ ligand: { molblock: 'M' } });
});

const cell = fc.string({
  unit: fc.constantFrom('C', 'O', '(', '=', '"', ',', ';', ' ', '\n', '\r\n', 'é', '|'),
  minLength: 1,
  maxLength: 8,
});
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

test('sequences: the first word of a header is the name, the rest is carried, a stop at the end is no residue', () => {
  const text = '\n>one first chain\nACDE\n fg \n\n>two\nMK*\n>\nAC1D\n>empty\n';
  expect(records('fasta', text)).toEqual([
    { index: 0, line: 2, name: 'one', original: { description: 'first chain' }, own: { proteinSequence: 'ACDEFG' } },
    { index: 1, line: 6, name: 'two', own: { proteinSequence: 'MK' } },
    { index: 2, line: 8, problem: { code: 'rejected_malformed_row', message: 'The sequence from line 8 holds "1", which is no residue.' } },
    { index: 3, line: 10, name: 'empty', problem: { code: 'rejected_empty', message: 'The record on line 10 has no sequence.' } },
  ]);
  expect(() => records('fasta', 'ACDE\n')).toThrow('comes before the first header');
});

test('well-formed tables are read as csv-parse reads them, with contiguous indexes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 20 }), (rows) => {
      const text = `smiles,name,other\n${rows.map((row) => row.map(quoted).join(',')).join('\n')}\n`;
      const expected = parse(text, { columns: true, relax_column_count: true, trim: false });
      const found = records('csv', text);
      expect(found.map((record) => record.index)).toEqual(expected.map((_, index) => index));
      expect(found.map(({ smiles, name, original }) => [smiles ?? '', name ?? '', original?.['other']])).toEqual(
        (expected as Record<string, string>[]).map((row) => [row['smiles']?.trim(), row['name']?.trim(), row['other']?.trim()]),
      );
    }),
  );
});

/** Records of one line each, good and bad, with blank lines between; a bad one must not take another with it. */
const line = fc.oneof(
  fc.constantFrom('CCO,a', '"CCO","b ""x"""', 'CCO', 'C,d,e', '"CC"x,f', ',g', '1,2', '""', '"q",'),
  fc.constantFrom('', '   ', '\t'),
);

test('records out are records in, each with its physical line, whatever the lines hold', () => {
  fc.assert(
    fc.property(fc.array(line), fc.constantFrom('\n', '\r\n', '\r'), fc.boolean(), (lines, end, isEnded) => {
      const text = `smiles,name${end}${lines.join(end)}${isEnded ? end : ''}`;
      const expected = lines.flatMap((content, index) => (content.trim() === '' ? [] : [index + 2]));
      const found = records('csv', text);
      expect(found.map((record) => record.line)).toEqual(expected);
      expect(found.map((record) => record.index)).toEqual(expected.map((_, index) => index));
    }),
  );
});

test('SMILES and structure files lose no record either', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('CCO x', 'C', '  ', '', 'bad ( smiles', ')')), (lines) => {
      const expected = lines.flatMap((content, index) => (content.trim() === '' ? [] : [index + 1]));
      expect(records('smi', lines.join('\n')).map((record) => record.line)).toEqual(expected);
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.constantFrom(block('a'), block(''), 'cut\noff\n', '')), (blocks) => {
      const text = blocks.map((content) => `${content}$$$$\n`).join('');
      const starts = blocks.map((_, index) => blocks.slice(0, index).reduce((lines, content) => lines + content.split('\n').length, 1));
      expect(records('sdf', text).map((record) => record.line)).toEqual(starts);
    }),
  );
});
