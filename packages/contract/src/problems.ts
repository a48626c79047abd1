/** Every error that the hub's own API can answer: code, HTTP status, title. RFC 9457. */
import { Type, type Static } from 'typebox';

export const PROBLEMS = {
  invalid_body: { status: 400, title: 'The request body is not as the API describes it' },
  invalid_query: { status: 400, title: 'A query or path parameter is not as the API describes it' },
  invalid_input: { status: 422, title: 'The input does not fit the task or the model' },
  rows_rejected: { status: 422, title: 'Rows were rejected and onInvalid is rejectAll' },
  too_many_rows: { status: 413, title: 'More rows than one request may hold' },
  body_too_large: { status: 413, title: 'The request body is too large' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  unknown_task: { status: 422, title: 'No such task' },
  unknown_model: { status: 422, title: 'No such model' },
  model_not_installed: { status: 409, title: 'The model is known but not installed' },
  model_disabled: { status: 409, title: 'The operator has disabled the model' },
  model_task_mismatch: { status: 422, title: 'The model does not answer this task' },
  idempotency_conflict: { status: 409, title: 'The idempotency key was used with another body' },
  job_not_found: { status: 404, title: 'No such job' },
  campaign_not_found: { status: 404, title: 'No such campaign' },
  view_stale: { status: 409, title: 'The rows have changed since the order was given' },
  count_changed: { status: 409, title: 'Another number of jobs is meant than was confirmed' },
  row_not_found: { status: 404, title: 'No such row' },
  upload_not_found: { status: 404, title: 'No such upload' },
  msa_missing: { status: 422, title: 'A protein has no alignment, and one is wanted' },
  msa_not_found: { status: 404, title: 'No such alignment' },
  upload_unusable: { status: 422, title: 'The file that was sent cannot be read' },
  artifact_not_found: { status: 404, title: 'No such artifact' },
  range_not_satisfiable: { status: 416, title: 'No byte of the file is in the range' },
  artifact_damaged: { status: 500, title: 'The stored file does not have its checksum' },
  not_found: { status: 404, title: 'No such address' },
  method_not_allowed: { status: 405, title: 'The address does not take this method' },
  nothing_to_retry: { status: 409, title: 'No row of the job can be retried' },
  job_final: { status: 409, title: 'The job is already final' },
  unavailable: { status: 503, title: 'The hub cannot answer now' },
  internal: { status: 500, title: 'A fault of the hub' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

export const FieldError = Type.Object(
  {
    /** JSON pointer into the body, or the name of the parameter. */
    pointer: Type.String(),
    detail: Type.String(),
  },
  { additionalProperties: false },
);
export type FieldError = Static<typeof FieldError>;

export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String(),
    code: Type.String(),
    requestId: Type.String(),
    errors: Type.Array(FieldError),
  },
  { $id: 'Problem', additionalProperties: false },
);
export type Problem = Static<typeof Problem>;

/** An expected error that is the caller's to mend. Bugs are plain `Error`s. */
export class HubError extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[];

  constructor(code: ProblemCode, detail: string, errors: readonly FieldError[] = [], options?: ErrorOptions) {
    super(detail, options);
    this.name = 'HubError';
    this.code = code;
    this.errors = errors;
  }
}
