/** Beside the table: the current row in 3D, what it scored, its poses, how to get the same again. */
import type { JobDetail, MetricDefinition, RowDetail } from '@omtx/contract';
import { useQueries, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState, type ReactNode } from 'react';
import { cx } from '../../../components/class-names.ts';
import { CopyButton } from '../../../components/copy-button.tsx';
import { MoleculePicture } from '../../../components/molecule-picture.tsx';
import { Skeleton } from '../../../components/notes.tsx';
import { Status } from '../../../components/status.tsx';
import { formatCount, formatMetric } from '../../../lib/format.ts';
import { residueLabel } from '../../../lib/structure/contacts.ts';
import { useRowScene, type RowScene } from '../../job/api/use-scene.ts';
import { rowQuery } from '../api/job.ts';
import { nameOf, smilesOf } from '../columns.ts';
import { PosesTable } from '../../job/components/poses-table.tsx';

const MolView = lazy(() => import('../../../components/mol-view/mol-view.tsx').then((module) => ({ default: module.MolView })));

/** A key that is held down moves faster than a person looks; the pane takes the row where it rests. */
const REST_MS = 60;

export interface RowPaneProps {
  readonly job: JobDetail;
  readonly index: number;
  readonly pins: readonly number[];
  readonly metrics: readonly MetricDefinition[];
}

export function RowPane({ job, index, pins, metrics }: RowPaneProps) {
  const rested = useRested(index, REST_MS);
  const row = useQuery({ ...rowQuery(job.id, rested), placeholderData: (before) => before });
  const others = useQueries({
    queries: pins
      .filter((pin) => pin !== rested)
      .slice(0, 5)
      .map((pin) => rowQuery(job.id, pin)),
  });
  const [choices, setChoices] = useState({ hasContacts: true, hasSurface: false, hasBox: false });
  const overlaid = others.flatMap(({ data }) => data ?? []);
  const scene = useRowScene(job, row.data, choices, overlaid);
  const toggle = (name: keyof typeof choices) => setChoices((before) => ({ ...before, [name]: !before[name] }));
  return (
    <aside aria-label="The chosen row" className="bg-surface-0 flex h-full min-h-0 flex-col">
      <div className="border-line relative h-64 shrink-0 border-b md:h-[38%]">
        <Scene scene={scene} row={row.data} />
        <div className="absolute top-2 right-2 flex gap-1">
          <Toggle name="Contacts" isOn={choices.hasContacts} toggle={() => toggle('hasContacts')} />
          <Toggle name="Surface" isOn={choices.hasSurface} toggle={() => toggle('hasSurface')} />
          <Toggle name="Box" isOn={choices.hasBox} toggle={() => toggle('hasBox')} />
        </div>
        {overlaid.length > 0 && (
          <p className="bg-surface-0 text-ink-2 absolute bottom-2 left-2 rounded px-1.5 text-xs">with {overlaid.map(nameOf).join(', ')}</p>
        )}
      </div>
      <div className="thin-scroll min-h-0 flex-1 overflow-auto">
        {row.data ? <Facts job={job} row={row.data} metrics={metrics} scene={scene} /> : <PaneSkeleton />}
      </div>
    </aside>
  );
}

function useRested<T>(value: T, milliseconds: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return rested;
}

function Scene({ scene, row }: { readonly scene: RowScene; readonly row: RowDetail | undefined }) {
  if (!scene.hasStructure)
    return <p className="text-ink-2 flex h-full items-center justify-center p-6 text-center">3D appears with the first result.</p>;
  return (
    <Suspense fallback={<div className="skeleton h-full w-full" />}>
      <MolView content={scene.content} label={`3D view of ${row ? nameOf(row) : 'the row'} in the target`} />
    </Suspense>
  );
}

function Toggle({ name, isOn, toggle }: { readonly name: string; readonly isOn: boolean; readonly toggle: () => void }) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={toggle}
      className={cx(
        'border-line rounded-md border px-2 py-0.5 text-xs',
        isOn ? 'bg-accent-soft text-ink-1 font-medium' : 'bg-surface-0 text-ink-2',
      )}
    >
      {name}
    </button>
  );
}

function PaneSkeleton() {
  return (
    <div className="flex flex-col gap-3 p-4">
      <Skeleton width="40%" />
      <Skeleton width="90%" />
      <Skeleton width="80%" />
    </div>
  );
}

function Facts({
  job,
  row,
  metrics,
  scene,
}: {
  readonly job: JobDetail;
  readonly row: RowDetail;
  readonly metrics: readonly MetricDefinition[];
  readonly scene: RowScene;
}) {
  const smiles = smilesOf(row);
  const ranked = job.progress.completed;
  const contacts = scene.contacts?.contacts ?? [];
  return (
    <>
      <Part>
        <div className="flex items-baseline gap-2">
          <h2 className="min-w-0 flex-1 truncate font-semibold">
            <Link to="/results/$jobId/rows/$index" params={{ jobId: job.id, index: String(row.index) }} className="hover:underline">
              {nameOf(row)}
            </Link>
          </h2>
          <span className="text-ink-2 shrink-0">
            {row.rank === null ? <Status status={row.outcome ?? row.status} /> : `rank ${formatCount(row.rank)} of ${formatCount(ranked)}`}
          </span>
        </div>
        {smiles !== undefined && (
          <div className="flex items-center gap-1">
            <code className="text-ink-2 min-w-0 flex-1 truncate font-mono text-xs" title={smiles}>
              {smiles}
            </code>
            <CopyButton text={smiles} label="Copy SMILES" />
          </div>
        )}
        {row.failure && (
          <div className="mt-1">
            <p className="text-bad">{row.failure.title}</p>
            <p>{row.failure.message}</p>
            <p className="text-ink-2">{row.failure.remedy}</p>
          </div>
        )}
        <MetricList row={row} metrics={metrics} rankBy={job.rankBy}>
          {contacts.length > 0 && (
            <Pair name="Contacts" help="Residues with a heavy atom within 4 Å of the pose; bold: a polar pair within 3.5 Å.">
              {contacts.slice(0, 8).map((contact, place) => (
                <span key={`${contact.chain}${String(contact.number)}`} className={contact.isPolar ? 'font-semibold' : 'font-normal'}>
                  {place > 0 && ', '}
                  {residueLabel(contact)}
                </span>
              ))}
            </Pair>
          )}
        </MetricList>
      </Part>
      {row.notes.length > 0 && (
        <Part title="Notes">
          {row.notes.map(({ code, message }) => (
            <p key={code + message} className="text-ink-2 break-words">
              {message}
            </p>
          ))}
        </Part>
      )}
      {row.tables['poses'] !== undefined && row.tables['poses'].length > 0 && (
        <Part title="Poses" note="RMSD to best, Å">
          <PosesTable poses={row.tables['poses']} />
        </Part>
      )}
      {smiles !== undefined && row.outcome !== 'rejected' && (
        <Part title="Structure">
          <MoleculePicture smiles={smiles} width={280} height={170} name={nameOf(row)} />
        </Part>
      )}
    </>
  );
}

interface MetricListProps {
  readonly row: RowDetail;
  readonly metrics: readonly MetricDefinition[];
  readonly rankBy: string | null;
  readonly children: ReactNode;
}

function MetricList({ row, metrics, rankBy, children }: MetricListProps) {
  const known = metrics.filter(({ id }) => row.metrics[id] !== undefined);
  const ordered = [...known.filter(({ id }) => id === rankBy), ...known.filter(({ id }) => id !== rankBy)];
  return (
    <dl className="mt-1.5">
      {ordered.map((metric) => (
        <Pair key={metric.id} name={metric.label} help={[metric.meaning, metric.caveat ?? ''].join(' ')}>
          {formatMetric(row.metrics[metric.id] ?? 0, metric)} <span className="text-ink-3 font-normal">{metric.unit}</span>
        </Pair>
      ))}
      {children}
    </dl>
  );
}

function Pair({ name, help, children }: { readonly name: string; readonly help?: string; readonly children: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-4" title={help}>
      <dt className="text-ink-2 shrink-0">{name}</dt>
      <dd className="min-w-0 text-right font-medium">{children}</dd>
    </div>
  );
}

function Part({ title, note, children }: { readonly title?: string; readonly note?: string; readonly children: ReactNode }) {
  return (
    <section className="border-line border-b px-4 py-3 last:border-b-0">
      {title !== undefined && (
        <div className="mb-1 flex items-baseline justify-between">
          <h3 className="font-medium">{title}</h3>
          {note !== undefined && <span className="text-ink-3 text-xs">{note}</span>}
        </div>
      )}
      {children}
    </section>
  );
}
