import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manifestPage, schemaDocument } from './manifest-documents.ts';

const DOCS = join(import.meta.dirname, '..', '..', '..', 'docs');

test('the published schema and its page are those of the contract; "node packages/server/src/write-manifest-schema.ts" writes them', async () => {
  expect(await readFile(join(DOCS, 'model.schema.json'), 'utf8')).toBe(schemaDocument());
  expect(await readFile(join(DOCS, 'model-manifest.md'), 'utf8')).toBe(manifestPage());
});
