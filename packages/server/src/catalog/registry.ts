/** Models that this hub knows: validated manifests, where they are, and whether they can run here. */
import type { Manifest, ManifestTask, MetricDefinition } from '@omtx/contract';

export interface InstalledModel {
  readonly manifest: Manifest;
  /** Absolute path of the model's folder. */
  readonly folder: string;
  /** Absolute interpreter of each environment of the manifest, by its name; made by `omtx models install`. */
  readonly pythons: Readonly<Record<string, string>>;
  /** Digest over the locks of all environments, stored with each result. */
  readonly environmentDigest: string | undefined;
  /** Absolute path of each file of weights, by its name; checked, read-only. */
  readonly weights: Readonly<Record<string, string>>;
  /** Values that the operator set. */
  readonly settings: Readonly<Record<string, string>>;
  /** Changes when a file of the folder does, so that a warm worker of older code takes no new work. */
  readonly revision: string;
}

export type ModelState =
  | { readonly kind: 'installed'; readonly model: InstalledModel }
  /** Known, and a remote worker is declared to run it. */
  | { readonly kind: 'offered'; readonly manifest: Manifest; readonly folder: string }
  /** Known but cannot run here; `remedy` says what to install. */
  | { readonly kind: 'not_installed'; readonly manifest: Manifest; readonly folder: string; readonly remedy: string }
  /** Switched off by the operator, who says why. */
  | { readonly kind: 'disabled'; readonly manifest: Manifest; readonly folder: string; readonly reason: string };

/** A folder whose manifest does not validate; the other models keep working. */
export interface BrokenModel {
  readonly folder: string;
  readonly reasons: readonly string[];
}

export interface Registry {
  /** By id, each in the version that is taken when none is asked for: the newest that can run, else the newest. */
  readonly models: ReadonlyMap<string, ModelState>;
  /** By id, all versions, newest first. Of one version in two folders the later folder of the configuration wins. */
  readonly versions: ReadonlyMap<string, readonly ModelState[]>;
  readonly broken: readonly BrokenModel[];
  /** Shared metrics and those of the models (`model.metric`). */
  readonly metrics: ReadonlyMap<string, MetricDefinition>;
}

export const EMPTY_REGISTRY: Registry = { models: new Map(), versions: new Map(), broken: [], metrics: new Map() };

export function manifestOf(state: ModelState): Manifest {
  return state.kind === 'installed' ? state.model.manifest : state.manifest;
}

export function taskOf(manifest: Manifest, taskType: string): ManifestTask | undefined {
  return manifest.tasks.find((task) => task.taskType === taskType);
}

/** Without a version the one that is taken by itself. */
export function findVersion({ models, versions }: Registry, id: string, version: string | undefined): ModelState | undefined {
  return version === undefined ? models.get(id) : versions.get(id)?.find((state) => manifestOf(state).version === version);
}

export function installedVersions({ versions }: Registry): readonly InstalledModel[] {
  return [...versions.values()].flat().flatMap((state) => (state.kind === 'installed' ? [state.model] : []));
}

/** Newest first: numbers are compared as numbers, part by part; a pre-release is older than its release. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const order = comparePart(left[index] ?? '', right[index] ?? '');
    if (order !== 0) return -order;
  }
  return 0;
}

function partsOf(version: string): readonly string[] {
  return version.split(/[.+-]|(?<=\d)(?=[A-Za-z])/);
}

function comparePart(a: string, b: string): number {
  const [x, y] = [Number(a === '' ? '0' : a), Number(b === '' ? '0' : b)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
