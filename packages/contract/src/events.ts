/** Events of a job, in order; `sequence` is per job and starts at 1. Sent over SSE with `id:` = sequence. */
import { Type, type Static } from 'typebox';
import { JobStatus, Progress } from './job.ts';

export const EVENT_KINDS = [
  'submitted',
  'checked',
  'started',
  'progress',
  'paused',
  'resumed',
  'cancelled',
  'retried',
  'finished',
] as const;

export const JobEvent = Type.Object(
  {
    jobId: Type.String(),
    sequence: Type.Integer({ minimum: 1 }),
    kind: Type.Enum(EVENT_KINDS),
    at: Type.String({ format: 'date-time' }),
    status: JobStatus,
    progress: Progress,
    /** Indexes of the rows that changed with this event, at most 1,000; empty where all may have. */
    rows: Type.Array(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false },
);
export type JobEvent = Static<typeof JobEvent>;
