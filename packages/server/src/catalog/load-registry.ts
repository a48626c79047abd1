/** Reads all model folders into one registry. A broken model is reported and the others keep working. */
import { createHash } from 'node:crypto';
import { access, constants, readdir, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { SHARED_METRICS, type Manifest, type Weights } from '@omtx/contract';
import { egressEntryOf, isEgressAllowed } from '../domain/egress.ts';
import { CheckCache } from './check-cache.ts';
import { NO_CHOICES, type OperatorChoices } from './operator-choices.ts';
import { fillSettings } from './fill-settings.ts';
import { readManifest } from './read-manifest.ts';
import { compareVersions, manifestOf, type BrokenModel, type ModelState, type Registry } from './registry.ts';

/** Finds an environment that was made before; `findEnvironment` with its data folder bound. */
export type EnvironmentFinder = (request: {
  readonly lockPath: string;
  readonly pythonVersion: string;
}) => Promise<{ readonly digest: string; readonly python: string } | undefined>;

export interface OutboundChoices {
  readonly hosts: readonly string[];
  /** Only whether a secret is there is looked at. */
  readonly secrets: Readonly<Record<string, string>>;
}

export interface RegistrySources {
  /** Absolute folders that hold model folders; where two hold the same id and version the later one wins. */
  readonly folders: readonly string[];
  readonly findEnvironment: EnvironmentFinder;
  /** Ids of models that the operator declares as run by remote workers. */
  readonly offeredModels: readonly string[];
  /** Finds weights that were fetched before; `findWeights` with its data folder bound. */
  readonly findWeights?: (weights: Weights) => Promise<string | undefined>;
  readonly choices?: OperatorChoices;
  /** Where programs of models are looked for, as in PATH. */
  readonly programPath?: string;
  /** What the operator allows of model servers. */
  readonly outbound?: OutboundChoices;
  /** The cluster of this host; absent: none. */
  readonly slurm?: { readonly models: readonly string[] } | undefined;
  /** Where it is kept which manifests are sound. */
  readonly checkCacheFile?: string;
}

/** Only reads; environments are made by `omtx models install`. Throws only on bugs. */
export async function loadRegistry(given: RegistrySources): Promise<Registry> {
  const sources = { ...given, findEnvironment: onceEach(given.findEnvironment) };
  const byVersion = new Map<string, ModelState>();
  const broken: BrokenModel[] = [];
  const cache = await CheckCache.open(sources.checkCacheFile);
  for (const folder of sources.folders) {
    const found = await listModelFolders(folder);
    if (found === undefined) broken.push({ folder, reasons: ['the folder of models cannot be read'] });
    const here = new Map<string, ModelState>();
    const readings = await Promise.all((found ?? []).map((modelFolder) => readModel(modelFolder, cache, sources)));
    for (const reading of readings) {
      if ('reasons' in reading) {
        broken.push(reading);
        continue;
      }
      const { id, version } = manifestOf(reading.state);
      const key = `${id}\n${version}`;
      if (here.has(key))
        broken.push({ folder: reading.folder, reasons: [`version ${version} of "${id}" is taken by another folder of ${folder}`] });
      else here.set(key, reading.state);
    }
    for (const [key, state] of here) byVersion.set(key, state);
  }
  await cache.save();
  return { ...byIdAndVersion([...byVersion.values()]), broken, metrics: metricsOf(byVersion.values()) };
}

async function readModel(
  folder: string,
  cache: CheckCache,
  sources: RegistrySources,
): Promise<BrokenModel | { readonly folder: string; readonly state: ModelState }> {
  const reading = await readManifest(folder, cache);
  if (reading.kind === 'broken') return { folder, reasons: reading.reasons };
  return { folder, state: await stateOf(reading.manifest, folder, sources) };
}

/** Models share locks: each is read and looked for once. */
function onceEach(find: EnvironmentFinder): EnvironmentFinder {
  const found = new Map<string, ReturnType<EnvironmentFinder>>();
  return (request) => {
    const key = `${request.lockPath}\n${request.pythonVersion}`;
    const known = found.get(key) ?? find(request);
    found.set(key, known);
    return known;
  };
}

/** Folders with a `model.json`, by name; undefined when the folder cannot be read. */
export async function listModelFolders(folder: string): Promise<readonly string[] | undefined> {
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) return undefined;
  const paths = names.sort().map((name) => join(folder, name));
  const holds = await Promise.all(paths.map((path) => isThere(join(path, 'model.json'))));
  return paths.filter((_, index) => holds[index]);
}

function byIdAndVersion(states: readonly ModelState[]): Pick<Registry, 'models' | 'versions'> {
  const versions = new Map<string, readonly ModelState[]>();
  const sorted = states.toSorted((a, b) => compareVersions(manifestOf(a).version, manifestOf(b).version));
  for (const state of sorted) versions.set(manifestOf(state).id, [...(versions.get(manifestOf(state).id) ?? []), state]);
  const ids = [...versions.keys()].sort();
  const models = new Map(ids.flatMap((id) => defaultOf(versions.get(id) ?? []).map((state) => [id, state] as const)));
  return { models, versions: new Map(ids.map((id) => [id, versions.get(id) ?? []])) };
}

/** The newest that can run, else the newest. */
function defaultOf(newestFirst: readonly ModelState[]): readonly ModelState[] {
  const first = newestFirst.find(({ kind }) => kind === 'installed' || kind === 'offered') ?? newestFirst[0];
  return first ? [first] : [];
}

async function stateOf(read: Manifest, folder: string, sources: RegistrySources): Promise<ModelState> {
  const manifest = onCluster(read, sources);
  const { offeredModels, choices = NO_CHOICES } = sources;
  const reason = choices.disabled[manifest.id];
  if (reason !== undefined) return { kind: 'disabled', manifest, folder, reason };
  const isOffered = offeredModels.includes(manifest.id);
  if (manifest.runner.kind === 'none')
    return isOffered ? { kind: 'offered', manifest, folder } : { kind: 'not_installed', manifest, folder, remedy: manifest.runner.install };
  const { pythons, digests, missing } = await environmentsOf(manifest, folder, sources);
  const weights = await weightsOf(manifest, sources);
  const settings = choices.settings[manifest.id] ?? {};
  const remedies = [
    ...(missing.length > 0 || weights.missing.length > 0 ? [installRemedy(manifest, missing, weights.missing)] : []),
    ...(await missingOfOperator(manifest, settings, sources)),
    ...missingOutbound(manifest, settings, sources.outbound),
    ...(await missingCluster(manifest, sources)),
  ];
  if (remedies.length === 0) {
    const revision = await revisionOf(folder);
    return {
      kind: 'installed',
      model: { manifest, folder, pythons, environmentDigest: digestOf(digests), weights: weights.paths, settings, revision },
    };
  }
  return isOffered ? { kind: 'offered', manifest, folder } : { kind: 'not_installed', manifest, folder, remedy: remedies.join(' ') };
}

async function environmentsOf(manifest: Manifest, folder: string, { findEnvironment }: RegistrySources) {
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
  return { pythons, digests, missing };
}

async function weightsOf({ weights = [] }: Manifest, { findWeights }: RegistrySources) {
  const paths: Record<string, string> = {};
  const missing: string[] = [];
  for (const each of weights) {
    const path = await findWeights?.(each);
    if (path === undefined) missing.push(each.name);
    else paths[each.name] = path;
  }
  return { paths, missing };
}

function installRemedy({ id }: Manifest, environments: readonly string[], weights: readonly string[]): string {
  const made = environments.length > 0 ? `makes the locked environment ${environments.join(' and ')}` : undefined;
  const fetched = weights.length > 0 ? `fetches the weights ${weights.join(', ')}` : undefined;
  return `Run "omtx models install ${id}": it ${[made, fetched].filter((part) => part !== undefined).join(' and ')} of model "${id}" on this machine.`;
}

/** Sentences for programs and settings that only the operator can bring. */
async function missingOfOperator(
  { id, requires }: Manifest,
  settings: Readonly<Record<string, string>>,
  { programPath = '' }: RegistrySources,
): Promise<readonly string[]> {
  const remedies: string[] = [];
  for (const { name, remedy } of requires?.programs ?? []) {
    if (!(await isProgram(name, programPath))) remedies.push(`The program ${name} is not on PATH. ${remedy}`);
  }
  for (const { name, kind, title } of requires?.settings ?? []) {
    const value = settings[name];
    if (value === undefined) remedies.push(`Run "omtx models set ${id} ${name}=VALUE": ${title}.`);
    else if (kind !== 'text' && !(await isThere(value)))
      remedies.push(`${title}: ${value} is not there. Run "omtx models set ${id} ${name}=VALUE".`);
  }
  return remedies;
}

/** A model server that the operator has not allowed, or whose secret is not there. */
function missingOutbound(
  { runner }: Manifest,
  settings: Readonly<Record<string, string>>,
  { hosts, secrets }: OutboundChoices = { hosts: [], secrets: {} },
): readonly string[] {
  if (runner.kind !== 'http') return [];
  const base = fillSettings(runner.baseUrl, settings);
  const remedies: string[] = [];
  if (URL.canParse(base) && !isEgressAllowed(hosts, new URL(base)))
    remedies.push(
      `Its rows would be sent to ${egressEntryOf(new URL(base))}: to allow that, start the worker host with OMTX_EGRESS=${egressEntryOf(new URL(base))}.`,
    );
  const { auth } = runner;
  if (auth && secrets[auth.secret] === undefined)
    remedies.push(`It needs the secret "${auth.secret}": start the worker host with OMTX_SECRET_${auth.secret.toUpperCase()}.`);
  return remedies;
}

/** A model with a worker, which the operator wants to run in the cluster. */
function onCluster(manifest: Manifest, { slurm }: RegistrySources): Manifest {
  const { runner, id } = manifest;
  return runner.kind === 'process' && slurm?.models.includes(id) === true
    ? { ...manifest, runner: { ...runner, kind: 'slurm' } }
    : manifest;
}

async function missingCluster({ runner }: Manifest, { slurm, programPath = '' }: RegistrySources): Promise<readonly string[]> {
  if (runner.kind !== 'slurm') return [];
  return [
    ...(slurm
      ? []
      : ['It runs as jobs of Slurm: start the worker host with OMTX_SLURM_DIR, a folder that it shares with the compute nodes.']),
    ...((await isProgram('sbatch', programPath))
      ? []
      : ['The program sbatch is not on PATH: run the worker host on a login node of the cluster.']),
  ];
}

/** Over names, sizes and times of the folder's files. */
async function revisionOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('__pycache__'))
    .map((entry) => join(entry.parentPath, entry.name));
  const stats = await Promise.all(files.sort().map(async (file) => ({ file, ...(await stat(file)) })));
  for (const { file, size, mtimeMs } of stats) hash.update(`${file}\n${String(size)}\n${String(mtimeMs)}\n`);
  return hash.digest('hex');
}

async function isProgram(name: string, programPath: string): Promise<boolean> {
  const places = programPath.split(delimiter).filter((folder) => folder !== '');
  return (await Promise.all(places.map((folder) => isThere(join(folder, name), constants.X_OK)))).includes(true);
}

function isThere(path: string, mode?: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

function digestOf(digests: readonly string[]): string | undefined {
  return digests.length === 0 ? undefined : createHash('sha256').update(digests.join('\n')).digest('hex');
}

function metricsOf(states: Iterable<ModelState>): Registry['metrics'] {
  const own = [...states].flatMap((state) => manifestOf(state).ownMetrics ?? []);
  return new Map([...SHARED_METRICS, ...own].map((metric) => [metric.id, metric]));
}
