/** A whole hub for tests: real PostgreSQL, queue, workers and HTTP, with the models of `test/models` (and others that are asked for). */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { loadRegistry } from '../src/catalog/load-registry.ts';
import { openChemistry } from '../src/chemistry/rdkit-chemistry.ts';
import { Checker } from '../src/dispatch/checker.ts';
import { Monitor } from '../src/dispatch/monitor.ts';
import { WorkerHost } from '../src/dispatch/worker-host.ts';
import { buildApp } from '../src/http/app.ts';
import type { LegacySettings } from '../src/http/context.ts';
import { Meter } from '../src/observe/meter.ts';
import { ProcessRunner } from '../src/runners/process/process-runner.ts';
import { openCaches } from '../src/services/cache.ts';
import type { HubContext } from '../src/services/context.ts';
import { announceTo } from '../src/storage/artifacts/announcer.ts';
import { DiskArtifactStore } from '../src/storage/artifacts/disk-artifact-store.ts';
import { openDatabase } from '../src/storage/database.ts';
import { openListener } from '../src/storage/listener.ts';
import { createTestDatabase } from './database.ts';

export const TEST_MODELS = join(import.meta.dirname, 'models');
export const OWN_MODELS = join(import.meta.dirname, '..', '..', '..', 'models');

export interface TestHub {
  readonly app: FastifyInstance;
  readonly ctx: HubContext;
  readonly monitor: Monitor;
  /** Folder of the stored files. */
  readonly artifactsDir: string;
  close(): Promise<void>;
}

/** Call it in `beforeAll`, and `close` in `afterAll`. */
export async function openTestHub(
  options: {
    readonly offeredModels?: readonly string[];
    readonly works?: boolean;
    /** False where the test checks the rows of large submissions itself. */
    readonly checks?: boolean;
    /** More folders of models. */
    readonly modelsDirs?: readonly string[];
    readonly legacy?: LegacySettings;
  } = {},
): Promise<TestHub> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'omtx-hub-'));
  const registry = await loadRegistry({
    folders: [OWN_MODELS, TEST_MODELS, ...(options.modelsDirs ?? [])],
    findEnvironment: () => Promise.resolve(undefined),
    offeredModels: options.offeredModels ?? [],
  });
  const listener = openListener(database.url, () => undefined);
  const db = openDatabase(database.url, 8);
  const ctx: HubContext = {
    db,
    registry: () => registry,
    artifacts: new DiskArtifactStore(join(folder, 'artifacts'), announceTo(db)),
    spoolDir: join(folder, 'spool'),
    chemistry: openChemistry({ threads: 1 }),
    caches: openCaches(),
    log: pino({ level: 'silent' }),
    meter: new Meter(),
  };
  const checker = options.checks === false ? undefined : await Checker.start(ctx, listener);
  const monitor = new Monitor(ctx);
  const runner = new ProcessRunner({
    folder: join(folder, 'workers'),
    cpus: 2,
    pythonPath: '',
    programPath: '/usr/bin:/bin',
    idleSeconds: 60,
  });
  const host =
    options.works === false
      ? undefined
      : await WorkerHost.start({ ...ctx, runner, databaseUrl: database.url, listener, cpus: 2, gpus: [], folder: join(folder, 'runs') });
  const app = await buildApp(ctx, listener, '0.0.0-test', options.legacy);
  return {
    app,
    ctx,
    monitor,
    artifactsDir: join(folder, 'artifacts'),
    close: async () => {
      await app.close();
      await checker?.stop();
      await monitor.stop();
      await host?.stop();
      await runner.stop();
      await listener.close();
      await ctx.chemistry.close();
      await ctx.db.destroy();
      await rm(folder, { recursive: true, force: true });
      await database.drop();
    },
  };
}
