import { expect, test } from 'vitest';
import { columns, wrap } from './columns.ts';

const ID = '01a21300-7332-763c-89d3-439ab61b77e0';

test('without a terminal a row is one line, however wide', () => {
  expect(columns(['id', 'name'], [[ID, 'x '.repeat(100).trim()]], { width: undefined }).split('\n')).toHaveLength(3);
});

test('the widest column gives way first, ids stay whole, and nothing is lost', () => {
  const name = 'a very long name of a compound that nobody would ever like to type into a terminal window';
  const lines = columns(
    ['id', 'name', 'status'],
    [
      [ID, name, 'completed'],
      [ID, 'short', 'failed'],
    ],
    { width: 80 },
  ).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(lines.filter((line) => line.startsWith(ID))).toHaveLength(2);
  expect(
    lines
      .slice(2)
      .map((line) => line.slice(38, 69).trim())
      .join(' '),
  ).toBe(`${name} short`);
});

test('where even the longest words do not fit, the table stays wider than the terminal', () => {
  expect(columns(['id', 'other'], [[ID, ID]], { width: 40 }).split('\n')[2]).toBe(`${ID}  ${ID}`);
});

test('numbers are set to the right', () => {
  expect(
    columns(
      ['n', 'name'],
      [
        ['7', 'a'],
        ['12', 'b'],
      ],
      { width: 80, right: [0] },
    ),
  ).toBe(' n  name\n--  ----\n 7  a\n12  b');
});

test('a text is broken at blanks, and a word that is longer within', () => {
  expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
  expect(wrap('CCCCCCCCCC', 4)).toEqual(['CCCC', 'CCCC', 'CC']);
  expect(wrap('', 4)).toEqual(['']);
});
