/** Tests that dock for real: the environment of the engine is made by setup. */
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { findEnvironment } from '../../packages/server/src/catalog/environments/environment.ts';
import { loadRegistry } from '../../packages/server/src/catalog/load-registry.ts';
import { defaultDataDir } from '../../packages/server/src/machine/data-dir.ts';
import { ROOT } from './hub-process.ts';

/** Skips the test with a reason where the engine is missing; in CI that is a failure. */
export async function needsVina(context: TestContext): Promise<void> {
  const registry = await loadRegistry({
    folders: [join(ROOT, 'models')],
    findEnvironment: (request) => findEnvironment({ ...request, dataDir: defaultDataDir(process.env) }),
    offeredModels: [],
  });
  if (registry.models.get('vina')?.kind === 'installed') return;
  if (process.env['CI'] === 'true') throw new Error('the environment of vina is not installed');
  context.skip('the environment of vina is not installed: run "npm run setup"');
}
