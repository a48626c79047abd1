/** Text in columns that fit the terminal: what is too long is wrapped within its own column. */

export interface Layout {
  /** Of the terminal; where there is none, every row is one line as wide as it is. */
  readonly width?: number | undefined;
  /** Columns of numbers, which are set to the right. */
  readonly right?: readonly number[];
}

const GAP = 2;
/** A word of this length, such as the id of a job, is never broken: people copy it. */
const LONGEST_WORD = 36;
/** A column of longer ones, such as SMILES, keeps this. */
const LEAST_BROKEN = 16;

export function columns(header: readonly string[], rows: readonly (readonly string[])[], layout: Layout = {}): string {
  const { width = process.stdout.columns, right = [] } = layout;
  const widths = fit(header, rows, width ?? Infinity);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join(' '.repeat(GAP))
      .trimEnd();
  const body = rows.flatMap((cells) => {
    const wrapped = cells.map((cell, column) => wrap(cell, widths[column] ?? 0));
    const height = Math.max(1, ...wrapped.map((lines) => lines.length));
    return Array.from({ length: height }, (_, at) => line(wrapped.map((lines) => lines[at] ?? '')));
  });
  return [line(header), widths.map((each) => '-'.repeat(each)).join(' '.repeat(GAP)), ...body].join('\n');
}

/** As wide as their widest cell; where that is too much, the widest give way, down to their longest word. */
function fit(header: readonly string[], rows: readonly (readonly string[])[], width: number): readonly number[] {
  const cellsOf = (column: number): readonly string[] => [header[column] ?? '', ...rows.map((row) => row[column] ?? '')];
  const widths = header.map((_, column) => Math.max(...cellsOf(column).map((cell) => cell.length)));
  const least = header.map((title, column) => {
    const words = cellsOf(column).flatMap((cell) =>
      cell.split(' ').map((word) => (word.length > LONGEST_WORD ? LEAST_BROKEN : word.length)),
    );
    return Math.max(title.length, ...words);
  });
  const total = (): number => widths.reduce((sum, each) => sum + each, GAP * (header.length - 1));
  while (total() > width) {
    const room = widths.map((each, column) => each - (least[column] ?? 0));
    const widest = widths.reduce(
      (best, each, column) => ((room[column] ?? 0) > 0 && each > (widths[best] ?? 0) ? column : best),
      room.findIndex((each) => each > 0),
    );
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** Lines of at most `width`, broken at blanks; a longer word, such as a SMILES, is broken within. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const blank = rest.lastIndexOf(' ', width);
    const end = blank > 0 ? blank : width;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return rest === '' && lines.length > 0 ? lines : [...lines, rest];
}
