/** One line that shows how far a job is. */
import type { Progress } from '@omtx/contract';

const BAR_WIDTH = 24;
const MINUTE = 60;
/** From here on minutes are enough. */
const LONG_SECONDS = 100;

/** @param secondsLeft as it is now; null where nothing can be said yet @param note said while nothing runs */
export function progressLine(progress: Progress, elapsedSeconds: number, secondsLeft: number | null, note: string | null): string {
  const done = progress.completed + progress.failed + progress.cancelled;
  const filled = progress.total === 0 ? 0 : Math.floor((done / progress.total) * BAR_WIDTH);
  const bar = '#'.repeat(filled).padEnd(BAR_WIDTH, '.');
  const said = progress.running === 0 && done < progress.total ? note : null;
  const left = said ?? (done === progress.total ? null : leftInWords(secondsLeft));
  return `[${bar}] ${String(done)}/${String(progress.total)}  ${countsOf(progress)}  (${duration(elapsedSeconds)}${left === null ? '' : `, ${left}`})`;
}

/** Only what there is, apart from running and completed; rejected rows are no failures of the run. */
function countsOf({ running, completed, failed, rejected, cancelled }: Progress): string {
  const rare = Object.entries({ failed: failed - rejected, rejected, cancelled }).filter(([, count]) => count > 0);
  return [`${String(running)} running, ${String(completed)} completed`, ...rare.map(([name, count]) => `${String(count)} ${name}`)].join(
    ', ',
  );
}

function leftInWords(seconds: number | null): string | null {
  if (seconds === null) return null;
  return seconds < 1 ? 'nearly done' : `about ${duration(seconds)} left`;
}

function duration(seconds: number): string {
  return seconds < LONG_SECONDS ? `${String(Math.ceil(seconds))} s` : `${String(Math.round(seconds / MINUTE))} min`;
}

/** `40 s`, `12 min`, `3.5 h`, `2.1 d`: as exact as an estimate is. */
export function timeText(seconds: number): string {
  if (seconds < 100) return `${String(Math.ceil(seconds))} s`;
  if (seconds < 100 * 60) return `${String(Math.round(seconds / 60))} min`;
  if (seconds < 48 * 3_600) return `${(seconds / 3_600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(1)} d`;
}
