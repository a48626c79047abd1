/** A whole hub for tests: real PostgreSQL, queue, workers and HTTP, with the models of `test/models` (and others that are asked for). */
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { loadRegistry } from '../src/catalog/load-registry.ts';
import { Checker } from '../src/dispatch/checker.ts';
import type { Monitor } from '../src/dispatch/monitor.ts';
import { buildApp } from '../src/http/app.ts';
import type { LegacySettings } from '../src/http/context.ts';
import type { HubContext } from '../src/services/context.ts';
import { openHubParts } from './hub-parts.ts';

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
  const registry = await loadRegistry({
    folders: [OWN_MODELS, TEST_MODELS, ...(options.modelsDirs ?? [])],
    findEnvironment: () => Promise.resolve(undefined),
    offeredModels: options.offeredModels ?? [],
  });
  const parts = await openHubParts(() => registry);
  const { ctx, listener, monitor } = parts;
  const checker = options.checks === false ? undefined : await Checker.start(ctx, listener);
  if (options.works !== false) await parts.startHost();
  const app = await buildApp(ctx, listener, '0.0.0-test', options.legacy);
  return {
    app,
    ctx,
    monitor,
    artifactsDir: join(parts.folder, 'artifacts'),
    close: async () => {
      await app.close();
      await checker?.stop();
      await parts.close();
    },
  };
}
