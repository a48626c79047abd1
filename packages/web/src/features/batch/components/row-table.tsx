/** The table of a batch: any number of rows, fetched as they come into view, moved through by keyboard. */
import { useEffect, useRef, type KeyboardEvent } from 'react';
import { cx } from '../../../components/class-names.ts';
import { Icon } from '../../../components/icons.tsx';
import { useDensity } from '../../../lib/preferences.ts';
import { useScaledVirtualizer } from '../../../lib/use-scaled-virtualizer.ts';
import { useRowStore } from '../api/row-store.ts';
import { readSort, sortAfterClick } from '../batch-search.ts';
import type { Column } from '../columns.ts';
import { TableRow } from './table-row.tsx';

export interface RowTableProps {
  readonly jobId: string;
  readonly indexes: Uint32Array;
  readonly columns: readonly Column[];
  /** Least and greatest value of the ranking metric, for the bar under it. */
  readonly scoreRange: readonly [number, number] | undefined;
  readonly rankBy: string | null;
  readonly sort: string | undefined;
  readonly changeSort: (sort: string) => void;
  readonly current: number | undefined;
  readonly choose: (index: number) => void;
  readonly selected: ReadonlySet<number>;
  readonly toggleSelected: (index: number) => void;
  readonly pinned: ReadonlySet<number>;
  readonly togglePinned: (index: number) => void;
  readonly open: (index: number) => void;
  readonly highlight: string | undefined;
}

const HEAD = 44;
const HEIGHTS = { comfortable: 48, compact: 32 } as const;

export function RowTable(props: RowTableProps) {
  const { jobId, indexes, columns, current } = props;
  const scrolled = useRef<HTMLDivElement>(null);
  const rowHeight = HEIGHTS[useDensity()];
  const list = useScaledVirtualizer(indexes.length, rowHeight, scrolled, HEAD);
  const store = useRowStore(jobId);
  const items = list.virtualizer.getVirtualItems();
  const shown = items.map((item) => indexes[item.index] ?? 0);
  useEffect(() => {
    store.want(shown);
  });
  const position = useRef(-1);
  if (current === undefined || indexes[position.current] !== current)
    position.current = current === undefined ? -1 : indexes.indexOf(current);
  const onKey = useTableKeys(
    props,
    position,
    list.scrollToRow,
    Math.max(1, Math.floor((scrolled.current?.clientHeight ?? 500) / rowHeight) - 2),
  );
  const template = columns
    .map(({ width, id }) => (id === 'ligand' ? `minmax(${String(width)}px, 1fr)` : `${String(Math.round(width))}px`))
    .join(' ');
  const width = 36 + columns.reduce((sum, column) => sum + Math.round(column.width), 0);
  return (
    <div
      ref={scrolled}
      role="grid"
      tabIndex={0}
      aria-label="Rows of the batch"
      aria-rowcount={indexes.length + 1}
      aria-colcount={columns.length}
      aria-activedescendant={current === undefined ? undefined : `row-${String(current)}`}
      onKeyDown={onKey}
      className="thin-scroll bg-surface-0 relative min-h-0 flex-1 overflow-auto outline-none focus-visible:[&_[aria-selected=true]]:outline-2"
    >
      <TableHead {...props} template={template} width={width} />
      <div style={{ height: list.height, width, minWidth: '100%' }} className="relative">
        {items.map((item) => {
          const index = indexes[item.index] ?? 0;
          return (
            <TableRow
              key={index}
              position={item.index}
              index={index}
              row={store.get(index)}
              top={list.place(item.start)}
              height={rowHeight}
              template={template}
              columns={columns}
              rankBy={props.rankBy}
              scoreRange={props.scoreRange}
              isCurrent={index === current}
              isSelected={props.selected.has(index)}
              isPinned={props.pinned.has(index)}
              choose={props.choose}
              toggleSelected={props.toggleSelected}
              highlight={props.highlight}
            />
          );
        })}
      </div>
    </div>
  );
}

function TableHead({ columns, sort, changeSort, template, width }: RowTableProps & { readonly template: string; readonly width: number }) {
  const keys = readSort(sort);
  return (
    <div role="rowgroup" className="sticky top-0 z-10" style={{ width, minWidth: '100%' }}>
      <div
        role="row"
        aria-rowindex={1}
        className="bg-surface-1 border-line text-ink-2 grid items-center border-b pl-9 text-xs"
        style={{ gridTemplateColumns: template, height: HEAD }}
      >
        {columns.map((column) => {
          const place = keys.findIndex(({ key }) => key === column.sortKey);
          const key = keys[place];
          return (
            <div
              key={column.id}
              role="columnheader"
              aria-sort={key ? (key.isDescending ? 'descending' : 'ascending') : undefined}
              title={column.help}
              className={cx('flex h-full min-w-0 items-center px-2', column.isNumber && 'justify-end')}
            >
              <HeadLabel
                column={column}
                sorted={key && { isDescending: key.isDescending, place: keys.length > 1 ? place + 1 : undefined }}
                click={(add) =>
                  column.sortKey !== undefined &&
                  changeSort(sortAfterClick(sort, column.sortKey, column.metric?.direction === 'higher', add))
                }
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface HeadLabelProps {
  readonly column: Column;
  readonly sorted: { readonly isDescending: boolean; readonly place: number | undefined } | undefined;
  readonly click: (add: boolean) => void;
}

function HeadLabel({ column, sorted, click }: HeadLabelProps) {
  const words = (
    <span className={cx('flex min-w-0 flex-col leading-4', column.isNumber ? 'items-end' : 'items-start')}>
      <span className={cx('flex max-w-full items-center gap-0.5', sorted && 'text-ink-1 font-medium')}>
        <span className="truncate">{column.label}</span>
        {sorted && <Icon name={sorted.isDescending ? 'down' : 'up'} size={12} />}
        {sorted?.place}
      </span>
      {column.unit !== '' && <span className="text-ink-3 max-w-full truncate">{column.unit}</span>}
    </span>
  );
  if (column.sortKey === undefined) return words;
  return (
    <button
      type="button"
      tabIndex={-1}
      onClick={({ shiftKey }) => click(shiftKey)}
      className="hover:text-ink-1 flex h-full min-w-0 items-center"
    >
      {words}
    </button>
  );
}

function useTableKeys(
  props: RowTableProps,
  position: { readonly current: number },
  scrollToRow: (position: number) => void,
  page: number,
): (event: KeyboardEvent) => void {
  const { indexes, current, choose, toggleSelected, togglePinned, open } = props;
  const moveTo = (next: number): void => {
    const bounded = Math.min(indexes.length - 1, Math.max(0, next));
    const index = indexes[bounded];
    if (index === undefined) return;
    choose(index);
    scrollToRow(bounded);
  };
  const moves: Readonly<Record<string, () => void>> = {
    ArrowDown: () => moveTo(position.current + 1),
    ArrowUp: () => moveTo(position.current - 1),
    j: () => moveTo(position.current + 1),
    k: () => moveTo(position.current - 1),
    PageDown: () => moveTo(position.current + page),
    PageUp: () => moveTo(position.current - page),
    Home: () => moveTo(0),
    End: () => moveTo(indexes.length - 1),
    ' ': () => current !== undefined && togglePinned(current),
    x: () => current !== undefined && toggleSelected(current),
    Enter: () => current !== undefined && open(current),
  };
  return (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : moves[event.key];
    if (!act || (event.target !== event.currentTarget && (event.key === 'Enter' || event.key === ' '))) return;
    event.preventDefault();
    act();
  };
}
