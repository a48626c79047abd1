/**
 * How a row can fail: one table for hub, workers, pages and old routes.
 * `retry` says what the hub does by itself:
 * - `never`: the same input fails again; a person may retry it with changes.
 * - `alone`: put back once and run alone, because a neighbour or the size may be to blame.
 * - `always`: the row is not to blame; put back with back-off up to the most attempts.
 */
export type RetryRule = 'never' | 'alone' | 'always';

export interface FailureKind {
  readonly title: string;
  readonly retry: RetryRule;
  /** What a person can do about it. */
  readonly remedy: string;
}

export const FAILURE_CODES = {
  invalid_input: {
    title: 'The input cannot be used',
    retry: 'never',
    remedy: 'Correct the input named in the message and submit it again.',
  },
  preparation_failed: {
    title: 'The input could not be prepared for the model',
    retry: 'never',
    remedy: 'Look at the message; give prepared input (for a ligand a 3D molblock, for a receptor a PDBQT).',
  },
  model_error: {
    title: 'The model refused or failed on this row',
    retry: 'never',
    remedy: 'Look at the log of the run; change the parameters and retry the row.',
  },
  no_result: {
    title: 'The model ran but found nothing usable',
    retry: 'never',
    remedy: 'For docking: check that the box covers the pocket.',
  },
  missing_output: {
    title: 'The model said success but a declared output is missing or does not parse',
    retry: 'alone',
    remedy: 'Retry the row; if it comes back, report the model.',
  },
  timeout: {
    title: 'The row took longer than its time limit',
    retry: 'never',
    remedy: 'Raise timeoutSeconds or lower the cost (exhaustiveness, size) and retry the row.',
  },
  out_of_memory: {
    title: 'The row needed more memory than there was',
    retry: 'alone',
    remedy: 'Retry with fewer rows at once, a smaller input, or on a larger machine.',
  },
  worker_lost: { title: 'The process that ran the row died', retry: 'alone', remedy: 'Look at the log of the run; retry the row.' },
  setup_failed: {
    title: 'The shared input could not be prepared',
    retry: 'never',
    remedy: 'Correct the shared input (target, box) named in the message.',
  },
  protocol_error: {
    title: 'The worker broke the protocol',
    retry: 'alone',
    remedy: 'Report the model: its worker sends messages that the hub cannot read.',
  },
  model_unavailable: {
    title: 'The model could not be started, or ended before it ran a row',
    retry: 'always',
    remedy: 'Look at the message; run "omtx doctor" on the worker host.',
  },
  remote_unknown: {
    title: 'Whether the remote service took the row is not known',
    retry: 'never',
    remedy: 'Look at the service whether it runs there; retry the row if it does not, for it could be paid twice.',
  },
  lease_lost: {
    title: 'The worker host was lost',
    retry: 'always',
    remedy: 'Nothing: the row is put back. Check the worker host if it repeats.',
  },
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof FAILURE_CODES;

/** Why a row was refused before running; its outcome is `rejected`. */
export const REJECTION_CODES = {
  rejected_empty: { title: 'The row has no molecule', remedy: 'Give a SMILES or a structure.' },
  rejected_invalid_smiles: { title: 'The SMILES cannot be read', remedy: 'Correct the SMILES.' },
  rejected_invalid_structure: { title: 'The structure of the row cannot be read', remedy: 'Give a V2000 or V3000 molblock.' },
  rejected_malformed_row: { title: 'The record cannot be read', remedy: 'Look at the line: quotes and columns must match the header.' },
  rejected_invalid_input: { title: 'The row does not fit the schema of the task', remedy: 'Correct the field named in the message.' },
  rejected_with_others: {
    title: 'Other rows are rejected and onInvalid is rejectAll',
    remedy: 'Correct the rejected rows and submit again, or submit with onInvalid: "reject".',
  },
  rejected_limit: { title: 'The row is beyond a limit of the model', remedy: 'Choose another model or change the row.' },
} as const satisfies Record<string, { title: string; remedy: string }>;

export type RejectionCode = keyof typeof REJECTION_CODES;

/** A failure as a value; part of a job's life and never an exception. */
export interface Failure {
  readonly code: FailureCode;
  /** What happened to what, and what to do. */
  readonly message: string;
}

export interface Rejection {
  readonly code: RejectionCode;
  readonly message: string;
}

export function isFailureCode(text: string): text is FailureCode {
  return Object.hasOwn(FAILURE_CODES, text);
}
