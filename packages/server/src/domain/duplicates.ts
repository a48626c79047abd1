/** Rows that ask the same as an earlier row of their batch and share its result. */

/**
 * Finds for each row the first row with the same identity.
 * @param identities by row, in input order; undefined for a row that can be no one's original, such as a rejected one
 * @returns by row: the index of its original, undefined where it runs itself
 */
export function findDuplicates(identities: readonly (string | undefined)[]): readonly (number | undefined)[] {
  const firstOf = new Map<string, number>();
  return identities.map((identity, index) => {
    if (identity === undefined) return undefined;
    const original = firstOf.get(identity);
    if (original === undefined) firstOf.set(identity, index);
    return original;
  });
}
