/** How many rows one run takes: enough that set-up and the idle slots at its end are a small part of it. */

/** Seconds, as measured so far or as the manifest hints. */
export interface Pace {
  readonly setupSeconds: number;
  readonly rowSeconds: number;
}

/** Set-up is at most a tenth of the run. */
const SETUP_SHARE = 10;
/**
 * A run is at least this long: at its end slots idle until the last row is done. A small job does not wait for it, because the host then
 * asks a long run to give its rows back.
 */
const RUN_SECONDS = 300;

/** @returns at least one row for each slot */
export function shardSize({ setupSeconds, rowSeconds }: Pace, slots: number, maxRows: number): number {
  const runSeconds = Math.max(RUN_SECONDS, SETUP_SHARE * setupSeconds);
  const rows = Math.ceil((slots * runSeconds) / Math.max(rowSeconds, 1e-3));
  return Math.min(maxRows, Math.max(slots, rows));
}

/** What a run costs the hub itself, whatever its rows do: claim, open, end. A batch of 1,000 rows that do nothing was cut into 15 runs. */
const RUN_OVERHEAD_SECONDS = 0.02;
/** A row takes the hub this long at least. */
const LEAST_ROW_SECONDS = 1e-4;

/** @returns rows below which set-up would be more than a tenth of the run: a shard is not cut smaller to spread the end of a batch */
export function leastShardSize({ setupSeconds, rowSeconds }: Pace, slots: number): number {
  const setup = setupSeconds + RUN_OVERHEAD_SECONDS;
  return Math.max(slots, Math.ceil((slots * (SETUP_SHARE - 1) * setup) / Math.max(rowSeconds, LEAST_ROW_SECONDS)));
}

/** A new measurement counts a third: it follows a change within a few runs and forgets an outlier. */
const WEIGHT = 1 / 3;

export function updatePace(pace: Pace, measured: Partial<Pace>): Pace {
  const mix = (old: number, seen: number | undefined): number => (seen === undefined ? old : old + WEIGHT * (seen - old));
  return { setupSeconds: mix(pace.setupSeconds, measured.setupSeconds), rowSeconds: mix(pace.rowSeconds, measured.rowSeconds) };
}
