/** Campaigns: the same rows against several targets by several models, in one submission; each pair is an ordinary job. */
import { Type, type Static } from 'typebox';
import { JobStatus, JobSummary, Progress, Quote, RowOutcome, SubmitJob } from './job.ts';
import { MetricDefinition } from './metrics.ts';
import { Nullable } from './nullable.ts';

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0 });
const FreeObject = Type.Record(Type.String(), Type.Unknown());
const Name = Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' });

/** Targets times models. */
export const MAX_ARMS = 100;

export const CampaignTarget = Type.Object(
  {
    /** Names the column of the table; each target has another. */
    name: Name,
    /** Shared input of the task: the target structure, its box, its sequence. */
    input: FreeObject,
  },
  closed,
);

export const CampaignModel = Type.Object(
  {
    /** Names the column of the table, where one model stands in it twice; the model's id when absent. */
    name: Type.Optional(Name),
    modelId: SubmitJob.properties.modelId,
    modelVersion: SubmitJob.properties.modelVersion,
    /** Of this model alone, where it answers another task than the rest. */
    taskType: Type.Optional(SubmitJob.properties.taskType),
    parameters: SubmitJob.properties.parameters,
  },
  closed,
);

const { taskType, seed, maxConcurrency, timeoutSeconds, priority, lane, onInvalid, idempotencyKey, tags } = SubmitJob.properties;

/** `POST /api/v4/campaigns`. */
export const SubmitCampaign = Type.Object(
  {
    name: SubmitJob.properties.name,
    taskType,
    targets: Type.Array(CampaignTarget, { minItems: 1, maxItems: MAX_ARMS }),
    models: Type.Array(CampaignModel, { minItems: 1, maxItems: MAX_ARMS }),
    /** What all jobs have alike: `ligands` or `library`, and shared input that no target has of its own. */
    input: FreeObject,
    seed,
    maxConcurrency,
    timeoutSeconds,
    priority,
    lane,
    onInvalid,
    idempotencyKey,
    tags,
  },
  { $id: 'SubmitCampaign', ...closed },
);
export type SubmitCampaign = Static<typeof SubmitCampaign>;

const ArmName = {
  /** Place among the arms, targets first: the order of the columns. */
  position: Count,
  target: Type.String(),
  model: Type.String(),
} as const;

/** `POST /api/v4/campaigns/quote`: each arm as a submission of its own. Times are seconds. */
export const CampaignQuote = Type.Object(
  {
    arms: Type.Array(Type.Object({ ...ArmName, quote: Quote }, closed)),
    /** Rows that really run, of all arms. */
    runs: Count,
    /** One arm after another; arms of different models may run side by side, so it is the most. */
    seconds: Type.Number({ minimum: 0 }),
    cpuSeconds: Type.Number({ minimum: 0 }),
    gpuSeconds: Type.Number({ minimum: 0 }),
  },
  closed,
);
export type CampaignQuote = Static<typeof CampaignQuote>;

export const CampaignArm = Type.Object(
  {
    ...ArmName,
    modelId: Type.String(),
    /** Null while the hub makes it, where it could not be made, and after it was deleted. */
    job: Nullable(JobSummary),
    /** Why the hub could not make it; null where it could. */
    problem: Nullable(Type.String()),
  },
  closed,
);
export type CampaignArm = Static<typeof CampaignArm>;

export const CampaignSummary = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    taskType: Type.String(),
    status: JobStatus,
    /** Of all jobs together. */
    progress: Progress,
    targets: Type.Array(Type.String()),
    models: Type.Array(Type.String()),
    createdAt: Type.String({ format: 'date-time' }),
    href: Type.String(),
  },
  closed,
);
export type CampaignSummary = Static<typeof CampaignSummary>;

export const Campaign = Type.Object({ ...CampaignSummary.properties, arms: Type.Array(CampaignArm) }, closed);
export type Campaign = Static<typeof Campaign>;

export const CampaignAnswer = Type.Object(
  {
    ...Campaign.properties,
    /** True when the idempotency key was seen before and this is that campaign. */
    replayed: Type.Boolean(),
    warnings: Type.Array(Type.String()),
  },
  closed,
);
export type CampaignAnswer = Static<typeof CampaignAnswer>;

export const CampaignTableQuery = {
  reference: Type.Optional(
    Type.String({ maxLength: 100, description: 'Target that differences and selectivity are taken against; the first where left out.' }),
  ),
  sort: Type.Optional(
    Type.String({
      maxLength: 130,
      description:
        '`index`, `consensus`, `selectivity`, or `arm:N` for the score of the arm at place N; best first, `-` turns it around. Rows without a value come last. `consensus` where left out.',
    }),
  ),
} as const;

export const CampaignCell = Type.Object(
  {
    /** Null while the row has none. */
    outcome: Nullable(RowOutcome),
    code: Nullable(Type.String()),
    score: Nullable(Type.Number()),
    /** Place among the rows of this arm by its score, 1 the best; equal scores share one. */
    rank: Nullable(Type.Integer({ minimum: 1 })),
    /** Score less that of the reference target by the same model; null for the reference itself. */
    difference: Nullable(Type.Number()),
    /** Rank less that of the reference target by the same model: below 0 it stands higher here. */
    rankChange: Nullable(Type.Integer()),
  },
  closed,
);
export type CampaignCell = Static<typeof CampaignCell>;

export const CampaignRow = Type.Object(
  {
    index: Count,
    name: Nullable(Type.String()),
    canonicalSmiles: Nullable(Type.String()),
    /** In the order of the arms. */
    cells: Type.Array(CampaignCell),
    /** Mean of the row's places in all arms, each as a share of the ranked rows: 0 the best, 1 the last; null where an arm has no score. */
    consensus: Nullable(Type.Number({ minimum: 0, maximum: 1 })),
    /** Place by that mean, 1 the best. */
    consensusRank: Nullable(Type.Integer({ minimum: 1 })),
    /**
     * By how much the reference target is favoured over the most favoured other one, in the unit of the score: the least margin of all
     * models; above 0 the reference wins in each. Null where a score is missing, and where there is one target alone.
     */
    selectivity: Nullable(Type.Number()),
  },
  closed,
);
export type CampaignRow = Static<typeof CampaignRow>;

export const CampaignTable = Type.Object(
  {
    reference: Type.String(),
    arms: Type.Array(
      Type.Object({ ...ArmName, modelId: Type.String(), jobId: Nullable(Type.String()), metric: Nullable(MetricDefinition) }, closed),
    ),
    /** Of each pair of arms: rows that both have a score for, and Spearman's rank correlation over them; null below three rows or where all are equal. */
    agreement: Type.Array(
      Type.Object({ a: Count, b: Count, rows: Count, spearman: Nullable(Type.Number({ minimum: -1, maximum: 1 })) }, closed),
    ),
    rows: Type.Array(CampaignRow),
    total: Count,
    nextCursor: Nullable(Type.String()),
  },
  closed,
);
export type CampaignTable = Static<typeof CampaignTable>;
