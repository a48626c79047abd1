/** What the batch is, how far it is, and where every row of the input went: the funnel adds up to the rows. */
import type { JobDetail } from '@omtx/contract';
import { Menu } from '@base-ui/react/menu';
import type { ReactNode } from 'react';
import { buttonClass } from '../../../components/button.tsx';
import { cx } from '../../../components/class-names.ts';
import { Icon } from '../../../components/icons.tsx';
import { OutcomeBar, outcomeCounts } from '../../../components/outcome-bar.tsx';
import { useTitle } from '../../../components/page-head.tsx';
import { Status, StatusMark, type Mark } from '../../../components/status.tsx';
import { formatCount, formatDuration, formatTime } from '../../../lib/format.ts';
import { isFinal } from '../api/job.ts';
import { FailureGroups } from './failure-groups.tsx';
import { JobActions } from './job-actions.tsx';
import { LinkButton } from '../../../components/link-button.tsx';

export interface BatchHeadProps {
  readonly job: JobDetail;
  /** Outcome of the rows that are shown, where one is chosen. */
  readonly outcome: string | undefined;
  readonly showOutcome: (outcome: string | undefined) => void;
  /** Reason of the rows that are shown, where one is chosen. */
  readonly code: string | undefined;
  readonly showCode: (code: string | undefined) => void;
}

export function BatchHead({ job, outcome, showOutcome, code, showCode }: BatchHeadProps) {
  useTitle(job.name);
  const final = isFinal(job);
  return (
    <div className="bg-surface-0 border-line border-b px-4 py-3 md:px-5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h1 className="min-w-0 truncate text-lg font-semibold">{job.name}</h1>
        <Status status={job.pausedAt !== null && !final ? 'paused' : job.status} />
        <div className="no-print ml-auto flex flex-wrap gap-2">
          <JobActions job={job} />
          <LinkButton to="/submit" search={{ from: job.id }}>
            Clone and edit
          </LinkButton>
          <ExportMenu job={job} />
        </div>
      </div>
      <p className="text-ink-2 truncate">{describe(job)}</p>
      {job.waitingFor !== null && job.progress.running === 0 && !final && <p className="text-warn">{job.waitingFor}</p>}
      <div className="mt-2">
        <OutcomeBar progress={job.progress} />
      </div>
      <Funnel job={job} outcome={outcome} showOutcome={showOutcome} />
      <FailureGroups job={job} code={code} showCode={showCode} />
    </div>
  );
}

function describe(job: JobDetail): string {
  const parameters = Object.entries(job.parameters).map(([name, value]) => `${name} ${String(value)}`);
  return [
    `${job.modelId} ${job.modelVersion}`,
    targetOf(job),
    ...parameters.slice(0, 3),
    `seed ${String(job.seed)}`,
    `submitted ${formatTime(job.createdAt)}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function targetOf({ sharedInput }: JobDetail): string {
  const { receptor, proteinName } = sharedInput;
  if (typeof receptor === 'object' && receptor !== null && 'dockstring' in receptor) return String(receptor.dockstring);
  return typeof proteinName === 'string' ? proteinName : '';
}

function Funnel({ job, outcome, showOutcome }: Omit<BatchHeadProps, 'code' | 'showCode'>) {
  const { progress } = job;
  const counts = outcomeCounts(progress);
  const part = (value: string, count: number, mark: Mark, words: ReactNode) =>
    count > 0 && (
      <button
        type="button"
        onClick={() => showOutcome(outcome === value ? undefined : value)}
        aria-pressed={outcome === value}
        className={cx(
          '-mx-1 inline-flex items-center gap-1.5 rounded-md px-1',
          outcome === value ? 'bg-accent-soft' : 'hover:bg-surface-2',
        )}
      >
        <StatusMark status={mark} />
        <b className="font-semibold">{formatCount(count)}</b> {words}
      </button>
    );
  const left = progress.secondsLeft;
  return (
    <div className="text-ink-2 mt-2 flex flex-wrap items-center gap-x-5 gap-y-1" aria-label="What became of the rows" role="group">
      <span>
        <b className="text-ink-1 font-semibold">{formatCount(progress.total)}</b> rows
      </span>
      {part('rejected', counts.rejected, 'rejected', 'rejected')}
      {part('reused', progress.reused, 'reused', 'same as another')}
      {part('completed', counts.completed - progress.reused, 'completed', 'completed')}
      {part('failed', counts.failed, 'failed', 'failed')}
      {part('cancelled', counts.cancelled, 'cancelled', 'cancelled')}
      {counts.running > 0 && (
        <span className="inline-flex items-center gap-1.5">
          <StatusMark status="running" />
          <b className="font-semibold">{formatCount(counts.running)}</b> in flight
        </span>
      )}
      {counts.pending > 0 && (
        <span className="inline-flex items-center gap-1.5">
          <StatusMark status="pending" />
          <b className="font-semibold">{formatCount(counts.pending)}</b> to come{left === null ? '' : `, about ${formatDuration(left)}`}
        </span>
      )}
    </div>
  );
}

const FORMATS = [
  ['csv', 'CSV', 'every row with its outcome and metrics'],
  ['xlsx', 'Excel', 'the same with pictures of the structures'],
  ['parquet', 'Parquet', 'the same for programs, with typed columns'],
  ['sdf', 'SDF', 'best structures with their metrics'],
  ['zip', 'ZIP', 'table, rows and all files, with checksums'],
  ['jsonl', 'JSON lines', 'one object a row'],
  ['json', 'JSON', 'one array'],
  ['bib', 'BibTeX', 'how to cite the model'],
] as const;

function ExportMenu({ job }: { readonly job: JobDetail }) {
  return (
    <Menu.Root>
      <Menu.Trigger className={buttonClass('primary')}>
        <Icon name="download" /> Export
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="end" className="z-40">
          <Menu.Popup className="panel shadow-float w-72 p-1">
            {FORMATS.map(([format, name, what]) => (
              <Menu.Item
                key={format}
                render={
                  <a href={`/api/v4/jobs/${job.id}/export?format=${format}`} download>
                    {name}
                  </a>
                }
                className="data-[highlighted]:bg-accent-soft flex items-baseline gap-2 rounded-md px-2.5 py-1.5"
              >
                <span className="w-20 font-medium">{name}</span>
                <span className="text-ink-2">{what}</span>
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
