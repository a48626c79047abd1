/** The registry as the API shows it. */
import {
  bibtexOf,
  commercialUseOf,
  HubError,
  TASK_TYPES,
  type COMMERCIAL_USE,
  type GPU_NEEDS,
  type Manifest,
  type MODEL_STATES,
  type MODEL_STATUSES,
  type TaskType,
} from '@omtx/contract';
import { findVersion, manifestOf, type ModelState } from '../catalog/registry.ts';
import { hintForUnknown } from '../catalog/unknown-model.ts';
import type { HubContext } from './context.ts';

export interface ModelFilter {
  readonly task?: string;
  readonly license?: string;
  readonly commercialUse?: (typeof COMMERCIAL_USE)[number];
  readonly gpu?: (typeof GPU_NEEDS)[number];
  readonly state?: (typeof MODEL_STATES)[number];
  readonly status?: (typeof MODEL_STATUSES)[number];
  readonly search?: string;
}

export function readModels(ctx: HubContext, filter: ModelFilter) {
  const { models, broken } = ctx.registry();
  return {
    models: [...models.values()].filter((state) => isWanted(state, filter)).map(summaryOf),
    broken: broken.map(({ folder, reasons }) => ({ folder, reasons: [...reasons] })),
  };
}

function isWanted(model: ModelState, { task, license, commercialUse, gpu, state, status, search }: ModelFilter): boolean {
  const manifest = manifestOf(model);
  const terms = `${manifest.license.code} ${manifest.license.weights}`.toLowerCase();
  const words = `${manifest.id} ${manifest.name} ${manifest.summary}`.toLowerCase();
  return (
    (task === undefined || answers(manifest, task)) &&
    (license === undefined || terms.includes(license.toLowerCase())) &&
    (commercialUse === undefined || commercialUseOf(manifest.license) === commercialUse) &&
    (gpu === undefined || gpuNeedOf(manifest) === gpu) &&
    (state === undefined || model.kind === state) &&
    (status === undefined || manifest.status === status) &&
    (search === undefined ||
      search
        .toLowerCase()
        .split(/\s+/)
        .every((word) => words.includes(word)))
  );
}

/** @throws HubError not_found */
export function readModel(ctx: HubContext, id: string, version: string | undefined) {
  const state = findModel(ctx, id, version);
  const manifest = manifestOf(state);
  const { homepage, source, citation, tasks, parameters, tables, artifacts, limits, resources, timing, examples = [], caveats } = manifest;
  const metrics = manifest.metrics.flatMap((metric) => ctx.registry().metrics.get(metric) ?? []);
  return {
    ...summaryOf(state),
    versions: (ctx.registry().versions.get(id) ?? []).map((each) => ({ version: manifestOf(each).version, state: each.kind })),
    homepage,
    source,
    citation,
    bibtex: bibtexOf(manifest),
    tasks,
    parameters,
    metrics,
    tables,
    artifacts,
    limits,
    resources,
    timing,
    examples,
    command: manifest.runner.kind === 'none' ? (manifest.runner.command ?? null) : null,
    caveats,
  };
}

/** @throws HubError not_found */
function findModel(ctx: HubContext, id: string, version: string | undefined): ModelState {
  const registry = ctx.registry();
  const state = findVersion(registry, id, version);
  if (state) return state;
  const named = `model "${id.slice(0, 100)}"${version === undefined ? '' : ` in version "${version}"`}`;
  throw new HubError('not_found', `There is no ${named}. ${hintForUnknown(registry, id)}`);
}

export interface TaskWithModels extends TaskType {
  readonly models: string[];
}

/** Shared task types and those that only a manifest defines. */
export function readTasks(ctx: HubContext): readonly TaskWithModels[] {
  const manifests = [...ctx.registry().models.values()].map(manifestOf);
  const own = manifests.flatMap(({ tasks, name }) =>
    tasks
      .filter((task) => !TASK_TYPES.some(({ id }) => id === task.taskType))
      .map((task) => ({
        id: task.taskType,
        title: task.title,
        description: `Defined by ${name}.`,
        rowsFrom: task.rowsFrom,
        isBatchTask: false,
        isSingleChain: false,
      })),
  );
  const all: readonly TaskType[] = [...TASK_TYPES, ...new Map(own.map((task) => [task.id, task])).values()];
  return all.map((task) => ({
    ...task,
    rowsFrom: [...task.rowsFrom],
    models: manifests.filter((each) => answers(each, task.id)).map(({ id }) => id),
  }));
}

function answers({ tasks }: Manifest, taskType: string): boolean {
  return tasks.some((task) => task.taskType === taskType);
}

function gpuNeedOf({ resources }: Manifest): (typeof GPU_NEEDS)[number] {
  if (resources.gpus > 0) return 'required';
  return resources.gpuHelps === true ? 'helpful' : 'none';
}

function summaryOf(state: ModelState) {
  const manifest = manifestOf(state);
  const { id, name, version, summary, tasks, rankBy, license, status } = manifest;
  return {
    id,
    name,
    version,
    summary,
    state: state.kind,
    remedy: state.kind === 'not_installed' ? state.remedy : state.kind === 'disabled' ? state.reason : null,
    status,
    gpu: gpuNeedOf(manifest),
    taskTypes: tasks.map((task) => task.taskType),
    rankBy: rankBy ?? null,
    license: { ...license, commercialUse: commercialUseOf(license) },
  };
}
