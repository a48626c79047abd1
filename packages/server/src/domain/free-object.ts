/** JSON objects whose shape is a model's business. */
export type FreeObject = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is FreeObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Deeper than any input of a model, and far from what a walk through the value, or writing it as JSON, has no stack for. */
export const MOST_LEVELS = 64;

/** Whether arrays and objects of JSON lie in one another more than so many levels deep; what is neither, such as a stream, is no level. */
export function isNestedDeeper(value: unknown, levels = MOST_LEVELS): boolean {
  if (!Array.isArray(value) && !isPlain(value)) return false;
  return levels === 0 || Object.values(value).some((each) => isNestedDeeper(each, levels - 1));
}

function isPlain(value: unknown): value is FreeObject {
  if (!isRecord(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The value at a JSON pointer (RFC 6901); undefined where there is none. The empty pointer is the value itself. */
export function valueAt(value: unknown, pointer: string): unknown {
  let place = value;
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(place)) place = /^\d+$/.test(key) ? place[Number(key)] : undefined;
    else place = isRecord(place) && Object.hasOwn(place, key) ? place[key] : undefined;
  }
  return place;
}
