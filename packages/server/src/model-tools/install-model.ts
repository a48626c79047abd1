/** Makes a model able to run on this machine: its folder, its environments, its weights. Each step is done once, whole or not at all. */
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { Manifest } from '@omtx/contract';
import { ensureEnvironment } from '../catalog/environments/environment.ts';
import { installedFolder } from '../catalog/registry-keeper.ts';
import { ensureWeights } from '../catalog/weights.ts';
import { checkModel } from './check-model.ts';

export interface InstallOptions {
  readonly dataDir: string;
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Wheels of each environment, from a bundle: nothing is fetched then. */
  readonly wheels?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** What a model in its place needs: environments and weights. */
export async function installParts(folder: string, manifest: Manifest, options: InstallOptions): Promise<void> {
  const { dataDir, report, signal, wheels } = options;
  if (manifest.runner.kind === 'none') throw new Error(`The hub cannot run ${manifest.id} itself: ${manifest.runner.install}`);
  for (const [name, { lock, python }] of Object.entries(manifest.environments)) {
    await ensureEnvironment({
      name: `${manifest.id}/${name}`,
      lockPath: join(folder, lock),
      pythonVersion: python,
      dataDir,
      report,
      signal,
      wheels: wheels?.[name],
    });
  }
  for (const weights of manifest.weights ?? []) await ensureWeights(dataDir, weights, { report, signal });
}

/**
 * Copies a model folder into the data folder, beside other versions of it, after it was checked.
 * @returns the place it has now
 * @throws Error with every reason when it is not sound
 */
export async function copyModel(source: string, dataDir: string): Promise<{ readonly folder: string; readonly manifest: Manifest }> {
  const { manifest, reasons } = await checkModel(source);
  if (!manifest || reasons.length > 0) throw new Error(`${source} is not sound:\n  ${reasons.join('\n  ')}`);
  const root = installedFolder(dataDir);
  const folder = join(root, `${manifest.id}-${manifest.version}`);
  const half = `${folder}.half`;
  await rm(half, { recursive: true, force: true });
  await mkdir(root, { recursive: true });
  for (const lock of sharedLocks(manifest)) {
    await mkdir(join(root, dirname(lock)), { recursive: true });
    await cp(join(source, '..', lock), join(root, lock));
  }
  // The manifest comes last: a folder without one is no model.
  await cp(source, half, { recursive: true });
  await rm(folder, { recursive: true, force: true });
  await rename(half, folder);
  return { folder, manifest };
}

/** Locks of `../environments/`, as paths from the folder that holds the model folders. */
export function sharedLocks({ environments }: Manifest): readonly string[] {
  return Object.values(environments).flatMap(({ lock }) => (lock.startsWith('../') ? [normalize(lock.slice('../'.length))] : []));
}
