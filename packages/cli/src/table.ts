/** The ranked table of a finished screen, for people. */
import { SHARED_METRICS_BY_ID, type MetricDefinition, type RowView } from '@omtx/contract';

/** A table on a terminal is for eyes; more rows are for an export. */
export const TABLE_ROWS = 1_000;
/** Narrower notes would be one word a line; then the terminal wraps them. */
const LEAST_NOTES_WIDTH = 24;

/** @param width of the terminal: notes are wrapped within their column; without it each row is one line */
export function formatTable(rows: readonly RowView[], rankBy: string | null, width = Infinity): string {
  const metric = rankBy === null ? undefined : SHARED_METRICS_BY_ID.get(rankBy);
  const unit = metric === undefined || metric.unit === '' ? '' : ` [${metric.unit}]`;
  const header = ['rank', 'row', 'ligand', `${metric?.label ?? rankBy ?? 'score'}${unit}`, 'outcome', 'notes'];
  const names = new Map(rows.map((row) => [row.index, nameOf(row)]));
  const lines = rows.map((row) => [
    row.rank === null ? '-' : String(row.rank),
    String(row.index),
    nameOf(row),
    scoreOf(row, rankBy, metric),
    row.outcome ?? row.status,
    remarkOf(row, names),
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)));
  const notesFrom = widths.slice(0, -1).reduce((sum, each) => sum + each + 2, 0);
  const notesWidth = width - notesFrom < LEAST_NOTES_WIDTH ? Infinity : width - notesFrom;
  widths[widths.length - 1] = Math.min(widths.at(-1) ?? 0, notesWidth);
  const format = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (isNumeric(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const rowLines = lines.flatMap((cells) => {
    const [first = '', ...more] = wrap(cells.at(-1) ?? '', notesWidth);
    return [format([...cells.slice(0, -1), first]), ...more.map((text) => `${' '.repeat(notesFrom)}${text}`)];
  });
  return [format(header), widths.map((each) => '-'.repeat(each)).join('  '), ...rowLines].join('\n');
}

/** Lines of at most `width`, broken at blanks; a longer word, such as a SMILES, is broken within. */
function wrap(text: string, width: number): readonly string[] {
  if (text.length <= width) return [text];
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const blank = rest.lastIndexOf(' ', width);
    const end = blank > width / 2 ? blank : width;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return rest === '' ? lines : [...lines, rest];
}

const isNumeric = (column: number): boolean => column <= 1 || column === 3;

function nameOf(row: RowView): string {
  return row.name ?? row.canonicalSmiles ?? `row ${row.index}`;
}

function scoreOf(row: RowView, rankBy: string | null, metric: MetricDefinition | undefined): string {
  const value = rankBy === null ? undefined : row.metrics[rankBy];
  return value === undefined ? '-' : value.toFixed(metric?.decimals ?? 2);
}

/** Why a row has no score of its own, and what was done to its molecule. */
function remarkOf(row: RowView, names: ReadonlyMap<number, string>): string {
  const remarks = row.notes.map((note) => note.message);
  if (row.reusedFrom !== null) remarks.unshift(`same as row ${row.reusedFrom} (${names.get(row.reusedFrom) ?? '?'})`);
  if (row.failure !== null) remarks.unshift(`${row.line === null ? '' : `line ${row.line}: `}${row.failure.message}`);
  return remarks.join('; ').replaceAll(/\s+/g, ' ');
}
