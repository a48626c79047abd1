/** Findings of Ajv as errors of fields: a JSON pointer to the field that is meant, and a sentence. */
import type { FieldError } from '@omtx/contract';
import type { ErrorObject } from 'ajv';
import { closeName } from './close-name.ts';
import { withoutOtherBranches } from './union-errors.ts';

/** More are noise; the caller mends these and asks again. */
const MAX_ERRORS = 100;

/**
 * @param prefix pointer that the checked value has in the request, such as `/input`
 * @returns each finding once; an unknown or missing field is pointed at itself and not at what should hold it
 */
export function fieldErrors(errors: readonly ErrorObject[] | null | undefined, prefix: string): readonly FieldError[] {
  const seen = new Map<string, FieldError>();
  // That a condition does not hold is told by what it asks for.
  for (const error of withoutOtherBranches(errors ?? []).filter(({ keyword }) => keyword !== 'if')) {
    const found = { pointer: `${prefix}${error.instancePath}${pointedName(error)}`, detail: detailOf(error) };
    seen.set(`${found.pointer} ${found.detail}`, found);
  }
  return [...seen.values()].slice(0, MAX_ERRORS);
}

function pointedName({ keyword, params }: ErrorObject): string {
  const name: unknown =
    keyword === 'required' ? params['missingProperty'] : keyword === 'additionalProperties' ? params['additionalProperty'] : undefined;
  return typeof name === 'string' ? `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` : '';
}

function detailOf({ keyword, params, message, parentSchema, data }: ErrorObject): string {
  switch (keyword) {
    case 'required':
      return `"${String(params['missingProperty'])}" is missing.`;
    case 'additionalProperties':
      return unknownField(String(params['additionalProperty']), parentSchema);
    case 'enum':
      return notListed(params['allowedValues'], data);
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}.`;
    case 'minLength':
      return params['limit'] === 1 ? 'must not be empty.' : `must have at least ${String(params['limit'])} characters.`;
    case 'maxLength':
      return `must have at most ${String(params['limit'])} characters.`;
    case 'minItems':
      return params['limit'] === 1 ? 'must have at least one entry.' : `must have at least ${String(params['limit'])} entries.`;
    case 'maxItems':
      return `must have at most ${String(params['limit'])} entries.`;
    default:
      return `${message ?? 'does not fit'}.`;
  }
}

function notListed(allowed: unknown, given: unknown): string {
  const values: readonly unknown[] = Array.isArray(allowed) ? allowed : [];
  const meant =
    typeof given === 'string'
      ? closeName(
          given,
          values.filter((value) => typeof value === 'string'),
        )
      : undefined;
  const known = values.map((value) => JSON.stringify(value)).join(', ');
  return `must be one of ${known}.${meant === undefined ? '' : ` Did you mean "${meant}"?`}`;
}

/** All findings in one text, for the eye: each ends with a full stop or a question mark. */
export function describeErrors(errors: readonly FieldError[], whole: string): string {
  return errors.map(({ pointer, detail }) => `${pointer === '' ? whole : pointer}: ${detail}`).join(' ');
}

function unknownField(name: string, parentSchema: ErrorObject['parentSchema']): string {
  const properties: unknown = parentSchema?.['properties'];
  const known = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
  const meant = closeName(name, known);
  return meant === undefined
    ? `There is no field "${name}". Known are: ${known.join(', ') || 'none'}.`
    : `There is no field "${name}". Did you mean "${meant}"?`;
}
