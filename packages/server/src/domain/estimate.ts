/** How long work takes, from the timing of its model. Pure; seconds. */
import type { Pace } from './shard-size.ts';

/**
 * Rows in `slots` lanes, each lane with its set-up; a last lane that is not full still takes a whole row.
 * @param slots rows at once; at least 1 is taken, because a quote asks how long it takes once a worker is there
 */
export function secondsFor(rowCount: number, { setupSeconds, rowSeconds }: Pace, slots: number): number {
  if (rowCount === 0) return 0;
  return setupSeconds + Math.ceil(rowCount / Math.max(1, slots)) * rowSeconds;
}
