/** Exit codes of `omtx`; scripts depend on them (docs/cli.md). */
export const EXIT = {
  ok: 0,
  /** A fault of the command or of the hub. */
  failed: 1,
  /** The command line or a file it names cannot be used. */
  usage: 2,
  /** The hub refused the request. */
  refused: 3,
  /** No hub answers. */
  unreachable: 4,
  /** The job that was waited for failed. */
  jobFailed: 5,
  /** The job that was waited for was cancelled. */
  jobCancelled: 6,
} as const;

/** What a user can mend at the command line; its message says how. */
export class UsageError extends Error {}
