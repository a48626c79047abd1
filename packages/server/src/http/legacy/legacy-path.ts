/** Whether an unknown path is one that an old client may call, so that it gets the old answer. */
export function isLegacyPath(path: string): boolean {
  return /^\/(api(?!\/v4(\/|$))|jobs|batches)(\/|$)/.test(path);
}
