/** What the batch is, how far it is, and where every row of the input went: the funnel adds up to the rows. */
import type { JobDetail } from '@omtx/contract';
import { LinkButton } from '../../../components/link-button.tsx';
import { OutcomeBar } from '../../../components/outcome-bar.tsx';
import { useTitle } from '../../../components/page-head.tsx';
import { Status } from '../../../components/status.tsx';
import { formatTime } from '../../../lib/format.ts';
import { isFinal } from '../api/job.ts';
import type { BatchSearch } from '../batch-search.ts';
import { ExportMenu } from './export-menu.tsx';
import { FailureGroups } from './failure-groups.tsx';
import { Funnel } from './funnel.tsx';
import { JobActions } from './job-actions.tsx';

export interface BatchHeadProps {
  readonly job: JobDetail;
  readonly search: BatchSearch;
  readonly selected: ReadonlySet<number>;
  readonly showOutcome: (outcome: string | undefined) => void;
  readonly showCode: (code: string | undefined) => void;
}

export function BatchHead({ job, search, selected, showOutcome, showCode }: BatchHeadProps) {
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
          <ExportMenu job={job} search={search} selected={selected} />
        </div>
      </div>
      <p className="text-ink-2 truncate">{describe(job)}</p>
      {job.waitingFor !== null && job.progress.running === 0 && !final && <p className="text-warn">{job.waitingFor}</p>}
      <div className="mt-2">
        <OutcomeBar progress={job.progress} />
      </div>
      <Funnel job={job} outcome={search.outcome} showOutcome={showOutcome} />
      <FailureGroups job={job} code={search.code} showCode={showCode} />
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
