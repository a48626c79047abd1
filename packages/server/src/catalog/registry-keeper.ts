/**
 * Holds the present registry and reads it anew when something of it has changed: a model folder, a lock, an environment that was made,
 * weights that came, or what the operator chose. Runs in work keep the model that they started with.
 *
 * States: open (looks every `lookSeconds`) -> closed.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findEnvironment } from './environments/environment.ts';
import { listModelFolders, loadRegistry, type OutboundChoices } from './load-registry.ts';
import { choicesFile, readChoices } from './operator-choices.ts';
import type { Registry } from './registry.ts';
import { findWeights } from './weights.ts';

export interface KeeperOptions {
  readonly dataDir: string;
  readonly folders: readonly string[];
  readonly offeredModels: readonly string[];
  readonly programPath: string;
  /** What the operator allows of model servers; nothing when absent. */
  readonly outbound?: OutboundChoices;
  /** The cluster of this host; absent: none. */
  readonly slurm?: { readonly models: readonly string[] } | undefined;
  /** Told when a change could not be read; the registry stays as it was. */
  readonly onFault: (error: unknown) => void;
}

/** Some 120 models cost 3 ms a look. */
const LOOK_SECONDS = 2;

type Listener = (registry: Registry) => void | Promise<void>;

export class RegistryKeeper {
  readonly #options: KeeperOptions;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<Listener>();
  #registry: Registry;
  #fingerprint: string;
  #looking: Promise<void> = Promise.resolve();

  private constructor(options: KeeperOptions, registry: Registry, fingerprint: string) {
    this.#options = options;
    this.#registry = registry;
    this.#fingerprint = fingerprint;
  }

  static async open(options: KeeperOptions): Promise<RegistryKeeper> {
    const fingerprint = await fingerprintOf(options);
    return new RegistryKeeper(options, await readRegistry(options), fingerprint);
  }

  get registry(): Registry {
    return this.#registry;
  }

  /** Called after each change, one at a time. */
  onChange(listener: Listener): void {
    this.#listeners.add(listener);
  }

  /** Starts to look for changes. */
  watch(): void {
    this.#looking = this.#lookOn();
  }

  /** Looks once, now. @returns whether something had changed */
  async look(): Promise<boolean> {
    const fingerprint = await fingerprintOf(this.#options);
    if (fingerprint === this.#fingerprint) return false;
    this.#registry = await readRegistry(this.#options);
    this.#fingerprint = fingerprint;
    for (const listener of this.#listeners) await listener(this.#registry);
    return true;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#looking;
  }

  async #lookOn(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await sleep(LOOK_SECONDS * 1_000, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      await this.look().catch(this.#options.onFault);
    }
  }
}

export async function readRegistry({
  dataDir,
  folders,
  offeredModels,
  programPath,
  outbound,
  slurm,
}: Omit<KeeperOptions, 'onFault'>): Promise<Registry> {
  const installed = installedFolder(dataDir);
  return loadRegistry({
    folders: (await listModelFolders(installed)) === undefined ? folders : [...folders, installed],
    findEnvironment: (request) => findEnvironment({ ...request, dataDir }),
    findWeights: (weights) => findWeights(dataDir, weights),
    offeredModels,
    choices: await readChoices(dataDir),
    programPath,
    ...(outbound === undefined ? {} : { outbound }),
    slurm,
    checkCacheFile: join(dataDir, 'cache', 'manifests.json'),
  });
}

/** Where `omtx models install FOLDER` puts models; it comes after the folders of the configuration. */
export function installedFolder(dataDir: string): string {
  return join(dataDir, 'models');
}

/** Times and sizes of what the registry is read from: model folders with their top files, environments and weights, choices. */
async function fingerprintOf({ dataDir, folders }: KeeperOptions): Promise<string> {
  const models = await Promise.all([...folders, installedFolder(dataDir)].map((folder) => listModelFolders(folder)));
  const files = models
    .flat()
    .flatMap((folder) => (folder === undefined ? [] : [folder, join(folder, 'model.json'), join(folder, 'worker.py')]));
  const environments = await stampsOf(join(dataDir, 'environments'), 'complete.json');
  const marks = await Promise.all([...files, ...environments, join(dataDir, 'weights'), choicesFile(dataDir)].map(markOf));
  return marks.join('\n');
}

async function stampsOf(folder: string, stamp: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.sort().map((name) => join(folder, name, stamp));
}

async function markOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? `${path} -` : `${path} ${String(found.mtimeMs)} ${String(found.size)}`;
}
