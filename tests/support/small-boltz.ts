/** The real Boltz-2 with made-up weights: its small form (models/boltz2/tools), made once in a step of `npm test`; and its model folder. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { findPython } from '../../packages/server/src/catalog/environments/find-python.ts';
import { runTool } from '../../packages/server/src/catalog/environments/run-tool.ts';
import { findOrInstallUv } from '../../packages/server/src/catalog/environments/uv.ts';
import { withFileLock } from '../../packages/server/src/machine/file-lock.ts';
import { defaultDataDir } from '../../packages/server/src/machine/data-dir.ts';

const ROOT = join(import.meta.dirname, '..', '..');
export const BOLTZ_MODEL = join(ROOT, 'models', 'boltz2');
const TOOLS = join(BOLTZ_MODEL, 'tools');
const DATA_DIR = defaultDataDir(process.env);
const FOLDER = join(DATA_DIR, 'tools', `boltz-small-${digestOf('small.lock', 'small_install.py', 'tiny_cache.py')}`);
export const SMALL_BOLTZ_PYTHON = join(FOLDER, 'bin', 'python');
/** Where the tests of the model look for it too. */
export const TINY_CACHE = join(FOLDER, 'omtx-tiny-cache');
/** Written last by the script that makes the cache. */
const LAST_FILE = join(TINY_CACHE, 'boltz2_aff.ckpt');

function digestOf(...names: readonly string[]): string {
  const hash = createHash('sha256');
  for (const name of names) hash.update(readFileSync(join(TOOLS, name)));
  return hash.digest('hex').slice(0, 16);
}

export function hasSmallBoltz(): boolean {
  return existsSync(LAST_FILE);
}

/** Fetches 400 MB and takes a minute the first time. @throws Error where it cannot be made: another system than Linux x86_64, no gcc */
export async function makeSmallBoltz(report: (line: string) => void): Promise<void> {
  await withFileLock(`${FOLDER}.lock`, async () => {
    if (hasSmallBoltz()) return;
    if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('the small form of Boltz-2 is for Linux x86_64 only');
    const python = await findPython('3.11');
    const uv = await findOrInstallUv(DATA_DIR, python, report, {});
    if (uv === undefined) throw new Error('the small form of Boltz-2 needs uv, which could not be installed');
    report('installing Boltz-2 without the libraries of GPUs');
    await runTool(python, [join(TOOLS, 'small_install.py'), FOLDER, '--uv', uv], {});
    report('making a cache with made-up weights');
    await runTool('env', ['OMP_NUM_THREADS=1', SMALL_BOLTZ_PYTHON, join(TOOLS, 'tiny_cache.py'), TINY_CACHE], {});
  });
}

/** Skips the test with a reason where it is not made; in CI that is a failure. */
export function needsSmallBoltz(context: TestContext): void {
  if (hasSmallBoltz()) return;
  if (process.env['CI'] === 'true') throw new Error('the small form of Boltz-2 is not made');
  context.skip('the small form of Boltz-2 is not made: "npm test" makes it on Linux x86_64 with gcc');
}

/**
 * A folder of models with Boltz-2 as it is, but for the interpreter (the small form is no environment that the hub makes) and the defaults of
 * some parameters.
 * @returns the folder, and how to remove it
 */
export async function smallBoltzModels(
  defaults: Readonly<Record<string, unknown>>,
): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'omtx-boltz-models-'));
  const model = join(folder, 'boltz2');
  await cp(BOLTZ_MODEL, model, { recursive: true });
  const manifest = JSON.parse(await readFile(join(model, 'model.json'), 'utf8')) as { parameters: { properties: Record<string, object> } };
  const { properties } = manifest.parameters;
  for (const [name, value] of Object.entries(defaults)) properties[name] = { ...properties[name], default: value };
  const runner = { kind: 'process', command: [SMALL_BOLTZ_PYTHON, '{model}/worker.py'] };
  await writeFile(join(model, 'model.json'), JSON.stringify({ ...manifest, runner, environments: {} }));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
