/** Finds the name that somebody probably meant. */

/** The known name with the fewest edits; undefined when none is near (a third of its letters, at most 3). Case and underscores are free. */
export function closeName(written: string, known: readonly string[]): string | undefined {
  const ranked = known.map((name) => ({ name, edits: editDistance(plain(written), plain(name)) })).sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best && best.edits <= Math.min(3, Math.ceil(best.name.length / 3)) ? best.name : undefined;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}

/** Levenshtein distance: letters put in, taken out or changed; two neighbours in the wrong order count as one. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let row = 1; row <= a.length; row += 1) {
    rows.push([row]);
    for (let column = 1; column <= b.length; column += 1) {
      const change = a[row - 1] === b[column - 1] ? 0 : 1;
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const edits = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + change,
        isSwap ? at(row - 2, column - 2) + 1 : Infinity,
      );
      rows[row]?.push(edits);
    }
  }
  return at(a.length, b.length);
}
