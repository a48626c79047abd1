/** Paths of the first OMTX-Hub (contract part A, and its submit): presenters over the same services. */
import { JOB_STATUSES, JOB_TYPES, MAX_ROWS_OF_PAGE, TASK_TYPES, type JobDetail, type RowView } from '@omtx/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { manifestOf } from '../../catalog/registry.ts';
import { readJob, readJobsByPage, readStatistics } from '../../services/read-jobs.ts';
import { readModels } from '../../services/read-models.ts';
import { readRows } from '../../services/read-rows.ts';
import { submitJob } from '../../services/submit-job.ts';
import type { HttpContext } from '../context.ts';
import { LegacyError, oneOf, setLegacyErrors, wholeNumber } from './errors.ts';
import { legacyChild, legacyJob, legacyResults, legacyStatistics, legacySummary } from './present.ts';
import { translateSubmission } from './translate-submission.ts';

/** Seconds that the old server answered for each task, and for a ligand of a batch. */
const ESTIMATES: Readonly<Record<string, number>> = {
  protein_structure: 120,
  protein_complex: 180,
  nanobody_design: 240,
  cdr_optimization: 180,
};
const DEFAULT_ESTIMATE = 60;
const LIGAND_ESTIMATE = 30;

type Query = Readonly<Record<string, unknown>>;

export function registerLegacy(app: FastifyInstance, ctx: HttpContext): void {
  setLegacyErrors(app);
  const hide = { schema: { hide: true } } as const;
  app.post('/api/v2/predict-smart', hide, (request) => predict(ctx, request, 'smart'));
  app.post('/api/v2/predict', hide, (request) => predict(ctx, request, 'plain'));
  app.get<{ Querystring: Query }>('/api/v2/results/my-jobs', hide, ({ query }) => myJobs(ctx, query));
  app.get<{ Params: { id: string }; Querystring: Query }>('/api/v2/results/job/:id', hide, ({ params, query }) =>
    oneJob(ctx, params.id, query),
  );
  app.get<{ Params: { id: string }; Querystring: Query }>('/api/v2/results/batch/:id/results', hide, ({ params, query }) =>
    batchResults(ctx, params.id, query),
  );
  app.get<{ Params: { id: string }; Querystring: Query }>('/api/v2/results/batch/:id/children', hide, ({ params, query }) =>
    batchChildren(ctx, params.id, query),
  );
  app.get('/api/v2/models', hide, () => legacyModels(ctx));
  app.get('/api/v2/tasks', hide, () => legacyTasks());
}

async function predict(ctx: HttpContext, { body }: FastifyRequest, form: 'smart' | 'plain') {
  const models = ctx.hub.registry().models;
  const { submission, ignoredFields } = translateSubmission(body, (id) => {
    const state = models.get(id);
    return state && manifestOf(state);
  });
  const answer = await submitJob(ctx.hub, ctx.principal, submission);
  const isBatch = answer.jobType === 'batch_parent';
  const batch = form === 'smart' ? `Batch prediction submitted: ${String(answer.rows.total)} ligands` : batchMessage(answer.rows.total);
  const single = form === 'smart' ? `Individual prediction submitted: ${submission.name}` : 'Job submitted successfully';
  return {
    job_id: answer.id,
    task_type: submission.taskType,
    status: isBatch && form === 'plain' ? 'processing' : 'submitted',
    message: isBatch ? batch : single,
    estimated_completion_time: isBatch ? answer.rows.total * LIGAND_ESTIMATE : (ESTIMATES[submission.taskType] ?? DEFAULT_ESTIMATE),
    job_type: isBatch ? 'batch' : 'individual',
    routed_by: answer.routedBy,
    total_ligands: answer.rows.total,
    rejected: answer.rejected,
    warnings: answer.warnings,
    ignored_fields: ignoredFields,
  };
}

function batchMessage(total: number): string {
  return `Batch job submitted. Processing ${String(total)} ligands in background.`;
}

async function myJobs(ctx: HttpContext, query: Query) {
  const page = wholeNumber(query, 'page', { min: 1, default: 1 });
  const perPage =
    query['per_page'] === undefined
      ? wholeNumber(query, 'limit', { min: 1, max: 100, default: 20 })
      : wholeNumber(query, 'per_page', { min: 1, max: 100, default: 20 });
  const jobType = oneOf(textOf(query, 'job_type'), JOB_TYPES, 'job type');
  const filter = {
    status: oneOf(textOf(query, 'status'), JOB_STATUSES, 'status'),
    jobType: jobType === 'batch_child' ? undefined : jobType,
    taskType: textOf(query, 'task_type'),
    search: textOf(query, 'search'),
  };
  const { jobs, total } = await readJobsByPage(ctx.hub, ctx.principal, filter, page, perPage);
  return { jobs: jobs.map(legacySummary), pagination: paginationOf(page, perPage, total), statistics: await statisticsOf(ctx) };
}

/** Over all jobs of the user, never filtered. */
async function statisticsOf(ctx: HttpContext) {
  const { total, byStatus, byJobType, byTaskType, recent, meanSeconds } = await readStatistics(ctx.hub, ctx.principal);
  return {
    total_jobs: total,
    by_status: byStatus,
    by_job_type: byJobType,
    by_task_type: byTaskType,
    recent_activity: recent,
    success_rate: total === 0 ? 0 : (100 * (byStatus['completed'] ?? 0)) / total,
    avg_completion_time: meanSeconds ?? 0,
  };
}

async function oneJob(ctx: HttpContext, id: string, query: Query) {
  const job = await readJob(ctx.hub, ctx.principal, id);
  const withResults = textOf(query, 'include_results') !== 'false';
  const withChildren = job.jobType === 'batch_parent' && textOf(query, 'include_children') !== 'false';
  const rows = job.jobType === 'batch_parent' ? await allRows(ctx, job) : [];
  return {
    job: legacyJob(job, rows),
    results: withResults && job.row ? legacyResults(job, job.row, (metric) => unitOf(ctx, metric)) : null,
    batch_children: withChildren ? rows.map((row) => legacyChild(job, row)) : null,
    batch_statistics: withChildren ? legacyStatistics(job.progress) : null,
  };
}

async function batchResults(ctx: HttpContext, id: string, query: Query) {
  const status = oneOf(textOf(query, 'status_filter'), JOB_STATUSES, 'status filter');
  const job = await readBatch(ctx, id);
  const all = await allRows(ctx, job);
  const rows = status === undefined ? all : all.filter((row) => row.status === status);
  const counts = Object.fromEntries(
    (['completed', 'failed', 'running', 'pending'] as const).map((each) => [each, rows.filter((row) => row.status === each).length]),
  );
  const withResults = textOf(query, 'include_results') !== 'false';
  return {
    parent: legacyJob(job, all),
    children: rows.map((row) => ({
      ...legacyChild(job, row),
      ...(withResults && row.status === 'completed' ? { output_data: legacyResults(job, row, (metric) => unitOf(ctx, metric)) } : {}),
    })),
    statistics: legacyStatistics(job.progress),
    summary: {
      total_jobs: rows.length,
      ...counts,
      success_rate: rows.length === 0 ? 0 : (100 * job.progress.completed) / rows.length,
      batch_complete: rows.length > 0 && rows.every((row) => row.outcome !== null),
    },
  };
}

async function batchChildren(ctx: HttpContext, id: string, query: Query) {
  const page = wholeNumber(query, 'page', { min: 1, default: 1 });
  const perPage = wholeNumber(query, 'per_page', { min: 1, max: 200, default: 50 });
  const status = oneOf(textOf(query, 'status_filter'), JOB_STATUSES, 'status');
  const job = await readBatch(ctx, id).catch((error: unknown) => {
    // The old server answered an unknown batch with an empty list.
    if (error instanceof LegacyError) return undefined;
    throw error;
  });
  if (!job) return { children: [], pagination: paginationOf(page, perPage, 0) };
  const all = (await allRows(ctx, job)).filter((row) => status === undefined || row.status === status);
  const rows = all.slice((page - 1) * perPage, page * perPage);
  return { children: rows.map((row) => legacyChild(job, row)), pagination: paginationOf(page, perPage, all.length) };
}

async function readBatch(ctx: HttpContext, id: string): Promise<JobDetail> {
  const job = await readJob(ctx.hub, ctx.principal, id).catch(() => undefined);
  if (job?.jobType !== 'batch_parent') throw new LegacyError(404, 'Batch job not found');
  return job;
}

async function allRows(ctx: HttpContext, job: JobDetail): Promise<readonly RowView[]> {
  const rows: RowView[] = [];
  for (let cursor: string | null = '0'; cursor !== null;) {
    const page = await readRows(ctx.hub, ctx.principal, job.id, { sort: 'index', limit: MAX_ROWS_OF_PAGE, cursor });
    rows.push(...page.rows);
    cursor = page.nextCursor;
  }
  return rows;
}

function legacyModels(ctx: HttpContext) {
  const { models } = readModels(ctx.hub);
  const list = models.map((model) => {
    const state = ctx.hub.registry().models.get(model.id);
    const manifest = state && manifestOf(state);
    return {
      id: model.id,
      name: model.name,
      description: model.summary,
      version: model.version,
      provider: 'local',
      capabilities: { supported_tasks: model.taskTypes, supports_batch: (manifest?.tasks ?? []).some((task) => task.rowsFrom.length > 0) },
      resources: { gpu_required: (manifest?.resources.gpus ?? 0) > 0, cpu_cores: manifest?.resources.cpus ?? 1 },
      endpoint_url: null,
      documentation_url: manifest?.homepage ?? null,
      paper_url: null,
      license: manifest?.license.code ?? '',
      tags: [],
      is_active: model.state !== 'not_installed',
      created_at: null,
      updated_at: null,
    };
  });
  const active = list.filter((model) => model.is_active).length;
  return { models: list, total: list.length, active, inactive: list.length - active };
}

function legacyTasks() {
  const tasks = TASK_TYPES.map(({ id, title }) => ({ id, name: title, description: id.replaceAll('_', ' ') }));
  return {
    supported_tasks: tasks.map(({ id, description }) => ({ task_type: id, description })),
    total_tasks: tasks.length,
    tasks,
  };
}

function paginationOf(page: number, perPage: number, total: number) {
  return { page, per_page: perPage, total, total_pages: Math.ceil(total / perPage), has_more: page * perPage < total };
}

function unitOf(ctx: HttpContext, metric: string): string {
  return ctx.hub.registry().metrics.get(metric)?.unit ?? '';
}

function textOf(query: Query, name: string): string | undefined {
  const value = query[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
