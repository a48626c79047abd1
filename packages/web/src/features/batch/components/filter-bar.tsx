/** Which rows are shown: ranges of metrics, outcome, name, substructure; each a chip that can be taken away. */
import { Popover } from '@base-ui/react/popover';
import type { MetricDefinition } from '@omtx/contract';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Button } from '../../../components/button.tsx';
import { Icon } from '../../../components/icons.tsx';
import { MatchCount } from './match-count.tsx';
import { readRanges, writeRanges, type BatchSearch, type MetricRange } from '../batch-search.ts';

export interface FilterBarProps {
  readonly jobId: string;
  readonly search: BatchSearch;
  readonly metrics: readonly MetricDefinition[];
  readonly change: (part: BatchSearch) => void;
}

const ADD = 'border-line-strong text-ink-2 hover:text-ink-1 inline-flex h-7 items-center rounded-md border border-dashed px-2.5 text-sm';

export function FilterBar({ jobId, search, metrics, change }: FilterBarProps) {
  const ranges = readRanges(search.where);
  const without = (place: number) => change({ where: writeRanges(ranges.filter((_, each) => each !== place)) });
  return (
    <>
      {search.outcome !== undefined && (
        <Chip
          name="outcome"
          words={search.outcome.replace('completed,reused', 'completed')}
          remove={() => change({ outcome: undefined })}
        />
      )}
      {search.code !== undefined && <Chip name="reason" words={search.code} remove={() => change({ code: undefined })} />}
      {ranges.map((range, place) => (
        <Chip key={place} {...wordsOf(range, metrics)} remove={() => without(place)} />
      ))}
      {search.text !== undefined && <Chip name="name has" words={search.text} remove={() => change({ text: undefined })} />}
      {search.substructure !== undefined && (
        <Chip name="substructure" words={search.substructure} remove={() => change({ substructure: undefined })} isCode />
      )}
      {search.similarTo !== undefined && (
        <Chip name="similar to" words={search.similarTo} remove={() => change({ similarTo: undefined })} isCode />
      )}
      <RangeFilter metrics={metrics} add={(range) => change({ where: writeRanges([...ranges, range]) })} />
      <TextFilter label="Name" field="Part of the name" value={search.text} set={(text) => change({ text })} />
      <TextFilter
        label="Substructure"
        field="SMARTS or SMILES"
        value={search.substructure}
        set={(substructure) => change({ substructure })}
        isCode
      />
      <TextFilter label="Similar to" field="SMILES" value={search.similarTo} set={(similarTo) => change({ similarTo })} isCode />
      <MatchCount jobId={jobId} substructure={search.substructure} similarTo={search.similarTo} />
    </>
  );
}

function wordsOf({ metric, from, to }: MetricRange, metrics: readonly MetricDefinition[]) {
  const definition = metrics.find(({ id }) => id === metric);
  const unit = definition?.unit === undefined || definition.unit === '' ? '' : ` ${definition.unit}`;
  const words = from === undefined ? `up to ${String(to)}` : to === undefined ? `from ${String(from)}` : `${String(from)} to ${String(to)}`;
  return { name: definition?.label ?? metric, words: `${words}${unit}` };
}

function Chip({
  name,
  words,
  remove,
  isCode = false,
}: {
  readonly name: string;
  readonly words: string;
  readonly remove: () => void;
  readonly isCode?: boolean;
}) {
  return (
    <span className="border-line-strong bg-surface-0 inline-flex h-7 max-w-72 items-center gap-1.5 rounded-md border pl-2.5 text-sm">
      <span className="text-ink-2">{name}</span>
      <span className={isCode ? 'truncate font-mono text-xs' : 'truncate'}>{words}</span>
      <button
        type="button"
        onClick={remove}
        aria-label={`Remove the filter ${name} ${words}`}
        className="hover:bg-surface-2 flex h-full w-6 items-center justify-center rounded-r-md"
      >
        <Icon name="cross" size={12} />
      </button>
    </span>
  );
}

function Dropdown({ label, children }: { readonly label: string; readonly children: (close: () => void) => ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger className={ADD}>{label}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={4} align="start" className="z-40">
          <Popover.Popup className="panel shadow-float w-72 p-3">{children(() => setOpen(false))}</Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function RangeFilter({ metrics, add }: { readonly metrics: readonly MetricDefinition[]; readonly add: (range: MetricRange) => void }) {
  return <Dropdown label="Add filter">{(close) => <RangeForm metrics={metrics} add={(range) => (add(range), close())} />}</Dropdown>;
}

function RangeForm({ metrics, add }: { readonly metrics: readonly MetricDefinition[]; readonly add: (range: MetricRange) => void }) {
  const [metric, setMetric] = useState(metrics[0]?.id ?? '');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const numberOf = (text: string) => (text.trim() === '' ? undefined : Number(text.replace('\u2212', '-')));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const range = { metric, from: numberOf(from), to: numberOf(to) };
    if (range.from !== undefined || range.to !== undefined) add(range);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <label className="flex flex-col gap-1">
        <span className="text-ink-2 text-xs">Metric</span>
        <select className="field" value={metric} onChange={({ target }) => setMetric(target.value)}>
          {metrics.map(({ id, label, unit }) => (
            <option key={id} value={id}>
              {label} {unit}
            </option>
          ))}
        </select>
      </label>
      <div className="grid grid-cols-2 gap-2">
        <label className="flex flex-col gap-1">
          <span className="text-ink-2 text-xs">from</span>
          <input className="field" inputMode="decimal" value={from} onChange={({ target }) => setFrom(target.value)} placeholder="any" />
        </label>
        <label className="flex flex-col gap-1">
          <span className="text-ink-2 text-xs">to</span>
          <input className="field" inputMode="decimal" value={to} onChange={({ target }) => setTo(target.value)} placeholder="any" />
        </label>
      </div>
      <Button type="submit" kind="primary">
        Filter rows
      </Button>
    </form>
  );
}

interface TextFilterProps {
  readonly label: string;
  readonly field: string;
  readonly value: string | undefined;
  readonly set: (text: string | undefined) => void;
  readonly isCode?: boolean;
}

function TextFilter({ label, field, value, set, isCode = false }: TextFilterProps) {
  if (value !== undefined) return null;
  return (
    <Dropdown label={label}>
      {(close) => (
        <form
          className="flex flex-col gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            const text = String(new FormData(event.currentTarget).get('text') ?? '').trim();
            close();
            set(text === '' ? undefined : text);
          }}
        >
          <label className="flex flex-col gap-1">
            <span className="text-ink-2 text-xs">{field}</span>
            <input name="text" className={isCode ? 'field font-mono' : 'field'} autoComplete="off" spellCheck={false} />
          </label>
          <Button type="submit" kind="primary">
            Filter rows
          </Button>
        </form>
      )}
    </Dropdown>
  );
}
