/** What `omtx models` does on this machine; each takes the configuration of the hub whose data folder it works on. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PYTHON_LIBRARIES } from '../catalog/python-libraries.ts';
import { changeChoices } from '../catalog/operator-choices.ts';
import { readRegistry } from '../catalog/registry-keeper.ts';
import { findVersion, manifestOf, type InstalledModel, type ModelState, type Registry } from '../catalog/registry.ts';
import type { Config } from '../config.ts';
import { installBundle, writeBundle } from './bundle.ts';
import { checkModel, type ModelCheck } from './check-model.ts';
import { findGpus } from '../machine/gpus.ts';
import { testConformance, type ConformanceFinding } from './conformance.ts';
import { copyModel, installParts, type InstallOptions } from './install-model.ts';
import { removeModel, type Removal } from './remove-model.ts';
import { runExample, type ExampleRun } from './run-example.ts';

export class ModelCommands {
  readonly #config: Config;
  readonly #options: InstallOptions;
  readonly #signal: AbortSignal;

  constructor(config: Config, report: (line: string) => void, signal: AbortSignal) {
    this.#config = config;
    this.#options = { dataDir: config.dataDir, report, signal };
    this.#signal = signal;
  }

  /** @param target id of a known model, or path of a folder */
  async check(target: string): Promise<ModelCheck> {
    return checkModel(await this.#folderOf(target));
  }

  /** @param target id of a known model, path of a folder, or path of a bundle @returns id and version */
  async install(target: string): Promise<string> {
    const kind = await kindOf(target);
    if (kind === 'file') {
      const { id, version } = await installBundle(resolve(target), this.#options);
      return `${id} ${version}`;
    }
    const { folder, manifest } = kind === 'folder' ? await copyModel(resolve(target), this.#config.dataDir) : await this.#known(target);
    await installParts(folder, manifest, this.#options);
    return `${manifest.id} ${manifest.version}`;
  }

  async bundle(target: string, file: string): Promise<void> {
    await writeBundle(await this.#folderOf(target), resolve(file), this.#options);
  }

  async remove(id: string, version: string | undefined): Promise<Removal> {
    return removeModel(await this.#registry(), this.#config.dataDir, id, version);
  }

  /** Runs the health check, or all examples. */
  async test(target: string, scope: 'health_check' | 'all_examples'): Promise<readonly ExampleRun[]> {
    const model = await this.#runnable(target);
    const { examples = [], healthCheck } = model.manifest;
    const files = scope === 'all_examples' || !healthCheck ? examples.map((each) => each.file) : [healthCheck.example];
    if (files.length === 0) throw new Error(`${model.manifest.id} has no examples, so there is nothing to run.`);
    const runs: ExampleRun[] = [];
    for (const file of files) runs.push(await runExample(model, file, await this.#runSettings()));
    return runs;
  }

  /** @throws Error where the model has no worker that could speak it */
  async testProtocol(target: string): Promise<readonly ConformanceFinding[]> {
    const model = await this.#runnable(target);
    const { id, runner } = model.manifest;
    if (runner.kind === 'http') throw new Error(`${id} is a server over HTTP and has no worker; "omtx models test ${id}" asks the server.`);
    return testConformance(model, await this.#runSettings());
  }

  async disable(id: string, reason: string): Promise<void> {
    await this.#known(id);
    await changeChoices(this.#config.dataDir, (choices) => ({ ...choices, disabled: { ...choices.disabled, [id]: reason } }));
  }

  async enable(id: string): Promise<void> {
    await changeChoices(this.#config.dataDir, (choices) => ({
      ...choices,
      disabled: Object.fromEntries(Object.entries(choices.disabled).filter(([each]) => each !== id)),
    }));
  }

  async set(id: string, name: string, value: string): Promise<void> {
    const { manifest } = await this.#known(id);
    const settings = manifest.requires?.settings ?? [];
    const setting = settings.find((each) => each.name === name);
    if (!setting) throw new Error(`${id} has no setting "${name}"; it has ${settings.map((each) => each.name).join(', ') || 'none'}.`);
    const stored = setting.kind === 'text' ? value : resolve(value);
    await changeChoices(this.#config.dataDir, (choices) => ({
      ...choices,
      settings: { ...choices.settings, [id]: { ...choices.settings[id], [name]: stored } },
    }));
  }

  /** A known model by id, or a folder, whose parts are made when they are missing. */
  async #runnable(target: string): Promise<InstalledModel> {
    const folder = await this.#folderOf(target);
    const { manifest, reasons } = await checkModel(folder);
    if (!manifest || reasons.length > 0) throw new Error(`${folder} is not sound:\n  ${reasons.join('\n  ')}`);
    await installParts(folder, manifest, this.#options);
    const state = findVersion(await this.#registry([join(folder, '..')]), manifest.id, manifest.version);
    if (state?.kind === 'installed') return state.model;
    throw new Error(state?.kind === 'not_installed' ? state.remedy : `${manifest.id} cannot run here.`);
  }

  async #folderOf(target: string): Promise<string> {
    return (await kindOf(target)) === 'folder' ? resolve(target) : (await this.#known(target)).folder;
  }

  async #known(id: string) {
    const registry = await this.#registry();
    const state = registry.models.get(id);
    const broken = registry.broken.find(({ folder }) => folder.endsWith(`/${id}`));
    if (broken) throw new Error(`${broken.folder} is broken:\n  ${broken.reasons.join('\n  ')}`);
    if (!state) throw new Error(`There is no model "${id}" and no such folder. "omtx models list" lists those of a hub.`);
    return { manifest: manifestOf(state), folder: folderOf(state) };
  }

  #registry(more: readonly string[] = []): Promise<Registry> {
    const { dataDir, modelsDirs, offeredModels, programPath, egress, secrets, slurm } = this.#config;
    const outbound = { hosts: egress, secrets };
    return readRegistry({ dataDir, folders: [...modelsDirs, ...more], offeredModels, programPath, outbound, slurm });
  }

  async #runSettings() {
    const { cpus, programPath, egress, secrets } = this.#config;
    const gpus = await findGpus({ programPath, count: this.#config.gpus, visible: this.#config.visibleGpus });
    return { cpus, gpus, programPath, pythonPath: PYTHON_LIBRARIES, outbound: { hosts: egress, secrets }, signal: this.#signal };
  }
}

/** A path is told by its separator or its beginning, so that a folder in the current one never hides a model. */
async function kindOf(target: string): Promise<'folder' | 'file' | 'id'> {
  if (!/[/\\]|^\.|\.tar$/.test(target)) return 'id';
  const found = await stat(target).catch(() => undefined);
  if (found?.isDirectory() === true) return 'folder';
  if (found?.isFile() === true) return 'file';
  throw new Error(`${target} is not there.`);
}

function folderOf(state: ModelState): string {
  return state.kind === 'installed' ? state.model.folder : state.folder;
}
