/** Writes `docs/model.schema.json` and `docs/model-manifest.md`; a test fails when they are not what the schema says. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestPage, schemaDocument } from './manifest-documents.ts';

const DOCS = join(import.meta.dirname, '..', '..', '..', 'docs');
await writeFile(join(DOCS, 'model.schema.json'), schemaDocument());
await writeFile(join(DOCS, 'model-manifest.md'), manifestPage());
