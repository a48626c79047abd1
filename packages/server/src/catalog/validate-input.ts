/** Checks submissions against the schemas of a model: shared input, parameters, and the own input of each row. */
import type { FieldError, Manifest, ManifestTask } from '@omtx/contract';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FreeObject } from '../domain/free-object.ts';
import { fieldErrors } from './field-errors.ts';

export type Validation =
  /** `value` is a copy with the defaults of the schema filled in. */
  { readonly kind: 'valid'; readonly value: FreeObject } | { readonly kind: 'invalid'; readonly errors: readonly FieldError[] };

export type SubmissionValidation =
  | { readonly kind: 'valid'; readonly shared: FreeObject; readonly parameters: FreeObject }
  | { readonly kind: 'invalid'; readonly errors: readonly FieldError[] };

/** Unknown keywords of a schema are an error, nothing is coerced, and nothing unknown is dropped. */
function newModelAjv(): Ajv2020 {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: true, useDefaults: true, verbose: true });
  addFormats.default(ajv);
  return ajv;
}

/** One for all schemas: a new one compiles the schema of schemas first, which costs 40 ms. */
const ajv = newModelAjv();

/** @throws Error in the words of Ajv when it is no schema, or has a keyword that is none */
export function compileSchema(schema: object): ValidateFunction {
  try {
    return ajv.compile(schema);
  } finally {
    // The function lives on; the instance would keep every schema of every reload.
    ajv.removeSchema(schema);
  }
}

/** Compiled once per schema object, which lives as long as its registry. */
const compiled = new WeakMap<object, ValidateFunction>();

/** @returns errors with pointers from the request body: `/input/...`, `/parameters/...` */
export function validateSubmission(
  manifest: Manifest,
  task: ManifestTask,
  shared: FreeObject,
  parameters: FreeObject,
): SubmissionValidation {
  const input = validate(task.shared, shared, '/input');
  const settings = validate(manifest.parameters, parameters, '/parameters');
  if (input.kind === 'valid' && settings.kind === 'valid') return { kind: 'valid', shared: input.value, parameters: settings.value };
  return { kind: 'invalid', errors: [input, settings].flatMap((validation) => (validation.kind === 'invalid' ? validation.errors : [])) };
}

/** @returns errors with pointers from the own input: `/ligand/smiles`; `inputPointer` of the router gives the place in the request */
export function validateOwn(task: ManifestTask, own: FreeObject): Validation {
  return validate(task.own, own, '');
}

function validate(schema: object, value: FreeObject, prefix: string): Validation {
  const check = compiled.get(schema) ?? compileSchema(schema);
  compiled.set(schema, check);
  const copy = structuredClone(value);
  return check(copy) ? { kind: 'valid', value: copy } : { kind: 'invalid', errors: fieldErrors(check.errors, prefix) };
}
