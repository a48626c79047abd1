/** The context of services for tests that need a database and no worker, server or model. */
import { EMPTY_REGISTRY } from '../src/catalog/registry.ts';
import { pino } from 'pino';
import type { Registry } from '../src/catalog/registry.ts';
import type { Chemistry } from '../src/chemistry/chemistry.ts';
import { Meter } from '../src/observe/meter.ts';
import { openCaches } from '../src/services/cache.ts';
import { StructureCache } from '../src/services/structure-cache.ts';
import type { HubContext } from '../src/services/context.ts';
import { NO_ARTIFACTS } from '../src/storage/artifacts/no-artifacts.ts';
import type { Database } from '../src/storage/database.ts';

const EMPTY: Registry = EMPTY_REGISTRY;

export function testContext(db: Database, parts: Partial<HubContext> = {}): HubContext {
  const refuse = () => Promise.reject(new Error('this test has no chemistry'));
  const chemistry: Chemistry = { read: refuse, readPattern: refuse, match: refuse, close: () => Promise.resolve() };
  return {
    db,
    registry: () => EMPTY,
    artifacts: NO_ARTIFACTS,
    spoolDir: '/nowhere',
    chemistry,
    caches: openCaches(),
    structures: new StructureCache(),
    msaFallback: 'refuse',
    log: pino({ level: 'silent' }),
    meter: new Meter(),
    ...parts,
  };
}
