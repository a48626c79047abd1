import type { RowView } from '@omtx/contract';
import { memo } from 'react';
import { cx } from '../../../components/class-names.ts';
import { Icon } from '../../../components/icons.tsx';
import { MoleculePicture } from '../../../components/molecule-picture.tsx';
import { Skeleton } from '../../../components/notes.tsx';
import { Status } from '../../../components/status.tsx';
import { formatMetric, formatNumber, formatSignificant } from '../../../lib/format.ts';
import type { Formula } from '../../../lib/formula.ts';
import { goodness, nameOf, smilesOf, type Column } from '../columns.ts';

export interface TableRowProps {
  readonly position: number;
  readonly index: number;
  readonly row: RowView | undefined;
  readonly top: number;
  readonly height: number;
  readonly template: string;
  readonly columns: readonly Column[];
  readonly rankBy: string | null;
  readonly scoreRange: readonly [number, number] | undefined;
  readonly isCurrent: boolean;
  readonly isSelected: boolean;
  readonly isPinned: boolean;
  readonly choose: (index: number) => void;
  readonly toggleSelected: (index: number) => void;
  readonly highlight: string | undefined;
}

export const TableRow = memo(function TableRow(props: TableRowProps) {
  const { position, index, row, top, height, template, columns, isCurrent, isSelected, isPinned, choose, toggleSelected } = props;
  return (
    <div
      id={`row-${String(index)}`}
      role="row"
      aria-rowindex={position + 2}
      aria-selected={isCurrent}
      onClick={() => choose(index)}
      className={cx(
        'border-line absolute inset-x-0 grid items-center border-b pl-9',
        isCurrent ? 'bg-accent-soft' : isSelected ? 'bg-surface-2' : 'hover:bg-surface-1',
      )}
      style={{ gridTemplateColumns: template, height, transform: `translateY(${String(top)}px)` }}
    >
      {isCurrent && <span className="bg-accent absolute inset-y-0 left-0 w-0.5" />}
      <span className="absolute left-0 flex w-9 items-center justify-center" role="gridcell">
        {isPinned ? (
          <span className="text-accent" title="Pinned">
            <Icon name="pin" />
          </span>
        ) : (
          <input
            type="checkbox"
            tabIndex={-1}
            checked={isSelected}
            onChange={() => toggleSelected(index)}
            onClick={(event) => event.stopPropagation()}
            aria-label={`Select ${row ? nameOf(row) : `row ${String(index)}`}`}
            className="accent-accent"
          />
        )}
      </span>
      {columns.map((column) => (
        <div key={column.id} role="gridcell" className={cx('min-w-0 px-2', column.isNumber && 'text-right')}>
          {row ? <Cell {...props} row={row} column={column} /> : <Skeleton width={column.id === 'ligand' ? '60%' : '70%'} height={12} />}
        </div>
      ))}
    </div>
  );
});

function Cell({ row, column, rankBy, scoreRange, height, highlight }: TableRowProps & { readonly row: RowView; readonly column: Column }) {
  if (column.metric !== undefined) return <MetricCell row={row} column={column} range={column.id === rankBy ? scoreRange : undefined} />;
  if (column.formula !== undefined) return <FormulaCell row={row} formula={column.formula} />;
  switch (column.id) {
    case 'rank':
      return <span className="text-ink-2">{row.rank ?? <Missing row={row} />}</span>;
    case 'structure':
      return <Picture row={row} height={height - 4} highlight={highlight} />;
    case 'ligand':
      return <Ligand row={row} isCompact={height < 40} />;
    case 'outcome':
      return <Outcome row={row} />;
    case 'index':
      return <span className="text-ink-2">{row.index}</span>;
    case 'seconds':
      return row.startedAt !== null && row.finishedAt !== null ? (
        formatNumber((Date.parse(row.finishedAt) - Date.parse(row.startedAt)) / 1_000, 1)
      ) : (
        <Missing row={row} />
      );
    default:
      return null;
  }
}

function MetricCell({
  row,
  column,
  range,
}: {
  readonly row: RowView;
  readonly column: Column;
  readonly range: readonly [number, number] | undefined;
}) {
  const value = row.metrics[column.id];
  if (value === undefined || !column.metric) return <Missing row={row} />;
  const share = range && goodness(value, column.metric, range);
  return (
    <span className={cx('block', range !== undefined && 'font-medium')}>
      {formatMetric(value, column.metric)}
      {share !== undefined && (
        <span className="bg-track mt-0.5 flex h-[3px] w-full justify-end overflow-hidden rounded-full">
          <span className="bg-bar block h-full" style={{ width: `${String(Math.max(2, 100 * share))}%` }} />
        </span>
      )}
    </span>
  );
}

function FormulaCell({ row, formula }: { readonly row: RowView; readonly formula: Formula }) {
  const value = formula.evaluate((metric) => row.metrics[metric] ?? Number.NaN);
  return Number.isNaN(value) ? <Missing row={row} /> : formatSignificant(value);
}

/** An em dash that says why there is no number. */
export function Missing({ row }: { readonly row: RowView }) {
  const why = row.failure?.title ?? (row.status === 'completed' ? 'The model gave no such value' : `The row is ${row.status}`);
  return (
    <span className="text-ink-3" title={why} aria-label={`none: ${why}`}>
      —
    </span>
  );
}

function Picture({ row, height, highlight }: { readonly row: RowView; readonly height: number; readonly highlight: string | undefined }) {
  const smiles = smilesOf(row);
  if (smiles === undefined || row.outcome === 'rejected') return <Missing row={row} />;
  return <MoleculePicture smiles={smiles} width={92} height={height} name={nameOf(row)} highlight={highlight} />;
}

function Ligand({ row, isCompact }: { readonly row: RowView; readonly isCompact: boolean }) {
  return (
    <span className="block min-w-0">
      <span className="block truncate font-medium">
        {nameOf(row)}
        {row.notes.length > 0 && (
          <span className="text-ink-3 ml-1.5 inline-block align-[-2px]" title={row.notes.map(({ message }) => message).join('\n')}>
            <Icon name="info" size={13} />
          </span>
        )}
      </span>
      {!isCompact && <span className="text-ink-3 block truncate font-mono text-xs">{smilesOf(row) ?? ''}</span>}
    </span>
  );
}

function Outcome({ row }: { readonly row: RowView }) {
  if (row.outcome === 'reused' && row.reusedFrom !== null)
    return (
      <span title={`Same as row ${String(row.reusedFrom)}; its result is shared`}>
        <Status status="reused">as row {row.reusedFrom}</Status>
      </span>
    );
  return (
    <span title={row.failure ? `${row.failure.title}. ${row.failure.message}` : undefined} className="block truncate">
      <Status status={row.outcome ?? row.status} />
    </span>
  );
}
