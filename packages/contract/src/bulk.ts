/** Many jobs at once: tag, cancel, delete. First asked without `confirm`, which changes nothing and says how many; then with that number. */
import { Type, type Static } from 'typebox';
import { JobStatus } from './job.ts';

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0 });
const Tags = Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 50 });

/** Most jobs of one request; more are refused, not cut. */
export const MAX_BULK_JOBS = 10_000;

/** The filters of the list of jobs; a request without any is refused, so that a slip does not mean everything. */
export const BulkFilter = Type.Object(
  {
    status: Type.Optional(JobStatus),
    jobType: Type.Optional(Type.Enum(['individual', 'batch_parent'])),
    taskType: Type.Optional(Type.String({ maxLength: 64 })),
    modelId: Type.Optional(Type.String({ maxLength: 64 })),
    name: Type.Optional(Type.String({ maxLength: 200 })),
    tag: Type.Optional(Type.String({ maxLength: 100 })),
    project: Type.Optional(Type.String({ maxLength: 100 })),
    createdFrom: Type.Optional(Type.String({ format: 'date-time' })),
    createdBefore: Type.Optional(Type.String({ format: 'date-time' })),
    search: Type.Optional(Type.String({ maxLength: 1_000 })),
  },
  { ...closed, minProperties: 1 },
);
export type BulkFilter = Static<typeof BulkFilter>;

const which = {
  ids: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { minItems: 1, maxItems: MAX_BULK_JOBS })),
  filter: Type.Optional(BulkFilter),
  /** The number of jobs that were found when it was asked before; without it nothing is changed. */
  confirm: Type.Optional(Count),
} as const;

export const BulkJobs = Type.Union([
  Type.Object({ action: Type.Enum(['cancel', 'delete']), ...which }, closed),
  Type.Object({ action: Type.Enum(['tag', 'untag']), tags: Tags, ...which }, closed),
]);
export type BulkJobs = Static<typeof BulkJobs>;

export const BulkAnswer = Type.Object(
  {
    /** Jobs that are meant. */
    found: Count,
    /** Of them changed now; 0 without `confirm`. */
    changed: Count,
    /** Of them as they were, because there was nothing to change: cancelled or finished before, or tagged so already. */
    unchanged: Count,
  },
  closed,
);
export type BulkAnswer = Static<typeof BulkAnswer>;
