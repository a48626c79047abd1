/** Submit of the later `/api/v1` (D). */
import { isRecord, type FreeObject } from '../../domain/free-object.ts';
import { manifestOf } from '../../catalog/registry.ts';
import { submitJob } from '../../services/submit-job.ts';
import { readBatch, readEntry } from '../../services/read-entries.ts';
import type { HttpContext } from '../context.ts';
import { BodyCheck } from './check-body.ts';
import { LegacyError } from './errors.ts';
import { toCamel } from '../../domain/legacy/names.ts';
import { v1Batch, v1Job } from './present/v1.ts';

/** Tasks that this API had words of its own for, or none: what they stand for, the first that the model answers. */
const TASKS: Readonly<Record<string, readonly string[]>> = {
  boltz2: ['protein_ligand_binding'],
  rfantibody: ['nanobody_design'],
  chai1: ['protein_complex', 'protein_structure'],
  antibody_design: ['nanobody_design'],
  structure_prediction: ['protein_complex', 'protein_structure'],
};
const SECONDS: Readonly<Record<string, number>> = { boltz2: 180, rfantibody: 120, chai1: 240 };
const DEFAULT_SECONDS = 180;
const MAX_LIGANDS = 1_501;
const PRIORITIES = ['low', 'normal', 'high'] as const;

export async function submitV1(ctx: HttpContext, raw: unknown) {
  const check = new BodyCheck(raw);
  const model = check.text('model', { min: 1, max: 64 });
  const sequence = check.text('protein_sequence', { min: 1, max: 10_000, default: '' });
  const name = check.text('job_name', { min: 1, max: 200 });
  check.done();
  const smiles = check.optionalText('ligand_smiles');
  const user = check.optionalText('user_id') ?? 'current_user';
  const settings = settingsOf(raw);
  const taskType = taskTypeOf(ctx, model, settings);
  if (taskType === 'protein_ligand_binding' && smiles === undefined)
    throw new LegacyError(400, `ligand_smiles is required for ${model} predictions`);
  const { input, parameters } = inputOf(ctx, model, taskType, { ...settings, protein_sequence: sequence });
  const answer = await submitJob(ctx.hub, ctx.principal, {
    name,
    taskType,
    modelId: model,
    input: { ...input, ...(smiles === undefined ? {} : { ligand: { smiles } }) },
    parameters,
    onInvalid: 'rejectAll',
  });
  const entry = await readEntry(ctx.hub, ctx.principal, answer.id);
  const seconds = SECONDS[model] ?? DEFAULT_SECONDS;
  return { ...v1Job(entry, user, undefined), estimated_completion_seconds: seconds, message: 'Job submitted successfully' };
}

export async function submitV1Batch(ctx: HttpContext, raw: unknown) {
  const check = new BodyCheck(raw);
  const model = check.text('model', { min: 1, max: 64 });
  const sequence = check.text('protein_sequence', { min: 1, max: 10_000, default: '' });
  const name = check.text('batch_name', { min: 1, max: 200 });
  const entries = check.list('ligands', { min: 1, max: MAX_LIGANDS });
  const concurrency = check.wholeNumber('max_concurrent', { min: 1, max: 999, default: 5 });
  check.oneOf('priority', PRIORITIES, 'normal');
  const ligands = entries.slice(0, MAX_LIGANDS).map((entry, index) => ({
    name: isRecord(entry) && typeof entry['name'] === 'string' && entry['name'] !== '' ? entry['name'] : `Ligand_${String(index + 1)}`,
    smiles: check.textOfEntry('ligands', index, entry, 'smiles', { min: 1, max: 5_000 }),
  }));
  check.done();
  const user = check.optionalText('user_id') ?? 'current_user';
  const settings = settingsOf(raw);
  const taskType = taskTypeOf(ctx, model, settings);
  const { input, parameters } = inputOf(ctx, model, taskType, { ...settings, protein_sequence: sequence });
  const answer = await submitJob(ctx.hub, ctx.principal, {
    name,
    taskType,
    modelId: model,
    input: { ...input, ligands: ligands.length === 1 ? [...ligands] : ligands },
    parameters,
    maxConcurrency: concurrency,
  });
  const entry = await readEntry(ctx.hub, ctx.principal, answer.id);
  if (entry.kind !== 'batch_parent') return { ...v1Job(entry, user, undefined), batch_id: answer.id };
  return {
    ...v1Batch(await readBatch(ctx.hub, ctx.principal, answer.id), user),
    message: `Batch submitted with ${String(answer.rows.total)} jobs`,
  };
}

function taskTypeOf(ctx: HttpContext, model: string, settings: FreeObject): string {
  const given = settings['task_type'];
  const word = typeof given === 'string' ? given : model;
  const state = ctx.hub.registry().models.get(model);
  const answered = state ? manifestOf(state).tasks.map((task) => task.taskType) : [];
  if (answered.includes(word)) return word;
  return (
    TASKS[word]?.find((task) => answered.includes(task)) ?? (typeof given === 'string' ? given : (answered[0] ?? 'protein_ligand_binding'))
  );
}

/** The task and other settings were sent under `parameters`. */
function settingsOf(raw: unknown): FreeObject {
  return isRecord(raw) && isRecord(raw['parameters']) ? raw['parameters'] : {};
}

/** Each setting where the model's manifest has it; what it has not is left out, as it always was. */
function inputOf(ctx: HttpContext, modelId: string, taskType: string, settings: FreeObject) {
  const state = ctx.hub.registry().models.get(modelId);
  const manifest = state && manifestOf(state);
  const task = manifest?.tasks.find((each) => each.taskType === taskType);
  const input: Record<string, unknown> = {};
  const parameters: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(settings)) {
    const own = toCamel(name);
    if (hasProperty(task?.shared, own) || hasProperty(task?.own, own)) input[own] = value;
    else if (hasProperty(manifest?.parameters, own)) parameters[own] = value;
  }
  return { input, parameters };
}

function hasProperty(schema: FreeObject | undefined, name: string): boolean {
  return isRecord(schema?.['properties']) && Object.hasOwn(schema['properties'], name);
}
