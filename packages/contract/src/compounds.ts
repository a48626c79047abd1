/** One compound in all jobs of an owner. */
import { Type, type Static } from 'typebox';
import { JobStatus, RowOutcome } from './job.ts';

const closed = { additionalProperties: false } as const;
const NullableText = Type.Union([Type.String(), Type.Null()]);

export const CompoundRow = Type.Object(
  {
    /** Of the row: of the job itself where it is an individual one. */
    id: Type.String(),
    jobId: Type.String(),
    jobName: Type.String(),
    taskType: Type.String(),
    modelId: Type.String(),
    modelVersion: Type.String(),
    createdAt: Type.String({ format: 'date-time' }),
    index: Type.Integer({ minimum: 0 }),
    name: NullableText,
    inchikey: Type.String(),
    canonicalSmiles: NullableText,
    status: JobStatus,
    outcome: Type.Union([RowOutcome, Type.Null()]),
    rankBy: NullableText,
    metrics: Type.Record(Type.String(), Type.Number()),
  },
  closed,
);
export type CompoundRow = Static<typeof CompoundRow>;

export const CompoundAnswer = Type.Object(
  {
    /** What was looked for. */
    inchikey: Type.String(),
    rows: Type.Array(CompoundRow),
    total: Type.Integer({ minimum: 0 }),
    nextCursor: NullableText,
  },
  closed,
);
export type CompoundAnswer = Static<typeof CompoundAnswer>;

/** How far a search for structures in a job is. */
export const RowMatches = Type.Object(
  {
    total: Type.Integer({ minimum: 0 }),
    /** Rows that are decided. */
    examined: Type.Integer({ minimum: 0 }),
    /** Of them, found. */
    matching: Type.Integer({ minimum: 0 }),
    isDone: Type.Boolean(),
  },
  closed,
);
export type RowMatches = Static<typeof RowMatches>;
