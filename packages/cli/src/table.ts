/** The ranked table of a finished screen, for people. */
import { SHARED_METRICS_BY_ID, type MetricDefinition, type RowView } from '@omtx/contract';

export function formatTable(rows: readonly RowView[], rankBy: string | null): string {
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
  const format = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (isNumeric(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [format(header), widths.map((width) => '-'.repeat(width)).join('  '), ...lines.map(format)].join('\n');
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
