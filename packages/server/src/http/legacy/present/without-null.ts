/** The old server left keys without a value out. */

export function withoutNull<T extends object>(value: T, kept: readonly string[] = []): Partial<T> {
  const present: Partial<T> = { ...value };
  for (const [key, each] of Object.entries(value)) {
    if ((each === null || each === undefined) && !kept.includes(key)) Reflect.deleteProperty(present, key);
  }
  return present;
}
