/** The registry as the API shows it. */
import { HubError, TASK_TYPES, type Manifest, type TaskType } from '@omtx/contract';
import { manifestOf, type ModelState } from '../catalog/registry.ts';
import type { HubContext } from './context.ts';

export function readModels(ctx: HubContext) {
  const { models, broken } = ctx.registry();
  return {
    models: [...models.values()].map(summaryOf),
    broken: broken.map(({ folder, reasons }) => ({ folder, reasons: [...reasons] })),
  };
}

/** @throws HubError unknown_model */
export function readModel(ctx: HubContext, id: string) {
  const state = findModel(ctx, id);
  const manifest = manifestOf(state);
  const { homepage, citation, tasks, parameters, tables, artifacts, limits, resources, timing, caveats } = manifest;
  const metrics = manifest.metrics.flatMap((metric) => ctx.registry().metrics.get(metric) ?? []);
  return { ...summaryOf(state), homepage, citation, tasks, parameters, metrics, tables, artifacts, limits, resources, timing, caveats };
}

/** @throws HubError not_found */
export function findModel(ctx: HubContext, id: string): ModelState {
  const state = ctx.registry().models.get(id);
  if (state) return state;
  const known = [...ctx.registry().models.keys()].sort().join(', ');
  throw new HubError('not_found', `There is no model "${id.slice(0, 100)}". Known: ${known === '' ? 'none' : known}.`);
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

function summaryOf(state: ModelState) {
  const { id, name, version, summary, tasks, rankBy, license } = manifestOf(state);
  return {
    id,
    name,
    version,
    summary,
    state: state.kind,
    remedy: state.kind === 'not_installed' ? state.remedy : null,
    taskTypes: tasks.map((task) => task.taskType),
    rankBy: rankBy ?? null,
    license,
  };
}
