/** Where every row of the input went: the parts add up to the rows, and a click on one shows its rows. */
import type { JobDetail, Progress } from '@omtx/contract';
import type { ReactNode } from 'react';
import { cx } from '../../../components/class-names.ts';
import { outcomeCounts } from '../../../components/outcome-bar.tsx';
import { StatusMark, type Mark } from '../../../components/status.tsx';
import { formatCount, formatDuration } from '../../../lib/format.ts';

export interface FunnelProps {
  readonly job: JobDetail;
  /** Outcome of the rows that are shown, where one is chosen. */
  readonly outcome: string | undefined;
  readonly showOutcome: (outcome: string | undefined) => void;
}

/** Value of the filter, mark and words of each part that can be shown. */
const PARTS = [
  ['rejected', 'rejected', 'rejected'],
  ['reused', 'reused', 'same as another'],
  ['completed', 'completed', 'completed'],
  ['failed', 'failed', 'failed'],
  ['cancelled', 'cancelled', 'cancelled'],
] as const satisfies readonly (readonly [outcome: string, mark: Mark, words: string])[];

export function Funnel({ job, outcome, showOutcome }: FunnelProps) {
  const { progress } = job;
  const { running, pending } = outcomeCounts(progress);
  const left = progress.secondsLeft;
  return (
    <div className="text-ink-2 mt-2 flex flex-wrap items-center gap-x-5 gap-y-1" aria-label="What became of the rows" role="group">
      <span>
        <b className="text-ink-1 font-semibold">{formatCount(progress.total)}</b> rows
      </span>
      {PARTS.map(([value, mark, words]) => (
        <Part
          key={value}
          mark={mark}
          count={countOf(progress, value)}
          isShown={outcome === value}
          show={() => showOutcome(outcome === value ? undefined : value)}
        >
          {words}
        </Part>
      ))}
      {running > 0 && (
        <Waiting mark="running" count={running}>
          in flight
        </Waiting>
      )}
      {pending > 0 && (
        <Waiting mark="pending" count={pending}>
          to come{left === null ? '' : `, about ${formatDuration(left)}`}
        </Waiting>
      )}
    </div>
  );
}

function countOf(progress: Progress, outcome: (typeof PARTS)[number][0]): number {
  const counts = outcomeCounts(progress);
  switch (outcome) {
    case 'reused':
      return progress.reused;
    case 'completed':
      return counts.completed - progress.reused;
    default:
      return counts[outcome];
  }
}

interface PartProps {
  readonly mark: Mark;
  readonly count: number;
  readonly isShown: boolean;
  readonly show: () => void;
  readonly children: ReactNode;
}

function Part({ mark, count, isShown, show, children }: PartProps) {
  if (count === 0) return null;
  return (
    <button
      type="button"
      onClick={show}
      aria-pressed={isShown}
      className={cx('-mx-1 inline-flex items-center gap-1.5 rounded-md px-1', isShown ? 'bg-accent-soft' : 'hover:bg-surface-2')}
    >
      <StatusMark status={mark} />
      <b className="font-semibold">{formatCount(count)}</b> {children}
    </button>
  );
}

function Waiting({ mark, count, children }: { readonly mark: Mark; readonly count: number; readonly children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <StatusMark status={mark} />
      <b className="font-semibold">{formatCount(count)}</b> {children}
    </span>
  );
}
