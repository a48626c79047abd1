/** What the hub does by itself with a failed attempt. Whether to retry is a property of the failure code; it is decided here only. */
import { FAILURE_CODES, type FailureCode, type FailureKind } from '@omtx/contract';

/** A row fails at most this many times by one code before it has failed for good, unless a person asks for more. */
export const MAX_ATTEMPTS = 3;

/** Doubled with each attempt: 5 s, 10 s. A host that comes back, or a full disk that is cleared, takes seconds to minutes. */
const FIRST_DELAY_SECONDS = 5;

export interface FailedAttempt {
  readonly code: FailureCode;
  /** How often it has failed by this code, this time included, since it was submitted or a person retried it. */
  readonly times: number;
  /** The run was opened for this row alone, because an earlier attempt failed. A batch that has only one row does not count. */
  readonly wasAlone: boolean;
}

export type RetryDecision =
  | { readonly kind: 'final' }
  /** Put the row back: `alone` in a run of its own, and not before `delaySeconds` have passed. */
  | { readonly kind: 'requeue'; readonly alone: boolean; readonly delaySeconds: number };

export function decideRetry({ code, times, wasAlone }: FailedAttempt): RetryDecision {
  const { retry }: FailureKind = FAILURE_CODES[code];
  if (times >= MAX_ATTEMPTS) return { kind: 'final' };
  switch (retry) {
    case 'never':
      return { kind: 'final' };
    case 'alone':
      return wasAlone ? { kind: 'final' } : { kind: 'requeue', alone: true, delaySeconds: 0 };
    case 'always':
      return { kind: 'requeue', alone: wasAlone, delaySeconds: FIRST_DELAY_SECONDS * 2 ** (times - 1) };
    default:
      return retry satisfies never;
  }
}
