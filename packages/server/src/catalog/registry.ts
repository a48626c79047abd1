/** Models that this hub knows: validated manifests, where they are, and whether they can run here. */
import type { Manifest, ManifestTask, MetricDefinition } from '@omtx/contract';

export interface InstalledModel {
  readonly manifest: Manifest;
  /** Absolute path of the model's folder. */
  readonly folder: string;
  /** Absolute interpreter of each environment of the manifest, by its name; made by `omtx setup`. */
  readonly pythons: Readonly<Record<string, string>>;
  /** Digest over the locks of all environments, stored with each result. */
  readonly environmentDigest: string | undefined;
}

export type ModelState =
  | { readonly kind: 'installed'; readonly model: InstalledModel }
  /** Known, and a remote worker is declared to run it. */
  | { readonly kind: 'offered'; readonly manifest: Manifest; readonly folder: string }
  /** Known but cannot run here; `remedy` says what to install. */
  | { readonly kind: 'not_installed'; readonly manifest: Manifest; readonly folder: string; readonly remedy: string };

/** A folder whose manifest does not validate; the other models keep working. */
export interface BrokenModel {
  readonly folder: string;
  readonly reasons: readonly string[];
}

export interface Registry {
  /** By id; where two folders hold the same id the later folder of the configuration wins. */
  readonly models: ReadonlyMap<string, ModelState>;
  readonly broken: readonly BrokenModel[];
  /** Shared metrics and those of the models (`model.metric`). */
  readonly metrics: ReadonlyMap<string, MetricDefinition>;
}

export function manifestOf(state: ModelState): Manifest {
  return state.kind === 'installed' ? state.model.manifest : state.manifest;
}

export function taskOf(manifest: Manifest, taskType: string): ManifestTask | undefined {
  return manifest.tasks.find((task) => task.taskType === taskType);
}
