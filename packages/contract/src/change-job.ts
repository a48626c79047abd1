/** What a person can do with a job that is there: cancel, retry, pause, resume, clone. */
import { Type, type Static } from 'typebox';
import { JobSummary } from './job.ts';

const closed = { additionalProperties: false } as const;
const FreeObject = Type.Record(Type.String(), Type.Unknown());

/** More rows than this are chosen by their status or code. */
export const MAX_NAMED_ROWS = 10_000;

const RowIndexes = Type.Array(Type.Integer({ minimum: 0, maximum: 999_999_999 }), { minItems: 1, maxItems: MAX_NAMED_ROWS });
const Parameters = Type.Record(Type.String(), Type.Unknown(), { description: 'Merged over the parameters of the job.' });
const TimeoutSeconds = Type.Integer({ minimum: 1, maximum: 604_800 });

/** Without a body, or without rows, the whole job. */
export const CancelJob = Type.Union([Type.Object({ rows: Type.Optional(RowIndexes) }, closed), Type.Null()]);
export type CancelJob = Static<typeof CancelJob>;

/**
 * Rows to run again in place, under their next attempt. Without a choice: all failed rows. What is changed is changed for this retry only
 * and counts against the job's own settings.
 */
export const RetryJob = Type.Union([
  Type.Object(
    {
      rows: Type.Optional(RowIndexes),
      /** `failed` where absent; `all` where rows are named. */
      status: Type.Optional(Type.Enum(['failed', 'cancelled', 'all'])),
      /** Failure codes, such as `timeout`. */
      codes: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z_]{1,64}$' }), { minItems: 1, maxItems: 50 })),
      parameters: Type.Optional(Parameters),
      timeoutSeconds: Type.Optional(TimeoutSeconds),
      resources: Type.Optional(
        Type.Object(
          {
            /** Most memory of one row, in place of the model's own limit. */
            memoryBytes: Type.Optional(Type.Integer({ minimum: 1, maximum: 2 ** 50 })),
            /** Each row with no other row in the same worker process. */
            alone: Type.Optional(Type.Boolean()),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
  Type.Null(),
]);
export type RetryJob = Static<typeof RetryJob>;

export const RetryAnswer = Type.Object({ retryId: Type.String(), retried: Type.Integer({ minimum: 1 }), job: JobSummary }, closed);
export type RetryAnswer = Static<typeof RetryAnswer>;

/** A new job from an old one: everything is taken over but what is given here. */
export const CloneJob = Type.Union([
  Type.Object(
    {
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' })),
      modelId: Type.Optional(Type.String({ pattern: '^[a-z0-9][a-z0-9_.-]{0,63}$' })),
      /** Merged over the shared input, key by key. */
      input: Type.Optional(FreeObject),
      parameters: Type.Optional(Parameters),
      seed: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
      maxConcurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 999 })),
      timeoutSeconds: Type.Optional(TimeoutSeconds),
      tags: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 50 })),
      /** Only these rows; both conditions where both are given. */
      rows: Type.Optional(RowIndexes),
      status: Type.Optional(Type.Enum(['completed', 'failed', 'cancelled'])),
      idempotencyKey: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    },
    closed,
  ),
  Type.Null(),
]);
export type CloneJob = Static<typeof CloneJob>;
