/** JSON for a jsonb column. PostgreSQL stores neither NUL nor half a surrogate pair; both become the replacement character. */

const NOT_STORABLE = /\\u(?:0000|d[89a-f])/i;

export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  return NOT_STORABLE.test(text)
    ? JSON.stringify(value, (_key, each: unknown) => (typeof each === 'string' ? storable(each) : each))
    : text;
}

/** The same for a text column. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}
