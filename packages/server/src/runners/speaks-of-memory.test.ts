import { expect, test } from 'vitest';
import { MEMORY_SAYINGS, speaksOfMemory } from './speaks-of-memory.ts';

test.each(Object.entries(MEMORY_SAYINGS.examples))('memory that ran out is known by what %s prints', (_, text) => {
  expect(speaksOfMemory(`Traceback:\n${text}\nmore`)).toBe(true);
});

test.each(MEMORY_SAYINGS.others)('other faults are not taken for it: %s', (text) => {
  expect(speaksOfMemory(text)).toBe(false);
});

test('each saying of the list is met by one of its examples at least', () => {
  const texts = Object.values(MEMORY_SAYINGS.examples);
  const unmet = MEMORY_SAYINGS.sayings.filter(({ pattern, ignoreCase }) => {
    const saying = new RegExp(pattern, ignoreCase ? 'i' : '');
    return !texts.some((text) => saying.test(text));
  });
  expect(unmet).toEqual([]);
});
