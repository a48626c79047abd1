/** The ranked table of a finished screen, for people. */
import { SHARED_METRICS_BY_ID, type MetricDefinition, type RowView } from '@omtx/contract';
import { columns } from './columns.ts';

/** A table on a terminal is for eyes; more rows are for an export. */
export const TABLE_ROWS = 1_000;
/** @param width of the terminal; without it each row is one line */
export function formatTable(rows: readonly RowView[], rankBy: string | null, width: number | undefined = Infinity): string {
  const metric = rankBy === null ? undefined : SHARED_METRICS_BY_ID.get(rankBy);
  const unit = metric === undefined || metric.unit === '' ? '' : ` [${metric.unit}]`;
  const names = new Map(rows.map((row) => [row.index, nameOf(row)]));
  return columns(
    ['rank', 'row', 'ligand', `${metric?.label ?? rankBy ?? 'score'}${unit}`, 'outcome', 'notes'],
    rows.map((row) => [
      row.rank === null ? '-' : String(row.rank),
      String(row.index),
      nameOf(row),
      scoreOf(row, rankBy, metric),
      row.outcome ?? row.status,
      remarkOf(row, names),
    ]),
    { width, right: [0, 1, 3] },
  );
}

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
