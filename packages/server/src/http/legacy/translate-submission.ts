/** An old submission as the hub's own. Pure. What the hub has no use for is listed, never refused: old clients send keys of every age. */
import { LIGAND_ARRAYS, type Manifest, type SubmitJob } from '@omtx/contract';
import { isRecord, type FreeObject } from '../../domain/free-object.ts';
import { LegacyError, type Finding } from './errors.ts';
import { toCamel } from '../../domain/legacy/names.ts';
import { cleanLigandFields, isLigandArray } from './ligand-fields.ts';
import { TASK_SCHEMAS, validateTaskInput } from './task-schemas.ts';

export interface TranslatedSubmission {
  /** As the client called it; the answer calls it so too. */
  readonly askedTask: string;
  readonly submission: SubmitJob;
  /** Paths of keys that had no effect: `batch_name`, `input_data.color`. */
  readonly ignoredFields: readonly string[];
}

/** What is known here, for the names of inputs and parameters. */
export interface Known {
  readonly manifestOf: (modelId: string) => Manifest | undefined;
  readonly taskTypes: readonly string[];
}

const REQUIRED = ['model_id', 'task_type', 'input_data', 'job_name'] as const;
/** Switches of the body model, and the texts that it took for them. */
const SWITCHES = ['use_msa', 'use_potentials'];
const SWITCH_TEXTS: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(['true', 't', 'yes', 'y', 'on', '1'].map((text) => [text, true])),
  ...Object.fromEntries(['false', 'f', 'no', 'n', 'off', '0'].map((text) => [text, false])),
};
const CONCURRENCY = ['max_concurrent', 'max_concurrent_jobs', 'max_concurrency'];
const MAX_NAME = 200;
const LIBRARY_KEYS = ['library', 'compoundLibrary'];
/** Fields that the old body model asked for by task, before any schema of the task. */
const REQUIRED_BY_TASK: Readonly<Record<string, readonly string[]>> = {
  protein_complex: ['chain_a_sequence', 'chain_b_sequence'],
  drug_discovery: ['compound_library'],
};

/** @throws LegacyError 422 in Pydantic's form */
export function translateSubmission(body: unknown, known: Known): TranslatedSubmission {
  const { model_id: modelId, task_type: askedTask, input_data: inputData, job_name: jobName, ...rest } = checkBody(body, known.taskTypes);
  checkTaskInput(askedTask, flatInput(inputData));
  const manifest = known.manifestOf(modelId);
  const taskType = answeredTask(askedTask, manifest);
  const { input, parameters, maxConcurrency, ignored } = sortFields(rest, inputData, taskType, manifest);
  return {
    askedTask,
    submission: {
      name: jobName,
      taskType,
      modelId,
      input,
      parameters,
      // The old server refused a bad single input at once; a bad row of many is a row with its own outcome.
      onInvalid: isSingle(input) ? 'rejectAll' : 'reject',
      ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
    },
    ignoredFields: ignored,
  };
}

/** The old page's drug discovery was a library against one protein: where a model has no task of that name, it is its screening. */
function answeredTask(asked: string, manifest: Manifest | undefined): string {
  const answers = (taskType: string): boolean => manifest?.tasks.some((task) => task.taskType === taskType) ?? false;
  const screening = 'batch_protein_ligand_screening';
  return asked === 'drug_discovery' && !answers(asked) && answers(screening) ? screening : asked;
}

/** Names that the pages never send, or that a name of the job stands for. */
const LENIENT = ['protein_name', 'target_name', 'job_name', 'target_chain'];
/** Each of them is a source of ligands, and one is enough. */
const LIGAND_FIELDS = ['ligand_smiles', 'ligands', 'compound_library'];

/** The old forms' own rules, in their own words. @throws LegacyError 400 */
function checkTaskInput(taskType: string, inputData: FreeObject): void {
  const schema = TASK_SCHEMAS.find((each) => each.task_id === taskType);
  if (!schema) return;
  const hasLigands = ['ligand', 'library', 'ligand_smiles', 'compound_library', ...LIGAND_ARRAYS].some((name) => Boolean(inputData[name]));
  const asked = schema.input_fields.filter(({ id }) => !LENIENT.includes(id) && !(hasLigands && LIGAND_FIELDS.includes(id)));
  const errors = validateTaskInput({ ...schema, input_fields: asked }, inputData);
  if (errors.length > 0) throw new LegacyError(400, `Input validation failed: ${errors.join(', ')}`);
}

interface Sorted {
  readonly input: Record<string, unknown>;
  readonly parameters: Record<string, unknown>;
  readonly maxConcurrency: number | undefined;
  readonly ignored: readonly string[];
}

/** Each old field to what the model's manifest calls an input or a parameter; the rest is listed. */
function sortFields(settings: FreeObject, inputData: FreeObject, taskType: string, manifest: Manifest | undefined): Sorted {
  const task = manifest?.tasks.find((each) => each.taskType === taskType);
  const ignored: string[] = [];
  const parameters: Record<string, unknown> = {};
  const input: Record<string, unknown> = {};
  let maxConcurrency: number | undefined;
  const takeSetting = (path: string, name: string, value: unknown): void => {
    const parameter = toCamel(name);
    const concurrency = CONCURRENCY.includes(name) ? Number(value) : Number.NaN;
    if (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 999) maxConcurrency = concurrency;
    else if (manifest && hasProperty(manifest.parameters, parameter)) parameters[parameter] = value;
    else ignored.push(path);
  };
  for (const [name, value] of Object.entries(settings)) if (value !== undefined) takeSetting(name, name, value);
  const { ligand_smiles: smiles, ligand_name: ligandName, ...others } = flatInput(inputData);
  const ligands = cleanLigandFields(others, task);
  for (const [name, value] of Object.entries(ligands.fields)) {
    const own = toCamel(name);
    if (value === null) continue;
    if (isLigandArray(name) || LIBRARY_KEYS.includes(own) || task?.rowsFrom.includes(own)) input[name] = value;
    else if (!task || hasProperty(task.shared, own) || hasProperty(task.own, own)) input[own] = value;
    else takeSetting(`input_data.${name}`, name, value);
  }
  const hasArray = LIGAND_ARRAYS.some((name) => Array.isArray(input[name]) && input[name].length > 0);
  if (typeof smiles === 'string' && !hasArray && input['library'] === undefined)
    input['ligand'] = { smiles, ...(ligandName ? { name: ligandName } : {}) };
  return { input, parameters, maxConcurrency, ignored: [...ignored, ...ligands.ignored] };
}

/**
 * Inputs of the oldest clients were nested (`input_data.input_data`), and a complex was a list `sequences` of one protein and one ligand;
 * both as the flat fields that came after.
 */
function flatInput(inputData: FreeObject): FreeObject {
  const { input_data: nested, ...outer } = inputData;
  const flat = isRecord(nested) ? { ...outer, ...nested } : inputData;
  const { sequences, ...others } = flat;
  if (!Array.isArray(sequences) || !sequences.every(isRecord)) return flat;
  const parts = sequences.map((entry: unknown) => (isRecord(entry) ? entry : {}));
  const protein = parts.map((part) => part['protein']).find(isRecord);
  const ligand = parts.map((part) => part['ligand']).find(isRecord);
  return {
    ...(typeof protein?.['sequence'] === 'string' ? { protein_sequence: protein['sequence'] } : {}),
    ...(typeof ligand?.['smiles'] === 'string' ? { ligand_smiles: ligand['smiles'] } : {}),
    ...others,
  };
}

function isSingle(input: FreeObject): boolean {
  return !LIGAND_ARRAYS.some((name) => Array.isArray(input[name]) && input[name].length > 1) && input['library'] === undefined;
}

interface CheckedBody {
  readonly model_id: string;
  readonly task_type: string;
  readonly input_data: FreeObject;
  readonly job_name: string;
  readonly [other: string]: unknown;
}

function checkBody(body: unknown, taskTypes: readonly string[]): CheckedBody {
  if (!isRecord(body)) throw new LegacyError(422, [notAnObject(body)]);
  const findings: Finding[] = REQUIRED.filter((name) => body[name] === undefined).map((name) => ({
    type: 'missing',
    loc: ['body', name],
    msg: 'Field required',
    input: body,
  }));
  const { model_id, task_type, input_data, job_name } = body;
  for (const name of ['model_id', 'task_type', 'job_name'] as const) {
    if (body[name] !== undefined && typeof body[name] !== 'string')
      findings.push({ type: 'string_type', loc: ['body', name], msg: 'Input should be a valid string', input: body[name] });
  }
  if (typeof task_type === 'string' && !taskTypes.includes(task_type)) findings.push(notOneOf(task_type, taskTypes));
  if (input_data !== undefined && !isRecord(input_data))
    findings.push({ type: 'dict_type', loc: ['body', 'input_data'], msg: 'Input should be a valid dictionary', input: input_data });
  const name = typeof job_name === 'string' ? job_name.trim() : undefined;
  if (name === '') findings.push(valueError('job_name', 'Job name is required and cannot be empty', job_name));
  if (name !== undefined && name.length > MAX_NAME)
    findings.push(valueError('job_name', `Job name must be at most ${String(MAX_NAME)} characters`, job_name));
  const { switches, findings: ofSwitches } = readSwitches(body);
  findings.push(...ofSwitches);
  if (findings.length === 0 && isRecord(input_data)) findings.push(...missingByTask(String(task_type), input_data));
  if (findings.length > 0 || typeof model_id !== 'string' || typeof task_type !== 'string' || !isRecord(input_data) || name === undefined)
    throw new LegacyError(422, findings);
  return { ...body, ...switches, model_id, task_type, input_data, job_name: name };
}

/** Texts and numbers that the old server took for a switch are one; null is one left out. */
function readSwitches(body: FreeObject): { readonly switches: FreeObject; readonly findings: readonly Finding[] } {
  const switches: Record<string, boolean | undefined> = {};
  const findings: Finding[] = [];
  for (const name of SWITCHES) {
    const value = body[name];
    if (value === undefined || typeof value === 'boolean') continue;
    const loc = ['body', name];
    const isText = typeof value === 'string' || typeof value === 'number';
    switches[name] = isText ? SWITCH_TEXTS[String(value).toLowerCase()] : undefined;
    if (value === null || switches[name] !== undefined) continue;
    findings.push(
      isText
        ? { type: 'bool_parsing', loc, msg: 'Input should be a valid boolean, unable to interpret input', input: value }
        : { type: 'bool_type', loc, msg: 'Input should be a valid boolean', input: value },
    );
  }
  return { switches, findings };
}

export function notAnObject(body: unknown): Finding {
  const msg = 'Input should be a valid dictionary or object to extract fields from';
  return { type: 'model_attributes_type', loc: ['body'], msg, input: body ?? null };
}

function notOneOf(input: string, taskTypes: readonly string[]): Finding {
  const quoted = taskTypes.map((each) => `'${each}'`);
  const expected = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`;
  return { type: 'enum', loc: ['body', 'task_type'], msg: `Input should be ${expected}`, input, ctx: { expected } };
}

/** A list of ligands may stand for the library that the oldest form asked for. */
function missingByTask(taskType: string, inputData: FreeObject): readonly Finding[] {
  const nested = flatInput(inputData);
  const hasLigands = LIGAND_ARRAYS.some((name) => Array.isArray(nested[name]));
  return (REQUIRED_BY_TASK[taskType] ?? [])
    .filter((name) => !nested[name] && !(name === 'compound_library' && hasLigands))
    .map((name) => valueError('input_data', `${name} is required for ${taskType}`, inputData));
}

function valueError(field: string, message: string, input: unknown): Finding {
  return { type: 'value_error', loc: ['body', field], msg: `Value error, ${message}`, input, ctx: { error: {} } };
}

function hasProperty(schema: object, name: string): boolean {
  return 'properties' in schema && isRecord(schema.properties) && Object.hasOwn(schema.properties, name);
}
