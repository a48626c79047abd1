/** Old and new processes run side by side for one version, so a migration may not take away what the version before it uses. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const FOLDER = join(import.meta.dirname, '..', '..', 'migrations');
/** Those before it were never run beside another version. */
const FIRST = 15;
const TAKES_AWAY =
  /\bdrop\s+(table|column)\b|\brename\b|\balter\s+column\s+\S+\s+(set\s+data\s+)?type\b|\bset\s+not\s+null\b|\badd\s+column\s+(?![^,;]*\bdefault\b)[^,;]*\bnot\s+null\b/i;

function breaks(text: string): boolean {
  return TAKES_AWAY.test(text.replace(/--.*$/gm, '')) && !/^-- breaking$/m.test(text);
}

test('a migration that takes something away, or asks old processes for more, is marked as breaking', () => {
  const names = readdirSync(FOLDER).filter((name) => /^\d{4}_/.test(name) && Number(name.slice(0, 4)) >= FIRST);
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => breaks(readFileSync(join(FOLDER, name), 'utf8')))).toEqual([]);
});

test.each([
  ['alter table a drop column b;', true],
  ['drop table a;', true],
  ['alter table a rename column b to c;', true],
  ['alter table a alter column b type bigint;', true],
  ['alter table a alter column b set not null;', true],
  ['alter table a add column b text not null;', true],
  ['-- breaking\nalter table a drop column b;', false],
  ['alter table a add column b text not null default 0, add column c integer;', false],
  ['create table a (b integer not null); -- drop table', false],
])('%s breaks: %s', (text, expected) => {
  expect(breaks(text)).toBe(expected);
});
