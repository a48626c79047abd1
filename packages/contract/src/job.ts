/** Jobs, rows and progress as `/api/v4` shows them. Times are ISO 8601 in UTC; durations are seconds. */
import { Type, type Static } from 'typebox';
import { Note } from './protocol.ts';
import { Nullable } from './nullable.ts';

const closed = { additionalProperties: false } as const;
const Time = Type.String({ format: 'date-time' });
const Count = Type.Integer({ minimum: 0 });
const FreeObject = Type.Record(Type.String(), Type.Unknown());

export const JOB_TYPES = ['individual', 'batch_parent', 'batch_child'] as const;
export const JobType = Type.Enum(JOB_TYPES);
export type JobType = (typeof JOB_TYPES)[number];

export const JOB_STATUSES = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const;
export const JobStatus = Type.Enum(JOB_STATUSES);
export type JobStatus = (typeof JOB_STATUSES)[number];

/** What became of a row: exactly one, once it is final. */
export const ROW_OUTCOMES = ['completed', 'reused', 'failed', 'rejected', 'cancelled'] as const;
export const RowOutcome = Type.Enum(ROW_OUTCOMES);
export type RowOutcome = (typeof ROW_OUTCOMES)[number];

/** Counts of rows by status. `completed` holds the reused ones and `failed` the rejected ones, which are also told apart. */
export const Progress = Type.Object(
  {
    total: Count,
    pending: Count,
    running: Count,
    completed: Count,
    failed: Count,
    cancelled: Count,
    reused: Count,
    rejected: Count,
    /** Rows whose chemistry is checked: fewer than `total` only while a large submission is being checked. */
    checked: Count,
    /** 0..100: final rows of all rows. */
    percentage: Type.Number({ minimum: 0, maximum: 100 }),
    /** 0..1: completed of completed and failed, rejected left out; null before the first. */
    successRate: Nullable(Type.Number({ minimum: 0, maximum: 1 })),
    /** Seconds to go, from rows finished so far; null where nothing can be said. */
    secondsLeft: Nullable(Type.Number({ minimum: 0 })),
  },
  closed,
);
export type Progress = Static<typeof Progress>;

export const FailureView = Type.Object(
  { code: Type.String(), message: Type.String(), title: Type.String(), remedy: Type.String() },
  closed,
);
export type FailureView = Static<typeof FailureView>;

/** One job of the list: an individual job or a batch. */
export const JobSummary = Type.Object(
  {
    id: Type.String(),
    jobType: JobType,
    taskType: Type.String(),
    modelId: Type.String(),
    modelVersion: Type.String(),
    name: Type.String(),
    status: JobStatus,
    progress: Progress,
    createdAt: Time,
    startedAt: Nullable(Time),
    finishedAt: Nullable(Time),
    updatedAt: Time,
    pausedAt: Nullable(Time),
    cancelRequestedAt: Nullable(Time),
    tags: Type.Array(Type.String()),
    project: Nullable(Type.String()),
    /** Written by the owner; a job's `notes` are those of its runs. */
    ownNotes: Type.String(),
  },
  closed,
);
export type JobSummary = Static<typeof JobSummary>;

export const ArtifactView = Type.Object(
  {
    name: Type.String(),
    role: Nullable(Type.String()),
    mediaType: Type.String(),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    sizeBytes: Count,
    href: Type.String(),
  },
  closed,
);
export type ArtifactView = Static<typeof ArtifactView>;

/** What a retry changed against the job's own settings; null where it kept them. */
export const RetryChangesView = Type.Object(
  {
    /** All parameters of the attempt. */
    parameters: Nullable(FreeObject),
    timeoutSeconds: Nullable(Type.Integer()),
    memoryBytes: Nullable(Type.Integer()),
    alone: Type.Boolean(),
  },
  closed,
);
export type RetryChangesView = Static<typeof RetryChangesView>;

/** An attempt that did not end in the row's present outcome. */
export const AttemptView = Type.Object(
  {
    attempt: Type.Integer({ minimum: 1 }),
    runId: Nullable(Type.String()),
    startedAt: Nullable(Time),
    endedAt: Time,
    code: Type.String(),
    message: Type.String(),
    /** Set where a person asked for this attempt. */
    changes: Nullable(RetryChangesView),
  },
  closed,
);
export type AttemptView = Static<typeof AttemptView>;

/** One row of a batch as a line of a table. */
export const RowView = Type.Object(
  {
    id: Type.String(),
    index: Count,
    /** Physical 1-based line of the library it came from; null where the input was no text. */
    line: Nullable(Type.Integer({ minimum: 1 })),
    name: Nullable(Type.String()),
    status: JobStatus,
    outcome: Nullable(RowOutcome),
    /** 1-based place by the ranking metric among completed rows; null where it has no score. */
    rank: Nullable(Type.Integer({ minimum: 1 })),
    metrics: Type.Record(Type.String(), Type.Number()),
    failure: Nullable(FailureView),
    /** Index of the row whose result this row shares. */
    reusedFrom: Nullable(Count),
    attempt: Type.Integer({ minimum: 1 }),
    ownInput: FreeObject,
    /** Canonical SMILES after the model's own cleaning. */
    canonicalSmiles: Nullable(Type.String()),
    notes: Type.Array(Note),
    startedAt: Nullable(Time),
    finishedAt: Nullable(Time),
  },
  closed,
);
export type RowView = Static<typeof RowView>;

/** How a result came about: enough to do it again. */
export const Provenance = Type.Object(
  {
    modelId: Type.String(),
    modelVersion: Type.String(),
    environmentDigest: Nullable(Type.String()),
    parameters: FreeObject,
    seed: Type.Integer(),
    inputSha256: Type.String(),
    runId: Nullable(Type.String()),
    workerHost: Nullable(Type.String()),
  },
  closed,
);
export type Provenance = Static<typeof Provenance>;

/** Everything about one row: tables, files, provenance, earlier attempts. */
export const RowDetail = Type.Object(
  {
    ...RowView.properties,
    jobType: JobType,
    batchId: Nullable(Type.String()),
    /** Shared and own input merged. */
    input: FreeObject,
    tables: Type.Record(Type.String(), Type.Array(FreeObject)),
    artifacts: Type.Array(ArtifactView),
    attempts: Type.Array(AttemptView),
    /** What the present attempt runs with, where a person asked for it. */
    changes: Nullable(RetryChangesView),
    provenance: Nullable(Provenance),
  },
  closed,
);
export type RowDetail = Static<typeof RowDetail>;

export const ROUTING_RULES = [
  'explicit_batch_task',
  'multiple_ligands',
  'multiple_sequences',
  'library',
  'single',
  'fallback_plain',
] as const;
export const RoutingRule = Type.Enum(ROUTING_RULES);
export type RoutingRule = (typeof ROUTING_RULES)[number];

/** Detail of a job: for an individual job also its one row. */
export const JobDetail = Type.Object(
  {
    ...JobSummary.properties,
    routedBy: RoutingRule,
    sharedInput: FreeObject,
    parameters: FreeObject,
    seed: Type.Integer(),
    maxConcurrency: Type.Integer(),
    rankBy: Nullable(Type.String()),
    /** The job that this one was made from. */
    clonedFrom: Nullable(Type.String()),
    /** Why nothing moves, in words; null while it moves or is final. */
    waitingFor: Nullable(Type.String()),
    /** Files and notes of the shards: prepared target, its report. */
    artifacts: Type.Array(ArtifactView),
    notes: Type.Array(Note),
    /** Rows whose ligands the search over jobs finds: fewer than all only for a while after a job is accepted. */
    indexed: Count,
    /** The one row of an individual job; null for a batch. */
    row: Nullable(RowDetail),
  },
  closed,
);
export type JobDetail = Static<typeof JobDetail>;

export const LIBRARY_FORMATS = ['csv', 'smi', 'sdf', 'ndjson', 'fasta'] as const;

export const Library = Type.Object(
  {
    format: Type.Enum(LIBRARY_FORMATS),
    text: Type.String({ minLength: 1, maxLength: 64 * 1024 * 1024 }),
    /** CSV column that holds the SMILES; found by its header where absent. */
    smilesColumn: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    nameColumn: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  closed,
);
export type Library = Static<typeof Library>;

/** `PATCH /api/v4/jobs/:id`: what an owner may change of a job at any time; what is left out stays. */
export const ChangeJob = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' })),
    tags: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 50 })),
    notes: Type.Optional(Type.String({ maxLength: 20_000 })),
    /** Made where the owner has none of this name; null takes the job out of its project. */
    project: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' }))),
  },
  { $id: 'ChangeJob', minProperties: 1, ...closed },
);
export type ChangeJob = Static<typeof ChangeJob>;

export const MAX_SUBMIT_ROWS = 1_000_000;

/** `POST /api/v4/jobs`: one endpoint for one row and for many. */
export const SubmitJob = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }),
    taskType: Type.String({ pattern: '^[a-z0-9_.-]{1,64}$' }),
    modelId: Type.String({ pattern: '^[a-z0-9][a-z0-9_.-]{0,63}$' }),
    /** Of the model; its newest one that is installed when absent. */
    modelVersion: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    /** Shared and own input of the task in one object; `ligands` or `library` in place of the own input makes a batch. */
    input: FreeObject,
    parameters: Type.Optional(FreeObject),
    /** One seed for all rows; 0 is refused because engines read it as random. */
    seed: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647, default: 42 })),
    maxConcurrency: Type.Optional(Type.Integer({ minimum: 1, maximum: 999, default: 5 })),
    timeoutSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800 })),
    /** Among your own jobs of the model; it takes nothing from others. */
    priority: Type.Optional(Type.Enum(['low', 'normal', 'high', 'urgent'])),
    /** From 5 rows on: behind everybody's interactive jobs. Larger jobs are there anyway. */
    lane: Type.Optional(Type.Literal('bulk')),
    onInvalid: Type.Optional(Type.Union([Type.Literal('reject'), Type.Literal('rejectAll')], { default: 'reject' })),
    idempotencyKey: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    tags: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 50 })),
  },
  { $id: 'SubmitJob', ...closed },
);
export type SubmitJob = Static<typeof SubmitJob>;

/** `POST /api/v4/quote`: what a submission would be, without storing it. Times are seconds. */
export const Quote = Type.Object(
  {
    jobType: JobType,
    routedBy: RoutingRule,
    lane: Type.Enum(['interactive', 'bulk']),
    rows: Type.Object(
      {
        total: Count,
        accepted: Count,
        rejected: Count,
        reused: Count,
        /** All rows of a large submission, whose molecules are read only when it is submitted: they count as rows that run. */
        unchecked: Count,
      },
      closed,
    ),
    /** Rows that really run: accepted and not repeated. */
    runs: Count,
    /** From the first row's start to the last one's end, with nothing else in line. */
    seconds: Type.Number({ minimum: 0 }),
    /** Four of five earlier runs were within as large a factor of what was foretold; null where no run was seen. */
    secondsLow: Nullable(Type.Number({ minimum: 0 })),
    secondsHigh: Nullable(Type.Number({ minimum: 0 })),
    /** Seconds of all rows together, times the CPUs and GPUs that each takes. */
    cpuSeconds: Type.Number({ minimum: 0 }),
    gpuSeconds: Type.Number({ minimum: 0 }),
    /** Mean of the rows, each by the size of its input (heavy atoms and residues). */
    rowSeconds: Type.Number({ minimum: 0 }),
    setupSeconds: Type.Number({ minimum: 0 }),
    /** Slots that worker hosts offer now, at most the concurrency asked for; 0 where none offers the model. */
    slots: Count,
    /** `measured`: from runs of this model here; `manifest`: the model's own hint. */
    basis: Type.Enum(['measured', 'manifest']),
    rejected: Type.Array(
      Type.Object(
        { index: Count, line: Nullable(Type.Integer()), name: Nullable(Type.String()), code: Type.String(), message: Type.String() },
        closed,
      ),
    ),
    warnings: Type.Array(Type.String()),
  },
  closed,
);
export type Quote = Static<typeof Quote>;

export const SubmitAnswer = Type.Object(
  {
    id: Type.String(),
    jobType: JobType,
    status: JobStatus,
    routedBy: RoutingRule,
    rows: Type.Object(
      {
        total: Count,
        accepted: Count,
        rejected: Count,
        reused: Count,
        /** Rows of a large submission that are stored and still to be checked; `rejected` and `reused` grow until none is left. */
        unchecked: Count,
      },
      closed,
    ),
    /** The first rejected rows, at most 100; all of them are rows of the batch. */
    rejected: Type.Array(
      Type.Object(
        { index: Count, line: Nullable(Type.Integer()), name: Nullable(Type.String()), code: Type.String(), message: Type.String() },
        closed,
      ),
    ),
    href: Type.String(),
    /** True when the idempotency key was seen before and this is that job. */
    replayed: Type.Boolean(),
    warnings: Type.Array(Type.String()),
  },
  closed,
);
export type SubmitAnswer = Static<typeof SubmitAnswer>;
