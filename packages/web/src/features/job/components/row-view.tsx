/** One result, whole: 3D large; metrics with meaning, poses, contacts, files, provenance, attempts. */
import { Tabs } from '@base-ui/react/tabs';
import type { JobDetail, RowDetail } from '@omtx/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { cx } from '../../../components/class-names.ts';
import { CopyButton } from '../../../components/copy-button.tsx';
import { Icon } from '../../../components/icons.tsx';
import { MoleculePicture } from '../../../components/molecule-picture.tsx';
import { useTitle } from '../../../components/page-head.tsx';
import { Status } from '../../../components/status.tsx';
import { formatBytes, formatMetric, formatTime } from '../../../lib/format.ts';
import { residueLabel } from '../../../lib/structure/contacts.ts';
import { nameOf, smilesOf } from '../../batch/columns.ts';
import { modelQuery } from '../../models/api/models.ts';
import { useRowScene, type RowScene } from '../api/use-scene.ts';
import { PosesTable } from './poses-table.tsx';
import { Reproduce } from './reproduce.tsx';
import { LinkButton } from '../../../components/link-button.tsx';

const MolView = lazy(() => import('../../../components/mol-view/mol-view.tsx').then((module) => ({ default: module.MolView })));

export function RowView({ job, row }: { readonly job: JobDetail; readonly row: RowDetail }) {
  const isBatch = job.jobType === 'batch_parent';
  const title = isBatch ? nameOf(row) : job.name;
  useTitle(title);
  const [choices, setChoices] = useState({ hasContacts: true, hasSurface: false, hasBox: false });
  const [poses, setPoses] = useState<readonly number[]>([0]);
  const scene = useRowScene(job, row, { ...choices, poses });
  const toggle = (name: keyof typeof choices) => setChoices((before) => ({ ...before, [name]: !before[name] }));
  const togglePose = (place: number) =>
    setPoses((before) => (before.includes(place) ? before.filter((each) => each !== place) : [...before, place].sort((a, b) => a - b)));
  const smiles = smilesOf(row);
  return (
    <>
      <div className="bg-surface-0 border-line border-b px-4 py-3 md:px-5">
        {isBatch && (
          <Link
            to="/results/$jobId"
            params={{ jobId: job.id }}
            search={{ row: row.index }}
            className="text-accent inline-flex items-center gap-1 hover:underline"
          >
            <Icon name="chevronLeft" size={12} /> {job.name}
          </Link>
        )}
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h1 className="min-w-0 truncate text-lg font-semibold">{title}</h1>
          <Status status={row.outcome ?? row.status} />
          {row.rank !== null && isBatch && <span className="text-ink-2">rank {row.rank}</span>}
          <LinkButton to="/submit" search={{ from: job.id }} className="no-print ml-auto">
            Clone and edit
          </LinkButton>
        </div>
        {smiles !== undefined && (
          <p className="flex items-center gap-1">
            <code className="text-ink-2 truncate font-mono text-xs">{smiles}</code>
            <CopyButton text={smiles} label="Copy SMILES" />
          </p>
        )}
      </div>
      <div className="grid flex-1 lg:grid-cols-[minmax(0,1fr)_26rem]">
        <div className="border-line bg-surface-0 relative h-80 border-b lg:sticky lg:top-12 lg:h-[calc(100dvh-8.5rem)] lg:border-r lg:border-b-0">
          {scene.hasStructure ? (
            <Suspense fallback={<div className="skeleton h-full w-full" />}>
              <MolView content={scene.content} label={`3D view of ${title} in the target`} />
            </Suspense>
          ) : (
            <p className="text-ink-2 flex h-full items-center justify-center">There is no structure yet.</p>
          )}
          <div className="absolute top-2 right-2 flex gap-1">
            {(['hasContacts', 'hasSurface', 'hasBox'] as const).map((name) => (
              <button
                key={name}
                type="button"
                aria-pressed={choices[name]}
                onClick={() => toggle(name)}
                className={cx(
                  'border-line rounded-md border px-2 py-0.5 text-xs',
                  choices[name] ? 'bg-accent-soft font-medium' : 'bg-surface-0 text-ink-2',
                )}
              >
                {name.slice(3)}
              </button>
            ))}
          </div>
        </div>
        <Details job={job} row={row} scene={scene} poses={poses} togglePose={togglePose} />
      </div>
    </>
  );
}

interface DetailsProps {
  readonly job: JobDetail;
  readonly row: RowDetail;
  readonly scene: RowScene;
  readonly poses: readonly number[];
  readonly togglePose: (place: number) => void;
}

const TABS = [
  ['metrics', 'Metrics'],
  ['poses', 'Poses'],
  ['contacts', 'Contacts'],
  ['files', 'Files'],
  ['provenance', 'Provenance'],
] as const;

function Details(props: DetailsProps) {
  return (
    <Tabs.Root defaultValue="metrics" className="bg-surface-0 min-w-0">
      <Failure row={props.row} />
      <Tabs.List className="border-line flex flex-wrap border-b px-2">
        {TABS.map(([value, name]) => (
          <Tabs.Tab
            key={value}
            value={value}
            className="text-ink-2 data-[active]:text-ink-1 data-[active]:border-accent -mb-px border-b-2 border-transparent px-2.5 py-2 data-[active]:font-medium"
          >
            {name}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="metrics" className="p-4">
        <MetricsTab {...props} />
      </Tabs.Panel>
      <Tabs.Panel value="poses" className="p-4">
        <PosesTab {...props} />
      </Tabs.Panel>
      <Tabs.Panel value="contacts" className="p-4">
        <ContactsTab {...props} />
      </Tabs.Panel>
      <Tabs.Panel value="files" className="p-4">
        <FilesTab {...props} />
      </Tabs.Panel>
      <Tabs.Panel value="provenance" className="p-4">
        <ProvenanceTab {...props} />
      </Tabs.Panel>
    </Tabs.Root>
  );
}

function Failure({ row }: { readonly row: RowDetail }) {
  if (!row.failure) return null;
  return (
    <div role="alert" className="border-line border-b p-4">
      <p className="text-bad font-medium">{row.failure.title}</p>
      <p className="break-words">{row.failure.message}</p>
      <p className="text-ink-2">{row.failure.remedy}</p>
    </div>
  );
}

function MetricsTab({ job, row }: DetailsProps) {
  const model = useQuery(modelQuery(job.modelId));
  const metrics = (model.data?.metrics ?? []).filter(({ id }) => row.metrics[id] !== undefined);
  const smiles = smilesOf(row);
  return (
    <>
      {smiles !== undefined && row.outcome !== 'rejected' && (
        <MoleculePicture smiles={smiles} width={360} height={190} name={nameOf(row)} />
      )}
      <dl>
        {metrics.map((metric) => (
          <div key={metric.id} className="border-line border-b py-2 last:border-b-0">
            <dt className="flex items-baseline justify-between gap-3">
              <span className={metric.id === job.rankBy ? 'font-semibold' : 'font-medium'}>{metric.label}</span>
              <span className="font-semibold">
                {formatMetric(row.metrics[metric.id] ?? 0, metric)} <span className="text-ink-3 font-normal">{metric.unit}</span>
              </span>
            </dt>
            <dd className="text-ink-2">{metric.meaning}</dd>
            {metric.caveat !== undefined && <dd className="text-ink-3 text-xs">{metric.caveat}</dd>}
          </div>
        ))}
      </dl>
      {row.notes.map(({ code, message }) => (
        <p key={code + message} className="text-ink-2 mt-2 break-words">
          {message}
        </p>
      ))}
    </>
  );
}

function PosesTab({ row, poses, togglePose }: DetailsProps) {
  const table = row.tables['poses'];
  if (!table || table.length === 0) return <p className="text-ink-2">This result has no poses.</p>;
  return <PosesTable poses={table} shown={poses} toggle={togglePose} />;
}

function ContactsTab({ scene }: DetailsProps) {
  const contacts = scene.contacts?.contacts ?? [];
  if (contacts.length === 0) return <p className="text-ink-2">No contacts are known for this result.</p>;
  return (
    <>
      <p className="text-ink-2 mb-2">
        Residues with a heavy atom within 4 Å of the shown pose; polar: N, O or S within 3.5 Å, as in a hydrogen bond. Geometry alone, no
        energies.
      </p>
      <table className="w-full">
        <thead>
          <tr className="text-ink-3 text-xs">
            <th className="text-left font-normal">residue</th>
            <th className="text-left font-normal">chain</th>
            <th className="text-left font-normal">kind</th>
            <th className="text-right font-normal">Å</th>
          </tr>
        </thead>
        <tbody>
          {contacts.map((contact) => (
            <tr key={`${contact.chain}${String(contact.number)}`} className={contact.isPolar ? 'font-medium' : undefined}>
              <td>{residueLabel(contact)}</td>
              <td>{contact.chain}</td>
              <td>{contact.isPolar ? 'polar' : 'contact'}</td>
              <td className="text-right">{contact.distanceAngstrom.toFixed(2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function FilesTab({ job, row }: DetailsProps) {
  const files = [...row.artifacts, ...job.artifacts];
  if (files.length === 0) return <p className="text-ink-2">No files yet.</p>;
  return (
    <ul>
      {files.map((file) => (
        <li key={file.name + file.sha256} className="border-line flex items-center gap-2 border-b py-1.5 last:border-b-0">
          <a href={file.href} download className="text-accent min-w-0 flex-1 truncate hover:underline">
            {file.name}
          </a>
          <span className="text-ink-3 font-mono text-xs" title={`SHA-256 ${file.sha256}`}>
            {file.sha256.slice(0, 8)}
          </span>
          <span className="text-ink-2 w-16 text-right">{formatBytes(file.sizeBytes)}</span>
        </li>
      ))}
    </ul>
  );
}

function ProvenanceTab({ job, row }: DetailsProps) {
  const { provenance } = row;
  return (
    <>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1">
        <Fact name="Id">
          <code className="font-mono text-xs break-all">{row.id}</code>
        </Fact>
        <Fact name="Model">{`${job.modelId} ${job.modelVersion}`}</Fact>
        <Fact name="Seed">{job.seed}</Fact>
        {Object.entries(provenance?.parameters ?? job.parameters).map(([name, value]) => (
          <Fact key={name} name={name}>
            {String(value)}
          </Fact>
        ))}
        {typeof provenance?.workerHost === 'string' && <Fact name="Worker">{provenance.workerHost}</Fact>}
        {typeof provenance?.environmentDigest === 'string' && (
          <Fact name="Environment">
            <code className="font-mono text-xs break-all">{provenance.environmentDigest}</code>
          </Fact>
        )}
        {provenance && (
          <Fact name="Input">
            <code className="font-mono text-xs break-all">{provenance.inputSha256}</code>
          </Fact>
        )}
        {row.startedAt !== null && <Fact name="Started">{formatTime(row.startedAt)}</Fact>}
        {row.finishedAt !== null && <Fact name="Finished">{formatTime(row.finishedAt)}</Fact>}
        <Fact name="Attempt">{row.attempt}</Fact>
      </dl>
      {row.attempts.length > 0 && (
        <>
          <h3 className="mt-3 font-medium">Earlier attempts</h3>
          {row.attempts.map((attempt) => (
            <p key={attempt.attempt} className="text-ink-2 break-words">
              {attempt.attempt}: {attempt.code}, {attempt.message} ({formatTime(attempt.endedAt)})
            </p>
          ))}
        </>
      )}
      <Reproduce row={row} />
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
