/** Tasks and models (B.8): the old forms from facts, everything newer from the manifests. */
import { findTaskType, type Manifest } from '@omtx/contract';
import { isRecord, type FreeObject } from '../../domain/free-object.ts';
import { manifestOf, type ModelState } from '../../catalog/registry.ts';
import { readTasks } from '../../services/read-models.ts';
import type { HttpContext } from '../context.ts';
import { LegacyError } from './errors.ts';
import { toLabel, toSnake } from '../../domain/legacy/names.ts';
import { flagOf, textOf, type Query } from './query.ts';
import { get, idOf, post, type LegacyRoute } from './route.ts';
import {
  inputField,
  LEGACY_TASKS,
  outputField,
  TASK_SCHEMAS,
  validateTaskInput,
  type InputField,
  type Rule,
  type TaskSchema,
} from './task-schemas.ts';

export function catalogRoutes(ctx: HttpContext): readonly LegacyRoute[] {
  const [tasks, models, model] = ['/api/v4/tasks', '/api/v4/models', '/api/v4/models/{id}'];
  return [
    get('/api/v2/tasks', tasks, () => listTasks(ctx)),
    get('/api/v2/tasks/schemas', tasks, () => allSchemas(ctx)),
    get('/api/v2/tasks/:id/schema', tasks, (request) => oneSchema(ctx, idOf(request))),
    post('/api/v2/tasks/:id/validate', '/api/v4/jobs', (request) => validate(ctx, idOf(request), request.body)),
    get('/api/v2/models', models, ({ query }) => listModels(ctx, query)),
    get('/api/v2/models/statistics', models, () => modelStatistics(ctx)),
    get('/api/v2/models/tasks/:task', tasks, ({ params, query }) => modelsForTask(ctx, params['task'] ?? '', query)),
    get('/api/v2/models/providers/:provider', models, ({ params, query }) =>
      listModels(ctx, { ...query, provider: params['provider'] ?? '' }),
    ),
    get('/api/v2/models/:id', model, (request) => oneModel(ctx, idOf(request))),
    get('/api/v2/providers', models, () => ({ providers: PROVIDERS, total: PROVIDERS.length })),
  ];
}

function listTasks(ctx: HttpContext) {
  const own = readTasks(ctx.hub).filter(({ id }) => !LEGACY_TASKS.some((task) => task.id === id));
  const all = [...LEGACY_TASKS, ...own.map(({ id }) => ({ id, description: id.replaceAll('_', ' ') }))];
  const schemas = new Map(schemasOf(ctx).map((schema) => [schema.task_id, schema]));
  const tasks = all.map(({ id, description }) => ({
    id,
    name: titleOf(id),
    description,
    task_type: id,
    task_name: schemas.get(id)?.task_name ?? titleOf(id),
    estimated_time: schemas.get(id)?.estimated_time ?? null,
    input_schema: schemas.get(id)?.input_fields ?? [],
    output_schema: schemas.get(id)?.output_fields ?? [],
  }));
  return {
    supported_tasks: all.map(({ id, description }) => ({ task_type: id, description })),
    total_tasks: all.length,
    tasks,
    total: all.length,
  };
}

function titleOf(id: string): string {
  return id
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join(' ');
}

function schemasOf(ctx: HttpContext): readonly TaskSchema[] {
  const known = new Set(TASK_SCHEMAS.map((schema) => schema.task_id));
  const manifests = [...ctx.hub.registry().models.values()].map(manifestOf);
  const own = manifests.flatMap((manifest) =>
    manifest.tasks.filter(({ taskType }) => !known.has(taskType)).map(({ taskType }) => [taskType, schemaOf(manifest, taskType)] as const),
  );
  return [...TASK_SCHEMAS, ...new Map(own).values()];
}

/** The form of a task that the old hub did not know, from the first manifest that answers it. */
function schemaOf(manifest: Manifest, taskType: string): TaskSchema {
  const task = manifest.tasks.find((each) => each.taskType === taskType);
  const parts = [task?.shared ?? {}, task?.own ?? {}, manifest.parameters];
  const structure = manifest.artifacts.find(({ role }) => ['structure', 'best_pose'].includes(role));
  return {
    task_id: taskType,
    task_name: task?.title ?? titleOf(taskType),
    description: findTaskType(taskType)?.description ?? manifest.summary,
    input_fields: [...parts.flatMap(fieldsOf), inputField('job_name', 'Job Name', 'text', { rules: [REQUIRED_NAME] })],
    output_fields: [
      ...(structure ? [outputField('structure', '3D Structure', 'structure', 'cif', '3d')] : []),
      ...manifest.metrics.map((metric) => outputField(metric, toLabel(metric), 'metrics', 'float', 'metric')),
    ],
    estimated_time: Math.ceil(manifest.timing.setupSeconds + manifest.timing.rowSeconds),
    resource_requirements: null,
    examples: [],
  };
}

const REQUIRED_NAME: Rule = { rule_type: 'required', value: true, message: 'Job name is required' };

function fieldsOf(schema: FreeObject): readonly InputField[] {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : [];
  return Object.entries(properties).flatMap(([name, property]) => {
    if (!isRecord(property)) return [];
    const label = typeof property['title'] === 'string' ? property['title'] : toLabel(name);
    const rules: readonly Rule[] = required.includes(name) ? [{ rule_type: 'required', value: true, message: `${label} is required` }] : [];
    const id = name === 'ligand' ? 'ligand_smiles' : toSnake(name);
    return [
      inputField(id, label, fieldTypeOf(name, property), {
        description: typeof property['description'] === 'string' ? property['description'] : null,
        default_value: property['default'] ?? null,
        options: Array.isArray(property['enum']) ? property['enum'].map((value) => ({ value: String(value), label: String(value) })) : null,
        rules,
      }),
    ];
  });
}

function fieldTypeOf(name: string, property: FreeObject): string {
  if (Array.isArray(property['enum'])) return 'select';
  if (name === 'ligand') return 'smiles';
  switch (property['type']) {
    case 'boolean':
      return 'checkbox';
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
      return name.toLowerCase().includes('sequence') ? 'sequence' : 'text';
    default:
      return 'textarea';
  }
}

function allSchemas(ctx: HttpContext) {
  const schemas = schemasOf(ctx);
  return { schemas: Object.fromEntries(schemas.map((schema) => [schema.task_id, schema])), total: schemas.length };
}

function oneSchema(ctx: HttpContext, id: string): TaskSchema {
  const schema = schemasOf(ctx).find((each) => each.task_id === id);
  if (!schema) throw new LegacyError(404, `Task schema not found: ${id}`);
  return schema;
}

/** Always 200: the findings are the answer. */
function validate(ctx: HttpContext, id: string, body: unknown) {
  const schema = schemasOf(ctx).find((each) => each.task_id === id);
  if (!schema) return { valid: false, errors: [`Unknown task: ${id}`] };
  const errors = validateTaskInput(schema, isRecord(body) ? body : {});
  return { valid: errors.length === 0, errors };
}

const PROVIDERS = [
  { id: 'modal', name: 'Modal', description: 'Runs on a remote backend that is declared for this hub' },
  { id: 'huggingface', name: 'Hugging Face', description: 'Runs on a hosted model service' },
  { id: 'local', name: 'Local', description: 'Runs on workers of this hub' },
  { id: 'builtin', name: 'Built-in', description: 'Known to this hub, not installed' },
] as const;
type Provider = (typeof PROVIDERS)[number]['id'];

const GIB = 1024 ** 3;
/** Where a model states no limit of its own. */
const NO_LIMIT_RESIDUES = 2_000;

function presentModel(state: ModelState) {
  const manifest = manifestOf(state);
  const residues = manifest.limits.flatMap((limit) => (limit.rule === 'residues' && limit.max !== undefined ? [limit.max] : []));
  const { resources, timing } = manifest;
  const supportsBatch = manifest.tasks.some((task) => task.rowsFrom.length > 0);
  const types = [...new Set(manifest.artifacts.map(({ name }) => name.split('.').at(-1) ?? ''))];
  return {
    id: manifest.id,
    name: manifest.name,
    description: manifest.summary,
    version: manifest.version,
    provider: providerOf(state),
    capabilities: {
      supported_tasks: manifest.tasks.map(({ taskType }) => taskType),
      input_formats: inputFormats(manifest),
      output_formats: [...new Set([...types, 'cif', 'json'])],
      max_sequence_length: Math.max(NO_LIMIT_RESIDUES, ...residues),
      max_ligands: manifest.tasks.some((task) => task.rowsFrom.includes('ligands')) ? 100_000 : 1,
      supports_batch: supportsBatch,
    },
    resources: {
      gpu_required: resources.gpus > 0,
      gpu_memory_gb: Math.round((resources.gpuMemoryBytes ?? 0) / GIB),
      cpu_cores: resources.cpus,
      memory_gb: Math.round((10 * resources.memoryBytes) / GIB) / 10,
      estimated_time_seconds: Math.ceil(timing.setupSeconds + timing.rowSeconds),
    },
    endpoint_url: null,
    documentation_url: manifest.homepage,
    paper_url: manifest.citation.doi === undefined ? null : `https://doi.org/${manifest.citation.doi}`,
    license: manifest.license.code,
    tags: [],
    is_active: state.kind === 'installed' || state.kind === 'offered',
    created_at: null,
    updated_at: null,
  };
}

type PresentedModel = ReturnType<typeof presentModel>;

function providerOf({ kind }: ModelState): Provider {
  switch (kind) {
    case 'installed':
      return 'local';
    case 'offered':
      return 'modal';
    case 'disabled':
    case 'not_installed':
      return 'builtin';
    default:
      return kind satisfies never;
  }
}

function inputFormats({ tasks }: Manifest): readonly string[] {
  const text = JSON.stringify(tasks);
  return [
    ...(/sequence|fasta/i.test(text) ? ['fasta'] : []),
    ...(text.includes('"smiles"') ? ['smiles'] : []),
    ...(text.includes('"molblock"') ? ['sdf'] : []),
    ...(/pdb/i.test(text) ? ['pdb'] : []),
  ];
}

function allModels(ctx: HttpContext): readonly PresentedModel[] {
  return [...ctx.hub.registry().models.values()].map(presentModel);
}

function listModels(ctx: HttpContext, query: Query) {
  const all = allModels(ctx);
  const activeOnly = flagOf(query, 'active_only', true);
  const [provider, task] = [textOf(query, 'provider'), textOf(query, 'task')];
  if (provider !== undefined && !PROVIDERS.some(({ id }) => id === provider)) throw new LegacyError(400, `Invalid provider: ${provider}`);
  if (task !== undefined) checkTask(ctx, task);
  const models = all
    .filter((model) => !activeOnly || model.is_active)
    .filter((model) => provider === undefined || model.provider === provider)
    .filter((model) => task === undefined || model.capabilities.supported_tasks.includes(task));
  const active = all.filter((model) => model.is_active).length;
  return { models, total: all.length, active, inactive: all.length - active };
}

function checkTask(ctx: HttpContext, task: string): void {
  const known = [...LEGACY_TASKS, ...readTasks(ctx.hub)].some(({ id }) => id === task);
  if (!known) throw new LegacyError(400, `Invalid task type: ${task}`);
}

function oneModel(ctx: HttpContext, id: string): PresentedModel {
  const state = ctx.hub.registry().models.get(id);
  if (!state) throw new LegacyError(404, `Model not found: ${id}`);
  return presentModel(state);
}

function modelsForTask(ctx: HttpContext, task: string, query: Query) {
  checkTask(ctx, task);
  const activeOnly = flagOf(query, 'active_only', true);
  const models = allModels(ctx).filter((model) => (!activeOnly || model.is_active) && model.capabilities.supported_tasks.includes(task));
  return { task_type: task, supported_models: models, count: models.length };
}

function modelStatistics(ctx: HttpContext) {
  const all = allModels(ctx);
  const active = all.filter((model) => model.is_active).length;
  const support: Record<string, number> = {};
  for (const task of all.flatMap((model) => model.capabilities.supported_tasks)) support[task] = (support[task] ?? 0) + 1;
  return {
    total_models: all.length,
    active_models: active,
    inactive_models: all.length - active,
    provider_distribution: Object.fromEntries(PROVIDERS.map(({ id }) => [id, all.filter((model) => model.provider === id).length])),
    task_support: support,
  };
}
