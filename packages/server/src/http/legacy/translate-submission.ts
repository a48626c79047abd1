/** An old submission as the hub's own. Pure. What the hub has no use for is listed, never refused: old clients send keys of every age. */
import { LIGAND_ARRAYS, type Manifest, type SubmitJob } from '@omtx/contract';
import { isRecord, type FreeObject } from '../../domain/free-object.ts';
import { LegacyError, type Finding } from './errors.ts';
import { toCamel } from './names.ts';

export interface TranslatedSubmission {
  readonly submission: SubmitJob;
  /** Paths of keys that had no effect: `batch_name`, `input_data.color`. */
  readonly ignoredFields: readonly string[];
}

const REQUIRED = ['model_id', 'task_type', 'input_data', 'job_name'] as const;
const CONCURRENCY = ['max_concurrent', 'max_concurrent_jobs', 'max_concurrency'];
const MAX_NAME = 200;
const LIBRARY_KEYS = ['library', 'compoundLibrary'];

/**
 * @param manifestOf the model that is asked, for the names of its inputs and parameters
 * @throws LegacyError 422 in Pydantic's form
 */
export function translateSubmission(body: unknown, manifestOf: (modelId: string) => Manifest | undefined): TranslatedSubmission {
  const { model_id: modelId, task_type: taskType, input_data: inputData, job_name: jobName, ...rest } = checkBody(body);
  const manifest = manifestOf(modelId);
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
  for (const [name, value] of Object.entries(rest)) takeSetting(name, name, value);
  const { ligand_smiles: smiles, ligand_name: ligandName, ...others } = inputData;
  for (const [name, value] of Object.entries(others)) {
    const own = toCamel(name);
    if (value === null) continue;
    if (isLigandArray(name) || LIBRARY_KEYS.includes(own) || task?.rowsFrom.includes(own)) input[name] = value;
    else if (!task || hasProperty(task.shared, own) || hasProperty(task.own, own)) input[own] = value;
    else takeSetting(`input_data.${name}`, name, value);
  }
  const hasArray = LIGAND_ARRAYS.some((name) => Array.isArray(input[name]) && input[name].length > 0);
  if (typeof smiles === 'string' && !hasArray && input['library'] === undefined)
    input['ligand'] = { smiles, ...(ligandName ? { name: ligandName } : {}) };
  const isSingle = !LIGAND_ARRAYS.some((name) => Array.isArray(input[name]) && input[name].length > 1) && input['library'] === undefined;
  return {
    submission: {
      name: jobName,
      taskType,
      modelId,
      input,
      parameters,
      // The old server refused a bad single input at once; a bad row of many is a row with its own outcome.
      onInvalid: isSingle ? 'rejectAll' : 'reject',
      ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
    },
    ignoredFields: ignored,
  };
}

interface CheckedBody {
  readonly model_id: string;
  readonly task_type: string;
  readonly input_data: FreeObject;
  readonly job_name: string;
  readonly [other: string]: unknown;
}

function checkBody(body: unknown): CheckedBody {
  if (!isRecord(body)) {
    const msg = 'Input should be a valid dictionary or object to extract fields from';
    throw new LegacyError(422, [{ type: 'model_attributes_type', loc: ['body'], msg, input: body ?? null }]);
  }
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
  if (input_data !== undefined && !isRecord(input_data))
    findings.push({ type: 'dict_type', loc: ['body', 'input_data'], msg: 'Input should be a valid dictionary', input: input_data });
  const name = typeof job_name === 'string' ? job_name.trim() : undefined;
  if (name === '') findings.push(valueError('Job name is required and cannot be empty', job_name));
  if (name !== undefined && name.length > MAX_NAME)
    findings.push(valueError(`Job name must be at most ${String(MAX_NAME)} characters`, job_name));
  if (findings.length > 0 || typeof model_id !== 'string' || typeof task_type !== 'string' || !isRecord(input_data) || name === undefined)
    throw new LegacyError(422, findings);
  return { ...body, model_id, task_type, input_data, job_name: name };
}

function valueError(message: string, input: unknown): Finding {
  return { type: 'value_error', loc: ['body', 'job_name'], msg: `Value error, ${message}`, input, ctx: { error: {} } };
}

function isLigandArray(name: string): boolean {
  return LIGAND_ARRAYS.some((each) => each === name);
}

function hasProperty(schema: object, name: string): boolean {
  return 'properties' in schema && isRecord(schema.properties) && Object.hasOwn(schema.properties, name);
}
