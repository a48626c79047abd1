/** One thing that was looked at. */
export interface Finding {
  /** `missing`: the hub, or jobs of it, cannot go on without it. `note`: worth knowing, perhaps worth a change. */
  readonly state: 'ok' | 'missing' | 'note';
  readonly what: string;
  readonly found: string;
  /** What to do. */
  readonly remedy?: string;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `40 s`, `12 min`, `3 h`, `2 days`. */
export function durationText(seconds: number): string {
  if (seconds < 120) return `${String(Math.round(seconds))} s`;
  if (seconds < 7_200) return `${String(Math.round(seconds / 60))} min`;
  if (seconds < 172_800) return `${String(Math.round(seconds / 3_600))} h`;
  return `${String(Math.round(seconds / 86_400))} days`;
}
