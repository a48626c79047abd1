import type { MetricDefinition, RowView } from '@omtx/contract';
import { cx } from '../../../components/class-names.ts';
import { MoleculePicture } from '../../../components/molecule-picture.tsx';
import { EmptyState } from '../../../components/notes.tsx';
import { formatCount, formatMetric, plural } from '../../../lib/format.ts';
import type { RGroupRow } from '../../../lib/molecules/rdkit-series.ts';
import { nameOf, smilesOf } from '../columns.ts';
import { groupNames } from '../series.ts';

export interface RGroupTableProps {
  readonly core: string;
  readonly rows: readonly RowView[];
  /** What hangs on the core, for those of `rows` that hold it. */
  readonly groups: readonly RGroupRow[];
  readonly metric: MetricDefinition | undefined;
  readonly current: number | undefined;
  readonly choose: (index: number) => void;
}

/** A longer table is a list, and the table of the batch is better at that. */
const SHOWN = 200;

/** One row each: the molecule laid on the core, what hangs on each place, the score. */
export function RGroupTable({ core, rows, groups, metric, current, choose }: RGroupTableProps) {
  if (groups.length === 0) return <EmptyState title="No row holds this core">Give a smaller core, or go back to all series.</EmptyState>;
  const names = groupNames(groups.map((each) => each.groups));
  return (
    <div className="overflow-x-auto">
      <p className="text-ink-2 flex flex-wrap items-center gap-4 px-4 py-2 md:px-5">
        <MoleculePicture smiles={core} width={150} height={80} name="the core" />
        {plural(groups.length, 'row')} of {formatCount(rows.length)} hold it
        {groups.length > SHOWN ? `; the first ${formatCount(SHOWN)} are shown` : ''}
      </p>
      <table aria-label="R-groups" className="w-full text-left">
        <thead className="bg-surface-1 text-ink-2 border-line border-y text-xs">
          <tr>
            <th className="px-2 py-1.5 text-right font-normal">Rank</th>
            <th className="px-2 font-normal">Structure</th>
            <th className="px-2 font-normal">Ligand</th>
            {metric && (
              <th className="px-2 text-right font-normal">
                {metric.label} <span className="text-ink-3">{metric.unit}</span>
              </th>
            )}
            {names.map((name) => (
              <th key={name} className="px-2 font-normal">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.slice(0, SHOWN).map(({ place, groups: hanging }) => {
            const row = rows[place];
            return (
              row && (
                <tr key={row.index} className={cx('border-line border-b', row.index === current && 'bg-accent-soft')}>
                  <td className="text-ink-2 px-2 text-right">{row.rank ?? '—'}</td>
                  <td className="px-2">
                    <MoleculePicture smiles={smilesOf(row) ?? ''} width={130} height={84} name={nameOf(row)} core={core} />
                  </td>
                  <td className="px-2">
                    <button type="button" className="font-medium hover:underline" onClick={() => choose(row.index)}>
                      {nameOf(row)}
                    </button>
                  </td>
                  {metric && <td className="px-2 text-right">{scoreOf(row, metric)}</td>}
                  {names.map((name) => (
                    <td key={name} className="px-2">
                      <RGroup smiles={hanging[name]} />
                    </td>
                  ))}
                </tr>
              )
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function scoreOf(row: RowView, metric: MetricDefinition): string {
  const value = row.metrics[metric.id];
  return value === undefined ? '—' : formatMetric(value, metric);
}

function RGroup({ smiles }: { readonly smiles: string | undefined }) {
  if (smiles === undefined) return <span className="text-ink-3">—</span>;
  if (/^\[H\]\[\*:\d+\]$/.test(smiles)) return <span className="text-ink-2">H</span>;
  return <MoleculePicture smiles={smiles} width={84} height={56} name={smiles} />;
}
