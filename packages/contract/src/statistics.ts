/** Statistics over jobs: kept with every change, never counted, so they cost the same for ten jobs and for a million. */
import { Type, type Static } from 'typebox';

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0 });
const Counts = Type.Record(Type.String(), Count);
const Nullable = Type.Union([Type.Number({ minimum: 0 }), Type.Null()]);

/** Seconds; the mean is exact, percentiles are within 5 %. Null before the first. */
export const TimeSummary = Type.Object({ count: Count, mean: Nullable, p50: Nullable, p95: Nullable }, closed);
export type TimeSummary = Static<typeof TimeSummary>;

export const ModelStatistics = Type.Object(
  {
    modelId: Type.String(),
    jobs: Count,
    rows: Count,
    /** 0..1: completed of completed and failed rows, rejected ones left out; null before the first. */
    successRate: Nullable,
    /** Start to end of completed jobs. */
    jobSeconds: TimeSummary,
    /** Rows that ran, whether they completed or failed. */
    rowSeconds: TimeSummary,
    /** Submission to start. */
    queueSeconds: TimeSummary,
    /** Sum over all rows that ran. */
    computeSeconds: Type.Number({ minimum: 0 }),
  },
  closed,
);
export type ModelStatistics = Static<typeof ModelStatistics>;

export const CacheFigures = Type.Object(
  {
    hits: Count,
    misses: Count,
    hitRatio: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()]),
    bytes: Count,
    /** Times that the cache failed and the database answered, and whether it did at its last use. */
    faults: Count,
    isFailing: Type.Boolean(),
  },
  closed,
);

export const Statistics = Type.Object(
  {
    jobs: Type.Object({ total: Count, byStatus: Counts, byJobType: Counts, byTaskType: Counts, byModel: Counts }, closed),
    /** Rows by outcome; `completed` holds the reused and `failed` the rejected ones, as in a job's progress. */
    rows: Type.Object({ total: Count, byOutcome: Counts }, closed),
    successRate: Nullable,
    jobSeconds: TimeSummary,
    queueSeconds: TimeSummary,
    computeSeconds: Type.Number({ minimum: 0 }),
    models: Type.Array(ModelStatistics),
    /** The last 30 days with activity in them, in UTC, the newest first. */
    days: Type.Array(
      Type.Object({ day: Type.String({ format: 'date' }), created: Count, completed: Count, failed: Count, cancelled: Count }, closed),
    ),
  },
  closed,
);
export type Statistics = Static<typeof Statistics>;

/** What a recount found and mended; empty lists where all was right. */
export const RecountAnswer = Type.Object(
  {
    counters: Type.Array(
      Type.Object({ jobId: Type.String(), counter: Type.String(), kept: Type.Integer(), counted: Type.Integer() }, closed),
    ),
    statistics: Type.Array(
      Type.Object({ owner: Type.String(), kind: Type.String(), key: Type.String(), kept: Type.Number(), counted: Type.Number() }, closed),
    ),
  },
  closed,
);
export type RecountAnswer = Static<typeof RecountAnswer>;
