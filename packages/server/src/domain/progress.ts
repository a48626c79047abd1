/** Counts, status and time left of a batch, as pure functions of what the database counted. */
import type { JobStatus, Progress } from '@omtx/contract';
import { leftOverDone } from './time-profile.ts';

/** Rows by status. `completed` holds the reused ones and `failed` the rejected ones; what is left of `total` is pending. */
export interface StatusCounts {
  readonly total: number;
  /** In flight in live runs. */
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly reused: number;
  readonly rejected: number;
  /** Rows whose chemistry is checked; all of them but in a large submission that has just come. */
  readonly checked: number;
}

/** Marks of a job's life that its counts do not hold. */
export interface JobMarks {
  readonly startedAt: Date | null;
  readonly cancelledAt: Date | null;
}

export interface Timing extends JobMarks {
  readonly pausedAt: Date | null;
  /** Time of the database, as all others. */
  readonly now: Date;
  /** Expected seconds of rows in equal slices of the job; null where nothing is known. */
  readonly timeProfile?: readonly number[] | null;
}

/** After a cancel every open row counts as cancelled at once, before each is written down. */
export function withCancelMark(counts: StatusCounts, { cancelledAt }: Pick<JobMarks, 'cancelledAt'>): StatusCounts {
  if (cancelledAt === null) return counts;
  return { ...counts, running: 0, cancelled: counts.total - counts.completed - counts.failed };
}

/** Status of a batch, or of an individual job as a batch of one row; the same rule as the generated column `jobs.status`. */
export function batchStatus(counts: StatusCounts, marks: JobMarks): JobStatus {
  const seen = withCancelMark(counts, marks);
  const final = finalCount(seen);
  if (final < seen.total) {
    const hasStarted = marks.startedAt !== null || seen.running > 0 || final > seen.rejected;
    return hasStarted ? 'running' : 'pending';
  }
  if (seen.completed > 0) return 'completed';
  return seen.failed > 0 ? 'failed' : 'cancelled';
}

/** True when no row can change any more. */
export function isFinal(status: JobStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** Everything a progress bar shows; `percentage` reaches 100 only when every row is final. */
export function progressOf(counts: StatusCounts, timing: Timing): Progress {
  const seen = withCancelMark(counts, timing);
  const final = finalCount(seen);
  const ran = seen.completed + seen.failed - seen.rejected;
  return {
    ...seen,
    pending: seen.total - seen.running - final,
    // Cut to one decimal, so that 99.96 is not shown as 100.
    percentage: seen.total === 0 ? 100 : Math.floor((1000 * final) / seen.total) / 10,
    successRate: ran > 0 ? seen.completed / ran : null,
    secondsLeft: secondsLeft(seen, timing),
  };
}

/**
 * Time left at the pace of the rows that really ran: reused and rejected ones took no time, and rows in flight are taken as half done.
 * Where it is known how time is spread over the rows, those left count by their own sizes.
 * @returns seconds; 0 when all is final, null before the first row has ended and while paused
 */
function secondsLeft(counts: StatusCounts, { startedAt, pausedAt, now, timeProfile }: Timing): number | null {
  const open = counts.total - finalCount(counts);
  if (open === 0) return 0;
  const ran = counts.completed - counts.reused + counts.failed - counts.rejected;
  if (startedAt === null || pausedAt !== null || ran <= 0) return null;
  const elapsedSeconds = Math.max(0, now.getTime() - startedAt.getTime()) / 1000;
  const halfDone = counts.running / 2;
  const done = (finalCount(counts) + halfDone) / counts.total;
  return (elapsedSeconds / (ran + halfDone)) * (open - halfDone) * leftOverDone(timeProfile, done);
}

function finalCount({ completed, failed, cancelled }: StatusCounts): number {
  return completed + failed + cancelled;
}
