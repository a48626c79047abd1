/** Builds the page, starts a hub as an operator does, and runs a small real screen on it: 16 drugs into COX-2, one broken, one repeated. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { OmtxClient } from '@omtx/client';
import type { TestProject } from 'vitest/node';
import { buildPage } from '../../../scripts/build-page.ts';
import { newDataDir, startProcess } from '../../../tests/support/hub-process.ts';
import { whyNoBrowser } from './support/browser.ts';
import { SCREEN } from './support/screen.ts';

const SCREEN_LIMIT_MS = 480_000;

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const noBrowser = whyNoBrowser();
  const dataDir = await newDataDir();
  const environments = join(dataDir, 'environments');
  const missing =
    noBrowser ??
    (existsSync(environments) && readdirSync(environments).length > 0 ? undefined : 'the environment of Vina is not made: npm run setup');
  if (missing !== undefined) {
    project.provide('hub', { missing });
    rmSync(dataDir, { recursive: true, force: true });
    return undefined;
  }
  await buildPage();
  const hub = await startProcess('serve', dataDir, { environment: { OMTX_MODELS_DIR: '', OMTX_LOG_LEVEL: 'info' } });
  const client = new OmtxClient({ baseUrl: hub.url });
  const { id } = await client.submitJob(SCREEN);
  for await (const event of client.watchJob(id, AbortSignal.timeout(SCREEN_LIMIT_MS))) if (event.kind === 'finished') break;
  project.provide('hub', { url: hub.url, screenId: id });
  return async () => {
    await hub.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
}
