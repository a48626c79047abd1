import { Popover } from '@base-ui/react/popover';
import type { MetricDefinition } from '@omtx/contract';
import { Icon } from '../../../components/icons.tsx';
import { buttonClass } from '../../../components/button.tsx';
import type { BatchSearch } from '../batch-search.ts';
import type { Column } from '../columns.ts';
import { Formulas } from './formulas.tsx';

export interface ColumnMenuProps {
  readonly all: readonly Column[];
  readonly shown: readonly Column[];
  readonly change: (part: BatchSearch) => void;
  readonly search: BatchSearch;
  readonly metrics: readonly MetricDefinition[];
}

export function ColumnMenu({ all, shown, change, search, metrics }: ColumnMenuProps) {
  const isShown = (id: string) => shown.some((column) => column.id === id);
  const toggle = (id: string): void => {
    const next = isShown(id) ? shown.filter((column) => column.id !== id) : all.filter((column) => column.id === id || isShown(column.id));
    change({ columns: next.map((column) => column.id).join(',') });
  };
  return (
    <Popover.Root>
      <Popover.Trigger className={buttonClass('quiet', 'px-1.5')} aria-label="Columns" title="Columns">
        <Icon name="columns" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="end" className="z-40">
          <Popover.Popup className="panel shadow-float thin-scroll max-h-[70dvh] w-80 overflow-auto p-2" aria-label="Columns">
            {all.map(({ id, label, unit, help }) => (
              <label key={id} title={help} className="hover:bg-surface-2 flex items-center gap-2 rounded-md px-2 py-1">
                <input type="checkbox" checked={isShown(id)} onChange={() => toggle(id)} className="accent-accent" />
                <span className="min-w-0 flex-1 truncate">{label}</span>
                <span className="text-ink-3 text-xs">{unit}</span>
              </label>
            ))}
            <button type="button" className="text-accent px-2 py-1" onClick={() => change({ columns: undefined })}>
              As the model has them
            </button>
            <Formulas search={search} metrics={metrics} change={change} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
