/** One line that shows how far a job is. */
import type { Progress } from '@omtx/contract';

const BAR_WIDTH = 24;

export function progressLine(progress: Progress, startedAt: number, now = Date.now()): string {
  const done = progress.completed + progress.failed + progress.cancelled;
  const filled = progress.total === 0 ? 0 : Math.floor((done / progress.total) * BAR_WIDTH);
  const bar = '#'.repeat(filled).padEnd(BAR_WIDTH, '.');
  const left = progress.secondsLeft === null || done === progress.total ? '' : `, about ${Math.ceil(progress.secondsLeft)} s left`;
  const counts = `${progress.running} running, ${progress.completed} completed, ${progress.failed} failed`;
  return `[${bar}] ${done}/${progress.total}  ${counts}  (${Math.round((now - startedAt) / 1_000)} s${left})`;
}
