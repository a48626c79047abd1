/** Whether what an engine printed says that memory ran out, of the host or of a GPU. Pure; adapters in Python read the same list. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from 'typebox';
import { Value } from 'typebox/value';

const LIST = join(import.meta.dirname, '..', '..', '..', 'worker-python', 'omtx_worker', 'memory-sayings.json');

/** Patterns mean the same in JavaScript and in Python; both sides test the examples and the others. */
export const MEMORY_SAYINGS = Value.Parse(
  Type.Object({
    sayings: Type.Array(Type.Object({ from: Type.String(), pattern: Type.String(), ignoreCase: Type.Boolean() })),
    examples: Type.Record(Type.String(), Type.String()),
    others: Type.Array(Type.String()),
  }),
  JSON.parse(readFileSync(LIST, 'utf8')),
);

const SAYINGS = MEMORY_SAYINGS.sayings.map(({ pattern, ignoreCase }) => new RegExp(pattern, ignoreCase ? 'i' : ''));

/** Engines print a table of what was in use behind the words themselves, so more is read than is shown in a message. */
export const READ_CHARACTERS = 32_000;

export function speaksOfMemory(text: string): boolean {
  return SAYINGS.some((saying) => saying.test(text));
}
