/** The three forms of a time in the old contract. The hub's own times are ISO 8601 in UTC. */

/** Part A: float epoch seconds. */
export function seconds(iso: string | null): number | null {
  return iso === null ? null : Date.parse(iso) / 1_000;
}

/** Status in v3: ISO 8601 without a zone, to the second. */
export function plainTime(iso: string | null): string | null {
  return iso === null ? null : iso.slice(0, 19);
}

/** Seconds from start to end; while it runs, to `now`; null before the start. */
export function duration(startedAt: string | null, finishedAt: string | null, now: string | null): number | null {
  const [start, end] = [seconds(startedAt), seconds(finishedAt ?? now)];
  return start === null || end === null ? null : Math.max(0, end - start);
}
