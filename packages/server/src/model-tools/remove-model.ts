/** Takes a model off this machine: its folder where the hub put it there, and what no other model needs. */
import { rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { findEnvironment } from '../catalog/environments/environment.ts';
import { installedFolder } from '../catalog/registry-keeper.ts';
import { manifestOf, type ModelState, type Registry } from '../catalog/registry.ts';
import { weightsPath } from '../catalog/weights.ts';

export interface Removal {
  /** What was removed, for people. */
  readonly removed: readonly string[];
  /** What another model needs. */
  readonly kept: readonly string[];
}

/** @param version all versions when undefined */
export async function removeModel(registry: Registry, dataDir: string, id: string, version: string | undefined): Promise<Removal> {
  const states = (registry.versions.get(id) ?? []).filter((state) => version === undefined || manifestOf(state).version === version);
  if (states.length === 0) throw new Error(`There is no model "${id}"${version === undefined ? '' : ` in version ${version}`}.`);
  const others = [...registry.versions.values()].flat().filter((state) => !states.includes(state));
  const needed = new Set((await Promise.all(others.map((state) => partsOf(state, dataDir)))).flat());
  const parts = new Set((await Promise.all(states.map((state) => partsOf(state, dataDir)))).flat());
  const removed = [...parts].filter((part) => !needed.has(part));
  for (const part of removed) {
    await rm(join(part, 'complete.json'), { force: true });
    await rm(part, { recursive: true, force: true });
  }
  const folders = states.map(folderOf).filter((folder) => !relative(installedFolder(dataDir), folder).startsWith('..'));
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
  return { removed: [...removed, ...folders], kept: [...parts].filter((part) => needed.has(part)) };
}

/** Folders of environments and weights that are there. */
async function partsOf(state: ModelState, dataDir: string): Promise<readonly string[]> {
  const { environments, weights = [] } = manifestOf(state);
  const found = await Promise.all(
    Object.values(environments).map(({ lock, python }) =>
      findEnvironment({ lockPath: join(folderOf(state), lock), pythonVersion: python, dataDir }),
    ),
  );
  return [
    ...found.flatMap((environment) => (environment ? [environment.folder] : [])),
    ...weights.map((each) => dirname(weightsPath(dataDir, each))),
  ];
}

function folderOf(state: ModelState): string {
  return state.kind === 'installed' ? state.model.folder : state.folder;
}
