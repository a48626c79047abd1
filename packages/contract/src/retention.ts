/** How long finished jobs are kept, what was deleted, and what the store holds. */
import { Type, type Static } from 'typebox';
import { Nullable } from './nullable.ts';

const closed = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0 });
const Days = Nullable(
  Type.Integer({
    minimum: 1,
    maximum: 36_500,
    description: 'Days after its end that a job of the project is deleted; null keeps it for ever.',
  }),
);

export const ProjectParams = Type.Object({ name: Type.String({ minLength: 1, maxLength: 100 }) }, closed);

export const Project = Type.Object(
  {
    name: Type.String(),
    retentionDays: Days,
    jobs: Count,
    /** Jobs that the next round deletes. */
    jobsDue: Count,
  },
  { $id: 'Project', ...closed },
);
export type Project = Static<typeof Project>;

export const ChangeProject = Type.Object({ retentionDays: Days }, { $id: 'ChangeProject', ...closed });
export type ChangeProject = Static<typeof ChangeProject>;

/** What remains of a job: nothing of its input or its results. */
export const DeletedJob = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    jobType: Type.String(),
    taskType: Type.String(),
    modelId: Type.String(),
    modelVersion: Type.String(),
    project: Nullable(Type.String()),
    rows: Count,
    createdAt: Type.String({ format: 'date-time' }),
    finishedAt: Nullable(Type.String({ format: 'date-time' })),
    deletedAt: Type.String({ format: 'date-time' }),
    /** By a person, or because the days of its project were over. */
    reason: Type.Enum(['asked', 'retention']),
  },
  { $id: 'DeletedJob', ...closed },
);
export type DeletedJob = Static<typeof DeletedJob>;

const FileCounts = Type.Object({ files: Count, bytes: Count }, closed);

export const StoredFiles = Type.Object(
  {
    known: FileCounts,
    /** Named by no job and no upload; collected an hour after they were last stored. */
    unnamed: FileCounts,
  },
  { $id: 'StoredFiles', ...closed },
);
export type StoredFiles = Static<typeof StoredFiles>;

export const Swept = Type.Object(
  {
    jobs: Type.Integer({ minimum: 0, description: 'Deleted because the days of their project were over.' }),
    uploads: Type.Integer({ minimum: 0, description: 'Forgotten because nobody took them in time.' }),
    collected: FileCounts,
    /** Found in the store and not known before; they are from now on. */
    adopted: FileCounts,
  },
  { $id: 'Swept', ...closed },
);
export type Swept = Static<typeof Swept>;
