/** Every route of `/api/v4`, described once: the server registers them, OpenAPI and the SDK follow from them. */
import { Type } from 'typebox';
import { CAMPAIGN_ROUTES } from './campaign-routes.ts';
import { CancelJob, CloneJob, RetryAnswer, RetryJob } from './change-job.ts';
import { ExportQuery, ExportRows } from './exports.ts';
import { ChangeJob, JobDetail, JobStatus, JobSummary, Quote, RowDetail, SubmitAnswer, SubmitJob } from './job.ts';
import { ChangeLimits, Limits } from './limits.ts';
import { MODEL_STATUSES } from './manifest.ts';
import { COMMERCIAL_USE } from './manifest-license.ts';
import { MetricDefinition } from './metrics.ts';
import { GPU_NEEDS, MODEL_STATES, ModelDetail, ModelSummary } from './model-views.ts';
import { MSA_ROUTES } from './msa-routes.ts';
import { LegacyUsage, QueuesAnswer, WorkerView } from './operator-views.ts';
import { ChangeProject, DeletedJob, Project, ProjectParams, StoredFiles, Swept } from './retention.ts';
import { ArtifactLink } from './exports.ts';
import { SEARCH_ROUTES } from './search-routes.ts';
import { CacheFigures, RecountAnswer, Statistics } from './statistics.ts';
import { TaskType } from './tasks.ts';
import { Upload, UploadQuery } from './uploads.ts';
import { Cursor, Limit, type RouteDefinition } from './route-definition.ts';
import { BatchAnswer, PageOfRows, RowsAnswer, RowViewQuery } from './views.ts';
import { Nullable } from './nullable.ts';

const closed = { additionalProperties: false } as const;

const JobParams = Type.Object({ id: Type.String({ description: 'Id of a job.' }) }, closed);
const RowParams = Type.Object({ id: Type.String(), index: Type.Integer({ minimum: 0, maximum: 999_999_999 }) }, closed);
const ArtifactParams = Type.Object({ id: Type.String(), sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) }, closed);
const UploadParams = Type.Object({ id: Type.String({ maxLength: 100 }) }, closed);

const JobsAnswer = Type.Object(
  {
    jobs: Type.Array(JobSummary),
    nextCursor: Nullable(Type.String()),
    total: Type.Integer(),
    /** Words of the search that no job has, and what was looked for in their place. */
    corrections: Type.Array(Type.Object({ word: Type.String(), as: Type.Array(Type.String()) }, closed)),
  },
  closed,
);

export const ROUTES = {
  submitJob: {
    method: 'POST',
    path: '/api/v4/jobs',
    family: 'jobs',
    summary:
      'Submit one row or many; routed by content, and the answer names the rule. What is accepted is stored. As a form (multipart/form-data) the field `job` holds this body and a file the library.',
    status: 202,
    body: SubmitJob,
    answer: SubmitAnswer,
  },
  quoteJob: {
    method: 'POST',
    path: '/api/v4/quote',
    family: 'jobs',
    summary:
      'What a submission would be: rows, refusals, time and compute seconds. Takes the exact body of a submission and stores nothing.',
    status: 200,
    body: SubmitJob,
    answer: Quote,
  },
  ...CAMPAIGN_ROUTES,
  createUpload: {
    method: 'POST',
    path: '/api/v4/uploads',
    family: 'uploads',
    summary:
      'Send a library: a form with one file, or the file itself as the body, plain or as gzip. Answers what is in it; a submission names it as `input.library.uploadId`.',
    status: 200,
    query: UploadQuery,
    answer: Upload,
  },
  getUpload: {
    method: 'GET',
    path: '/api/v4/uploads/:id',
    family: 'uploads',
    summary: 'What is known of an upload: how much has come, what is in it, and how many rows of a submission are stored.',
    status: 200,
    params: UploadParams,
    answer: Upload,
  },
  deleteUpload: {
    method: 'DELETE',
    path: '/api/v4/uploads/:id',
    family: 'uploads',
    summary: 'Forget an upload; jobs that were made of it stay.',
    status: 200,
    params: UploadParams,
    answer: Type.Object({ deleted: Type.Integer() }, closed),
  },
  ...MSA_ROUTES,
  listJobs: {
    method: 'GET',
    path: '/api/v4/jobs',
    family: 'jobs',
    summary: 'Jobs by any filters together, the newest first or in another order.',
    status: 200,
    query: Type.Object(
      {
        status: Type.Optional(JobStatus),
        jobType: Type.Optional(Type.Enum(['individual', 'batch_parent'])),
        taskType: Type.Optional(Type.String({ maxLength: 64 })),
        modelId: Type.Optional(Type.String({ maxLength: 64 })),
        name: Type.Optional(Type.String({ maxLength: 200, description: 'Part of the name, in any case.' })),
        tag: Type.Optional(Type.String({ maxLength: 100 })),
        project: Type.Optional(Type.String({ maxLength: 100 })),
        createdFrom: Type.Optional(Type.String({ format: 'date-time' })),
        createdBefore: Type.Optional(Type.String({ format: 'date-time' })),
        minScore: Type.Optional(Type.Number({ description: 'Of the row that ranks first; both ends belong to the range.' })),
        maxScore: Type.Optional(Type.Number()),
        sort: Type.Optional(
          Type.String({
            maxLength: 65,
            description:
              '`-created` where left out, and `relevance` where something is searched; created, updated, name, duration, score, relevance, or a metric of the row that ranks first.',
          }),
        ),
        search: Type.Optional(
          Type.String({
            maxLength: 1_000,
            description:
              'Words of the name, of proteins and ligands, task, model, project, tags and notes, each by its beginning; one that no job has is looked for inside words and as a misspelt one. Or the beginning of an id, a SMILES, an InChIKey.',
          }),
        ),
        limit: Limit,
        cursor: Cursor,
        page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Number of the page, in place of a cursor.' })),
      },
      closed,
    ),
    answer: JobsAnswer,
  },
  ...SEARCH_ROUTES,
  getStatistics: {
    method: 'GET',
    path: '/api/v4/statistics',
    family: 'jobs',
    summary: 'Totals, success rates, times and activity of all jobs; kept with every change, never counted. And how the caches do.',
    status: 200,
    answer: Type.Object({ ...Statistics.properties, cache: Type.Record(Type.String(), CacheFigures) }, closed),
  },
  recount: {
    method: 'POST',
    path: '/api/v4/operator/recount',
    family: 'operator',
    summary:
      'Counts anew what is kept: counters of jobs against their rows, statistics against both. Reports each difference and mends it.',
    status: 200,
    answer: RecountAnswer,
  },
  getStoredFiles: {
    method: 'GET',
    path: '/api/v4/operator/files',
    family: 'operator',
    summary: 'Stored files, and those of them that no job and no upload names.',
    status: 200,
    answer: StoredFiles,
  },
  sweepFiles: {
    method: 'POST',
    path: '/api/v4/operator/files/sweep',
    family: 'operator',
    summary:
      'Take away now what is over, and make known what the store has and the database does not. A file goes when nobody names it for an hour.',
    status: 200,
    answer: Swept,
  },
  getJob: {
    method: 'GET',
    path: '/api/v4/jobs/:id',
    family: 'jobs',
    summary: 'One job with its shared input, progress, files of its shards, and the row of an individual job.',
    status: 200,
    params: JobParams,
    answer: JobDetail,
  },
  changeJob: {
    method: 'PATCH',
    path: '/api/v4/jobs/:id',
    family: 'jobs',
    summary: 'Rename a job, set its tags and notes, put it into a project; what is left out stays as it is.',
    status: 200,
    params: JobParams,
    body: ChangeJob,
    answer: JobSummary,
  },
  deleteJob: {
    method: 'DELETE',
    path: '/api/v4/jobs/:id',
    family: 'jobs',
    summary: 'Delete a job with its rows and results, for good; what still runs is cancelled first.',
    status: 200,
    params: JobParams,
    answer: Type.Object({ deleted: Type.Integer({ description: 'The job and its rows.' }) }, closed),
  },
  listDeletedJobs: {
    method: 'GET',
    path: '/api/v4/deleted-jobs',
    family: 'jobs',
    summary: 'Jobs that were deleted, the last one first: that they were, when and why they went, and nothing of their input or results.',
    status: 200,
    query: Type.Object({ limit: Limit }, closed),
    answer: Type.Object({ jobs: Type.Array(DeletedJob) }, closed),
  },
  listProjects: {
    method: 'GET',
    path: '/api/v4/projects',
    family: 'jobs',
    summary: 'Projects, and how long their finished jobs are kept.',
    status: 200,
    answer: Type.Object({ projects: Type.Array(Project) }, closed),
  },
  changeProject: {
    method: 'PATCH',
    path: '/api/v4/projects/:name',
    family: 'jobs',
    summary:
      'Keep finished jobs of a project for a number of days, or for ever (as all are where nothing is said). What is over is deleted for good within minutes.',
    status: 200,
    params: ProjectParams,
    body: ChangeProject,
    answer: Type.Object({ projects: Type.Array(Project) }, closed),
  },
  cancelJob: {
    method: 'POST',
    path: '/api/v4/jobs/:id/cancel',
    family: 'jobs',
    summary:
      'Cancel a job, one child by its id, or rows of a batch. After the answer none of them starts and no outcome of them is stored; rows in flight stop within 2 s.',
    status: 202,
    params: JobParams,
    body: CancelJob,
    answer: JobSummary,
  },
  retryJob: {
    method: 'POST',
    path: '/api/v4/jobs/:id/retry',
    family: 'jobs',
    summary: 'Run failed or cancelled rows again in place, with changed parameters or resources if asked; earlier attempts are kept.',
    status: 202,
    params: JobParams,
    body: RetryJob,
    answer: RetryAnswer,
  },
  pauseJob: {
    method: 'POST',
    path: '/api/v4/jobs/:id/pause',
    family: 'jobs',
    summary: 'Start no further row of a job; rows in flight end.',
    status: 202,
    params: JobParams,
    answer: JobSummary,
  },
  resumeJob: {
    method: 'POST',
    path: '/api/v4/jobs/:id/resume',
    family: 'jobs',
    summary: 'Let a paused job go on.',
    status: 202,
    params: JobParams,
    answer: JobSummary,
  },
  cloneJob: {
    method: 'POST',
    path: '/api/v4/jobs/:id/clone',
    family: 'jobs',
    summary: 'Submit the input of a job again as a new job, with changes.',
    status: 202,
    params: JobParams,
    body: CloneJob,
    answer: SubmitAnswer,
  },
  getBatch: {
    method: 'GET',
    path: '/api/v4/jobs/:id/batch',
    family: 'results',
    summary: 'A job, a page of its rows in a view, and statistics over it: all of one moment.',
    status: 200,
    params: JobParams,
    query: Type.Object({ ...RowViewQuery, ...PageOfRows }, closed),
    answer: BatchAnswer,
  },
  listRows: {
    method: 'GET',
    path: '/api/v4/jobs/:id/rows',
    family: 'results',
    summary:
      'Rows of a view: a page, a range of places `from` to `to` (half-open) of the order vector of `version`, or rows by their `indexes`, in that order.',
    status: 200,
    params: JobParams,
    query: Type.Object(
      {
        ...RowViewQuery,
        ...PageOfRows,
        indexes: Type.Optional(
          Type.String({ maxLength: 10_000, pattern: '^\\d{1,9}(,\\d{1,9})*$', description: 'At most 1,000 indexes.' }),
        ),
        from: Type.Optional(Type.Integer({ minimum: 0, maximum: 999_999_999 })),
        to: Type.Optional(Type.Integer({ minimum: 0, maximum: 999_999_999 })),
        version: Type.Optional(
          Type.String({
            maxLength: 100,
            description: 'Version of the order that the range is of; refused as `view_stale` where it is gone.',
          }),
        ),
      },
      closed,
    ),
    answer: RowsAnswer,
  },
  getRowOrder: {
    method: 'GET',
    path: '/api/v4/jobs/:id/rows/order',
    family: 'results',
    summary:
      'The order vector of a view: indexes of its rows as unsigned 32-bit integers, little-endian. Headers `omtx-version` and `omtx-count`.',
    status: 200,
    params: JobParams,
    query: Type.Object({ ...RowViewQuery }, closed),
  },
  getRowColumns: {
    method: 'GET',
    path: '/api/v4/jobs/:id/rows/columns',
    family: 'results',
    summary:
      'Columns over all rows in input order, one after another: 32-bit floats, little-endian, NaN where a row has no value. Headers `omtx-version` and `omtx-count` (rows).',
    status: 200,
    params: JobParams,
    query: Type.Object(
      {
        names: Type.String({
          minLength: 1,
          maxLength: 1_000,
          description: 'index, rank, outcome, status, seconds, score, or metrics; at most 10.',
        }),
      },
      closed,
    ),
  },
  getRow: {
    method: 'GET',
    path: '/api/v4/jobs/:id/rows/:index',
    family: 'results',
    summary: 'One row with tables, files, earlier attempts, and how its result came about.',
    status: 200,
    params: RowParams,
    answer: RowDetail,
  },
  exportRows: {
    method: 'GET',
    path: '/api/v4/jobs/:id/export',
    family: 'results',
    summary:
      'Rows as CSV, TSV, JSON, JSON lines, XLSX, Parquet, the best structures as SDF, or everything as ZIP: a view, chosen rows, or every input row in input order. Of one moment, also while the job runs; headers `omtx-version` and `omtx-cursor` say which.',
    status: 200,
    params: JobParams,
    query: ExportQuery,
  },
  exportChosenRows: {
    method: 'POST',
    path: '/api/v4/jobs/:id/export',
    family: 'results',
    summary: 'The same with many chosen rows.',
    status: 200,
    params: JobParams,
    body: ExportRows,
  },
  getArtifact: {
    method: 'GET',
    path: '/api/v4/jobs/:id/artifacts/:sha256',
    family: 'results',
    summary:
      'A file that a run of the job produced, by its SHA-256, which is its ETag too; whole, or a range of its bytes (206). One that is damaged is refused.',
    status: 200,
    params: ArtifactParams,
  },
  linkArtifact: {
    method: 'GET',
    path: '/api/v4/jobs/:id/artifacts/:sha256/link',
    family: 'results',
    summary:
      'Where to get a file without the hub in between: an address of the object store that is signed for 15 minutes, or the one of the hub.',
    status: 200,
    params: ArtifactParams,
    answer: ArtifactLink,
  },
  followEvents: {
    method: 'GET',
    path: '/api/v4/jobs/:id/events',
    family: 'events',
    summary:
      'Server-sent events of a job; a reader that comes back with Last-Event-ID misses none. Ends behind the one that finishes the job.',
    status: 200,
    params: JobParams,
  },
  listModels: {
    method: 'GET',
    path: '/api/v4/models',
    family: 'models',
    summary: 'Models that this hub knows, and folders whose manifest is broken, with the reasons.',
    status: 200,
    query: Type.Object(
      {
        task: Type.Optional(Type.String({ maxLength: 64, description: 'Task type that it answers.' })),
        license: Type.Optional(Type.String({ maxLength: 100, description: 'Part of the licence of code or weights.' })),
        commercialUse: Type.Optional(Type.Enum(COMMERCIAL_USE)),
        gpu: Type.Optional(Type.Enum(GPU_NEEDS)),
        state: Type.Optional(Type.Enum(MODEL_STATES)),
        status: Type.Optional(Type.Enum(MODEL_STATUSES)),
        search: Type.Optional(Type.String({ maxLength: 200, description: 'Words of id, name or summary.' })),
      },
      closed,
    ),
    answer: Type.Object(
      {
        models: Type.Array(ModelSummary),
        broken: Type.Array(Type.Object({ folder: Type.String(), reasons: Type.Array(Type.String()) }, closed)),
      },
      closed,
    ),
  },
  getModel: {
    method: 'GET',
    path: '/api/v4/models/:id',
    family: 'models',
    summary: 'One model: schemas of its tasks and parameters, metrics, limits, caveats.',
    status: 200,
    params: Type.Object({ id: Type.String({ maxLength: 64 }) }, closed),
    query: Type.Object({ version: Type.Optional(Type.String({ maxLength: 64 })) }, closed),
    answer: ModelDetail,
  },
  getModelSchema: {
    method: 'GET',
    path: '/api/v4/schemas/model',
    family: 'models',
    summary: 'JSON Schema of the manifest, model.json.',
    status: 200,
    answer: Type.Record(Type.String(), Type.Unknown()),
  },
  listTasks: {
    method: 'GET',
    path: '/api/v4/tasks',
    family: 'tasks',
    summary: 'Task types: what can be asked, and which models answer.',
    status: 200,
    answer: Type.Object({ tasks: Type.Array(Type.Object({ ...TaskType.properties, models: Type.Array(Type.String()) }, closed)) }, closed),
  },
  listMetrics: {
    method: 'GET',
    path: '/api/v4/metrics',
    family: 'tasks',
    summary: 'Metric registry: unit, direction, range and meaning of every number.',
    status: 200,
    answer: Type.Object({ metrics: Type.Array(MetricDefinition) }, closed),
  },
  listWorkers: {
    method: 'GET',
    path: '/api/v4/workers',
    family: 'operator',
    summary: 'Worker hosts, those that live first: what they offer and what they run. Stopped ones are listed for a day.',
    status: 200,
    answer: Type.Object({ workers: Type.Array(WorkerView) }, closed),
  },
  getQueues: {
    method: 'GET',
    path: '/api/v4/operator/queues',
    family: 'operator',
    summary: 'What waits and runs by model and lane, what hosts offer, and the jobs that stand still with the reason of each.',
    status: 200,
    answer: QueuesAnswer,
  },
  getLimits: {
    method: 'GET',
    path: '/api/v4/operator/limits',
    family: 'operator',
    summary: 'Weights and limits of owners, limits of models, and the slots that each has in use on all hosts.',
    status: 200,
    answer: Limits,
  },
  changeLimits: {
    method: 'PATCH',
    path: '/api/v4/operator/limits',
    family: 'operator',
    summary: 'Set weights and limits, all of them or none. They hold from the next claim on; what runs goes on.',
    status: 200,
    body: ChangeLimits,
    answer: Limits,
  },
  listLegacyUsage: {
    method: 'GET',
    path: '/api/v4/legacy-usage',
    family: 'operator',
    summary:
      'Every path of the first OMTX-Hub: how often it is still called, by whom last, what takes its place, and whether its group is on.',
    status: 200,
    answer: LegacyUsage,
  },
} as const satisfies Readonly<Record<string, RouteDefinition>>;
