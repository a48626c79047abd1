/**
 * Writes `docs/openapi.json` from the routes, or with `--check` fails when it is not what the routes say. Needs no database: the routes
 * are only described.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { format, resolveConfig } from 'prettier';
import { buildApp } from './http/app.ts';
import { EMPTY_REGISTRY } from './catalog/registry.ts';
import { VERSION } from './machine/version.ts';
import { Meter } from './observe/meter.ts';
import { openChemistry } from './chemistry/rdkit-chemistry.ts';
import { openCaches } from './services/cache.ts';
import { StructureCache } from './services/structure-cache.ts';
import { openDatabase } from './storage/database.ts';
import { openListener } from './storage/listener.ts';
import { NO_ARTIFACTS } from './storage/artifacts/no-artifacts.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const FILE = join(ROOT, 'docs', 'openapi.json');

const nowhere = 'postgres://nobody@127.0.0.1:1/none';
const listener = openListener(nowhere, () => undefined);
const app = await buildApp(
  {
    db: openDatabase(nowhere, 1),
    registry: () => EMPTY_REGISTRY,
    artifacts: NO_ARTIFACTS,
    spoolDir: '/nowhere',
    chemistry: openChemistry({ threads: 1 }),
    caches: openCaches(),
    structures: new StructureCache(),
    msaFallback: 'refuse',
    log: pino({ level: 'silent' }),
    meter: new Meter(),
  },
  listener,
  VERSION,
);
const options = await resolveConfig(FILE);
const text = await format(JSON.stringify(app.swagger()), { ...options, parser: 'json' });
await app.close();
await listener.close();

if ((await readFile(FILE, 'utf8').catch(() => '')) !== text) {
  if (process.argv.includes('--check')) {
    console.error(`${FILE} is not what the contract says. Run "node packages/server/src/write-openapi.ts" and commit it.`);
    process.exitCode = 1;
  } else {
    await writeFile(FILE, text);
    console.log(`wrote ${FILE}`);
  }
}
