/** Views of the rows of a job: which rows, in what order. One query string serves pages, order vectors, counts and exports. */
import { Type, type Static } from 'typebox';
import { JobDetail, RowView } from './job.ts';

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0 });

/** Header of each answer about rows: equal versions mean equal rows, so a client knows when what it holds is stale. */
export const VERSION_HEADER = 'omtx-version';
/** Header of any answer that was made without a part that only saves time, such as `cache`: it is right, and came from the database. */
export const DEGRADED_HEADER = 'omtx-degraded';
/** Header of an order vector: rows in it. */
export const COUNT_HEADER = 'omtx-count';

/** Sort keys that are no metrics. `rank` is the order of the ranking metric, best first. */
export const ROW_SORT_KEYS = ['index', 'rank', 'name', 'status', 'outcome', 'code', 'seconds', 'similarity'] as const;
/** Columns that are no metrics. `outcome` is the place in ROW_OUTCOMES, `status` that in JOB_STATUSES. */
export const ROW_COLUMNS = ['index', 'rank', 'outcome', 'status', 'seconds', 'score'] as const;

export const MAX_ROWS_OF_PAGE = 1_000;
export const MAX_SORT_KEYS = 5;

/** Which rows, in what order; parts are joined by commas. Every part may be left out. */
export const RowViewQuery = {
  sort: Type.Optional(
    Type.String({
      maxLength: 400,
      description:
        'Sort keys, such as `-docking_score,name`: index, rank, name, status, outcome, code, seconds, similarity (first, and with `similarTo`), or any metric; `-` turns a key around. Rows without a value come last.',
    }),
  ),
  status: Type.Optional(Type.String({ maxLength: 100, description: 'Statuses, such as `failed,cancelled`.' })),
  outcome: Type.Optional(Type.String({ maxLength: 100, description: 'Outcomes, such as `completed,reused`.' })),
  code: Type.Optional(Type.String({ maxLength: 1_000, description: 'Failure and rejection codes.' })),
  where: Type.Optional(
    Type.String({
      maxLength: 1_000,
      description: 'Ranges of metrics with both ends in them, such as `docking_score:..-8,molecular_weight:200..500`.',
    }),
  ),
  text: Type.Optional(Type.String({ maxLength: 200, description: 'Part of the name, in any case.' })),
  substructure: Type.Optional(
    Type.String({
      maxLength: 1_000,
      description: 'What the ligand holds: SMARTS, or a SMILES without brackets, whose rings are found however their bonds are written.',
    }),
  ),
  similarTo: Type.Optional(Type.String({ maxLength: 1_000, description: 'SMILES that the ligand is like.' })),
  minSimilarity: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'Least Tanimoto similarity of Morgan fingerprints (radius 2, 2,048 bits); 0.5 where left out.',
    }),
  ),
} as const;
export const RowViewText = Type.Object(RowViewQuery, closed);
export type RowViewText = Static<typeof RowViewText>;

export const PageOfRows = {
  limit: Type.Integer({ minimum: 1, maximum: MAX_ROWS_OF_PAGE, default: 100 }),
  cursor: Type.Optional(Type.String({ maxLength: 100, description: '`nextCursor` of the page before.' })),
} as const;

export const RowsAnswer = Type.Object(
  {
    rows: Type.Array(RowView),
    nextCursor: Type.Union([Type.String(), Type.Null()]),
    /** Version of the rows; see the header of the same meaning. */
    version: Type.String(),
  },
  closed,
);

export const BatchStatistics = Type.Object(
  {
    /** Rows that pass the filter. */
    matching: Count,
    /** Rows by failure or rejection code. */
    byCode: Type.Record(Type.String(), Count),
    /** Least and greatest value of the ranking metric; null before the first. */
    score: Type.Union([Type.Object({ min: Type.Number(), max: Type.Number() }, closed), Type.Null()]),
  },
  closed,
);
export type BatchStatistics = Static<typeof BatchStatistics>;

/** Parent, page of children and statistics, all of one moment. */
export const BatchAnswer = Type.Object({ ...RowsAnswer.properties, job: JobDetail, statistics: BatchStatistics }, closed);
export type BatchAnswer = Static<typeof BatchAnswer>;
