/**
 * Compares an answer with a vector of the old contract: every key of the vector is there, with the same type and the same format (epoch
 * seconds, ISO time with or without zone, id, path, base64). More keys than the vector's are fine; values need not be equal.
 */

/** Where an answer may differ, and why. Paths are those of the faults: `results[].created_at`. */
export interface Allowance {
  readonly path: string;
  readonly may: 'be_empty' | 'have_zone';
  readonly because: string;
}

/** @returns a sentence for each place that does not fit, none for an answer that does */
export function shapeFaults(vector: unknown, answer: unknown, allowed: readonly Allowance[] = [], path = ''): readonly string[] {
  if (vector === null) return answer === undefined ? [`${path}: is missing`] : [];
  if (answer === undefined) return [`${path}: is missing`];
  if (answer === null) return [`${path}: is null, the vector has ${kindOf(vector)}`];
  if (Array.isArray(vector)) return arrayFaults(vector, answer, allowed, path);
  if (isObject(vector)) {
    if (!isObject(answer)) return [`${path}: is ${kindOf(answer)}, the vector has an object`];
    return Object.entries(vector).flatMap(([key, value]) => shapeFaults(value, answer[key], allowed, path === '' ? key : `${path}.${key}`));
  }
  return scalarFaults(vector, answer, allowed, path);
}

function arrayFaults(vector: readonly unknown[], answer: unknown, allowed: readonly Allowance[], path: string): readonly string[] {
  if (!Array.isArray(answer)) return [`${path}: is ${kindOf(answer)}, the vector has an array`];
  if (vector.length === 0) return [];
  if (answer.length === 0) return may(allowed, path, 'be_empty') ? [] : [`${path}: is empty, the vector's is not`];
  const item = `${path}[]`;
  if (answer.length === vector.length) {
    const inOrder = answer.flatMap((each, place) => shapeFaults(vector[place], each, allowed, item));
    return inOrder.length === 0 || isPermutation(vector, answer, allowed, item) ? [] : inOrder;
  }
  // Another number of items: each must be like one of the vector's.
  return answer.flatMap((each) => {
    const tried = vector.map((one) => shapeFaults(one, each, allowed, item));
    return tried.some((faults) => faults.length === 0) ? [] : (tried[0] ?? []);
  });
}

/** Whether each item of the vector has one of the answer of its own, those with the fewest nulls (which fit most) first. */
function isPermutation(vector: readonly unknown[], answer: readonly unknown[], allowed: readonly Allowance[], path: string): boolean {
  const nulls = (value: unknown): number => JSON.stringify(value).split('null').length;
  const left = [...answer];
  return [...vector]
    .sort((a, b) => nulls(a) - nulls(b))
    .every((one) => {
      const place = left.findIndex((each) => shapeFaults(one, each, allowed, path).length === 0);
      if (place >= 0) left.splice(place, 1);
      return place >= 0;
    });
}

function scalarFaults(vector: unknown, answer: unknown, allowed: readonly Allowance[], path: string): readonly string[] {
  if (typeof vector !== typeof answer) return [`${path}: is ${kindOf(answer)}, the vector has ${kindOf(vector)}`];
  const [wanted, found] = [formatOf(vector), formatOf(answer)];
  if (wanted === 'text' || wanted === found) return [];
  if (wanted === 'time without zone' && found === 'time with zone' && may(allowed, path, 'have_zone')) return [];
  return [`${path}: is ${found}, the vector has ${wanted}`];
}

function may(allowed: readonly Allowance[], path: string, what: Allowance['may']): boolean {
  return allowed.some((each) => each.may === what && each.path === path);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function formatOf(value: unknown): string {
  if (typeof value === 'number') return value > 1e9 && value < 1e11 ? 'epoch seconds' : 'a number';
  if (typeof value !== 'string') return typeof value;
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)) return 'time with zone';
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/.test(value)) return 'time without zone';
  if (UUID.test(value)) return 'an id of a job';
  if (/^[0-9a-f-]{36}-\d{4,}$/.test(value)) return 'an id of a child';
  if (/^\/api\/v\d\//.test(value)) return 'a path';
  if (/^[A-Za-z0-9+/]{40,}={0,2}$/.test(value)) return 'base64';
  return 'text';
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
