/** One job of a list: what it is, how it stands, when. */
import type { JobSummary } from '@omtx/contract';
import { Link } from '@tanstack/react-router';
import { OutcomeBar } from '../../../components/outcome-bar.tsx';
import { Status } from '../../../components/status.tsx';
import { formatCount, formatDuration, formatShortTime, formatTime, plural } from '../../../lib/format.ts';

export function JobLine({ job, children }: { readonly job: JobSummary; readonly children?: React.ReactNode }) {
  const { progress } = job;
  const isBatch = job.jobType === 'batch_parent';
  const final = progress.completed + progress.failed + progress.cancelled;
  return (
    <div className="border-line hover:bg-surface-2 relative flex items-center gap-3 border-b px-3 py-2 last:border-b-0">
      {children}
      <div className="min-w-0 flex-1">
        <Link to="/results/$jobId" params={{ jobId: job.id }} className="block truncate font-medium after:absolute after:inset-0">
          {job.name}
        </Link>
        <p className="text-ink-3 truncate text-xs">
          {job.modelId} {job.modelVersion}
          {isBatch ? `, ${plural(progress.total, 'row')}` : ', one job'}
        </p>
      </div>
      <div className="hidden w-44 shrink-0 sm:block">
        {isBatch && <OutcomeBar progress={progress} height={6} />}
        <p className="text-ink-3 mt-1 truncate text-xs">
          {isBatch ? progressWords(final, progress.total, progress.secondsLeft) : '\u00a0'}
        </p>
      </div>
      <div className="w-28 shrink-0">
        <Status status={job.pausedAt !== null && job.finishedAt === null ? 'paused' : job.status} />
      </div>
      <time dateTime={job.createdAt} title={formatTime(job.createdAt)} className="text-ink-2 hidden w-28 shrink-0 text-right md:block">
        {formatShortTime(job.createdAt)}
      </time>
    </div>
  );
}

function progressWords(final: number, total: number, secondsLeft: number | null): string {
  if (final === total) return `${formatCount(total)} done`;
  const left = secondsLeft === null ? '' : `, about ${formatDuration(secondsLeft)} left`;
  return `${formatCount(final)} of ${formatCount(total)}${left}`;
}
