/** Reads all model folders into one registry. A broken model is reported and the others keep working. */
import { createHash } from 'node:crypto';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SHARED_METRICS, type Manifest } from '@omtx/contract';
import { readManifest } from './read-manifest.ts';
import { manifestOf, type BrokenModel, type ModelState, type Registry } from './registry.ts';

/** Finds an environment that was made before; `findEnvironment` with its data folder bound. */
export type EnvironmentFinder = (request: {
  readonly lockPath: string;
  readonly pythonVersion: string;
}) => Promise<{ readonly digest: string; readonly python: string } | undefined>;

export interface RegistrySources {
  /** Absolute folders that hold model folders; where two hold the same id the later one wins. */
  readonly folders: readonly string[];
  readonly findEnvironment: EnvironmentFinder;
  /** Ids of models that the operator declares as run by remote workers. */
  readonly offeredModels: readonly string[];
}

/** Only reads; environments are made by `omtx setup`. Throws only on bugs. */
export async function loadRegistry({ folders, findEnvironment, offeredModels }: RegistrySources): Promise<Registry> {
  const models = new Map<string, ModelState>();
  const broken: BrokenModel[] = [];
  for (const folder of folders) {
    const found = await listModelFolders(folder);
    if (found === undefined) broken.push({ folder, reasons: ['the folder of models cannot be read'] });
    const here = new Map<string, ModelState>();
    for (const modelFolder of found ?? []) {
      const reading = await readManifest(modelFolder);
      const other = reading.kind === 'manifest' ? here.get(reading.manifest.id) : undefined;
      if (reading.kind === 'broken') broken.push({ folder: modelFolder, reasons: reading.reasons });
      else if (other)
        broken.push({ folder: modelFolder, reasons: [`the id "${reading.manifest.id}" is taken by another model of ${folder}`] });
      else here.set(reading.manifest.id, await stateOf(reading.manifest, modelFolder, findEnvironment, offeredModels));
    }
    for (const [id, state] of here) models.set(id, state);
  }
  return { models, broken, metrics: metricsOf(models) };
}

/** Folders with a `model.json`, by name; undefined when the folder cannot be read. */
async function listModelFolders(folder: string): Promise<readonly string[] | undefined> {
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) return undefined;
  const paths = names.sort().map((name) => join(folder, name));
  const holds = await Promise.all(
    paths.map((path) =>
      access(join(path, 'model.json')).then(
        () => true,
        () => false,
      ),
    ),
  );
  return paths.filter((_, index) => holds[index]);
}

async function stateOf(
  manifest: Manifest,
  folder: string,
  findEnvironment: EnvironmentFinder,
  offeredModels: readonly string[],
): Promise<ModelState> {
  const isOffered = offeredModels.includes(manifest.id);
  if (manifest.runner.kind === 'none')
    return isOffered ? { kind: 'offered', manifest, folder } : { kind: 'not_installed', manifest, folder, remedy: manifest.runner.install };
  const pythons: Record<string, string> = {};
  const digests: string[] = [];
  const missing: string[] = [];
  for (const [name, { lock, python }] of Object.entries(manifest.environments).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const made = await findEnvironment({ lockPath: join(folder, lock), pythonVersion: python });
    if (made) {
      pythons[name] = made.python;
      digests.push(`${name} ${made.digest}`);
    } else {
      missing.push(`"${name}" (Python ${python})`);
    }
  }
  if (missing.length === 0) return { kind: 'installed', model: { manifest, folder, pythons, environmentDigest: digestOf(digests) } };
  if (isOffered) return { kind: 'offered', manifest, folder };
  return {
    kind: 'not_installed',
    manifest,
    folder,
    remedy: `Run "npm run setup": it makes the locked environment ${missing.join(' and ')} of model "${manifest.id}" on this machine.`,
  };
}

function digestOf(digests: readonly string[]): string | undefined {
  return digests.length === 0 ? undefined : createHash('sha256').update(digests.join('\n')).digest('hex');
}

function metricsOf(models: ReadonlyMap<string, ModelState>): Registry['metrics'] {
  const own = [...models.values()].flatMap((state) => manifestOf(state).ownMetrics ?? []);
  return new Map([...SHARED_METRICS, ...own].map((metric) => [metric.id, metric]));
}
