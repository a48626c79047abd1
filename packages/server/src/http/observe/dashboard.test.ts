/** The dashboard asks for nothing that no hub tells. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const DOCS = join(import.meta.dirname, '..', '..', '..', '..', '..', 'docs');
const read = (...path: readonly string[]): string => readFileSync(join(DOCS, ...path), 'utf8');

test('every figure of the dashboard is described', () => {
  const asked = read('grafana', 'omtx-hub.json').match(/omtx_[a-z_]+/g) ?? [];
  const told = new Set(read('observe.md').match(/omtx_[a-z_]+/g));
  expect(asked.map((name) => name.replace(/_(bucket|count)$/, '')).filter((name) => !told.has(name))).toEqual([]);
  expect(asked.length).toBeGreaterThan(10);
});
