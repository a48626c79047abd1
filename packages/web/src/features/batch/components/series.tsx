/** Rows by their scaffolds, and one series taken apart: pictures laid on the common core, what hangs on each place, the score. */
import type { JobDetail, MetricDefinition } from '@omtx/contract';
import { useEffect, useState, type FormEvent } from 'react';
import { Button } from '../../../components/button.tsx';
import { MoleculePicture } from '../../../components/molecule-picture.tsx';
import { EmptyState, ErrorNote, SkeletonRows } from '../../../components/notes.tsx';
import { formatCount, formatMetric, plural } from '../../../lib/format.ts';
import { MOST_IN_SERIES, useRGroups, useSeriesGroups, useSeriesRows } from '../api/use-series.ts';
import type { BatchSearch } from '../batch-search.ts';
import { nameOf, smilesOf } from '../columns.ts';
import type { SeriesGroup } from '../series.ts';
import { RGroupTable } from './r-group-table.tsx';

export interface SeriesProps {
  readonly job: JobDetail;
  readonly indexes: Uint32Array;
  readonly metrics: readonly MetricDefinition[];
  readonly current: number | undefined;
  readonly choose: (index: number) => void;
  /** Core that rows are taken apart on; groups by scaffold where absent. */
  readonly core: string | undefined;
  readonly change: (part: BatchSearch) => void;
}

export function Series({ job, indexes, metrics, current, choose, core, change }: SeriesProps) {
  const rows = useSeriesRows(job, indexes);
  const metric = metrics.find(({ id }) => id === job.rankBy);
  const groups = useSeriesGroups(rows.data, rows.dataUpdatedAt, metric, core === undefined);
  const decomposed = useRGroups(rows.data, rows.dataUpdatedAt, core);
  const error = rows.error ?? groups.error ?? decomposed.error;
  if (error)
    return (
      <div className="p-4">
        <ErrorNote error={error} retry={() => void rows.refetch()} />
      </div>
    );
  return (
    <div className="thin-scroll bg-surface-0 flex min-h-0 flex-1 flex-col overflow-auto" tabIndex={0} role="region" aria-label="Series">
      <div className="border-line bg-surface-0 flex flex-wrap items-center gap-2 border-b px-4 py-2 md:px-5">
        <CoreForm core={core} change={change} />
        {indexes.length > MOST_IN_SERIES && (
          <span className="text-ink-3">Of the first {formatCount(MOST_IN_SERIES)} rows of the view.</span>
        )}
      </div>
      {core === undefined ? (
        groups.data ? (
          <Groups groups={groups.data} metric={metric} show={(scaffold) => change({ core: scaffold })} />
        ) : (
          <SkeletonRows count={6} height={110} />
        )
      ) : decomposed.data === undefined ? (
        <SkeletonRows count={8} height={70} />
      ) : decomposed.data === null ? (
        <EmptyState title="The core cannot be read">Give a SMILES, such as c1ccc2[nH]ccc2c1.</EmptyState>
      ) : (
        <RGroupTable core={core} rows={rows.data ?? []} groups={decomposed.data} metric={metric} current={current} choose={choose} />
      )}
    </div>
  );
}

function CoreForm({ core, change }: Pick<SeriesProps, 'core' | 'change'>) {
  const [text, setText] = useState(core ?? '');
  useEffect(() => setText(core ?? ''), [core]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change({ core: text.trim() === '' ? undefined : text.trim() });
  };
  return (
    <form onSubmit={submit} className="flex min-w-0 flex-1 flex-wrap items-center gap-2">
      <label className="flex min-w-0 flex-1 items-center gap-2">
        <span className="text-ink-2 shrink-0">Core</span>
        <input
          className="field max-w-md min-w-0 font-mono !text-xs"
          value={text}
          maxLength={1_000}
          spellCheck={false}
          placeholder="SMILES of a common core; by scaffold where empty"
          onChange={({ target }) => setText(target.value)}
        />
      </label>
      <Button type="submit">Take apart</Button>
      {core !== undefined && <Button onClick={() => change({ core: undefined })}>All series</Button>}
    </form>
  );
}

interface GroupsProps {
  readonly groups: readonly SeriesGroup[];
  readonly metric: MetricDefinition | undefined;
  readonly show: (scaffold: string) => void;
}

const MEMBERS_SHOWN = 6;
const STEP = 40;

function Groups({ groups, metric, show }: GroupsProps) {
  const [count, setCount] = useState(STEP);
  if (groups.length === 0) return <EmptyState title="No molecules in this view">Series are made of rows with a molecule.</EmptyState>;
  return (
    <>
      <p className="text-ink-2 px-4 py-2 md:px-5">{plural(groups.length, 'scaffold')}</p>
      <ul>
        {groups.slice(0, count).map((group) => (
          <Group key={group.scaffold} group={group} metric={metric} show={show} />
        ))}
      </ul>
      {count < groups.length && (
        <div className="flex justify-center py-4">
          <Button onClick={() => setCount(count + STEP)}>Show {Math.min(STEP, groups.length - count)} more</Button>
        </div>
      )}
    </>
  );
}

function Group({ group, metric, show }: { readonly group: SeriesGroup } & Omit<GroupsProps, 'groups'>) {
  const { scaffold, members, best } = group;
  const name = scaffold === '' ? 'no ring' : scaffold;
  return (
    <li className="border-line flex flex-wrap items-center gap-4 border-b px-4 py-2 md:px-5 xl:flex-nowrap">
      <div className="w-40 shrink-0">
        {scaffold === '' ? (
          <p className="text-ink-2 py-8 text-center">No ring</p>
        ) : (
          <MoleculePicture smiles={scaffold} width={150} height={90} name={name} />
        )}
      </div>
      <div className="w-32 shrink-0">
        <p className="font-medium">{plural(members.length, 'row')}</p>
        {best !== undefined && metric && (
          <p className="text-ink-2">
            best {formatMetric(best, metric)} <span className="text-ink-3 text-xs">{metric.unit}</span>
          </p>
        )}
        {scaffold !== '' && (
          <Button className="mt-1" onClick={() => show(scaffold)} aria-label={`R-groups of ${name}`}>
            R-groups
          </Button>
        )}
      </div>
      <div className="flex min-w-0 basis-full flex-wrap gap-2 xl:flex-1 xl:basis-auto">
        {members.slice(0, MEMBERS_SHOWN).map((row) => (
          <figure key={row.index} className="w-28">
            <MoleculePicture
              smiles={smilesOf(row) ?? ''}
              width={110}
              height={76}
              name={nameOf(row)}
              core={scaffold === '' ? undefined : scaffold}
            />
            <figcaption className="text-ink-2 truncate text-center text-xs">{nameOf(row)}</figcaption>
          </figure>
        ))}
        {members.length > MEMBERS_SHOWN && (
          <span className="text-ink-3 self-center">and {formatCount(members.length - MEMBERS_SHOWN)} more</span>
        )}
      </div>
    </li>
  );
}
