/** Jobs of v2 (B.2 to B.4): what the pages poll, list, delete and save. */
import { JOB_STATUSES } from '@omtx/contract';
import type { FreeObject } from '../../domain/free-object.ts';
import { deleteJob } from '../../services/delete-job.ts';
import { readEntries, readEntry, type Entry } from '../../services/read-entries.ts';
import { readJobLog } from '../../services/read-job-log.ts';
import type { HttpContext } from '../context.ts';
import { batchSummary, individualJob, progressOfEveryAge } from './present/batch.ts';
import { inputData } from './present/input.ts';
import { identify, polledStatus } from './present/job.ts';
import { headline } from './present/metrics.ts';
import { LEGACY_TASKS } from './task-schemas.ts';
import { oneOf, pageOf, userOf, wholeNumber, type Query } from './query.ts';
import { childrenOf, figuresOf, findBatch, ifThere, resultWithStructure, truncation, unitsOf } from './reads.ts';
import { del, get, idOf, post, type LegacyRoute } from './route.ts';

const RUNNING_LIGAND_SECONDS = 300;

export function jobsRoutes(ctx: HttpContext): readonly LegacyRoute[] {
  const [one, list] = ['/api/v4/jobs/{id}', '/api/v4/jobs'];
  return [
    get('/api/v2/jobs', list, ({ query }) => listJobs(ctx, query)),
    get('/api/v2/jobs/:id', one, (request) => pollJob(ctx, idOf(request))),
    del('/api/v2/jobs/:id', one, async (request) => {
      await deleteJob(ctx.hub, ctx.principal, idOf(request));
      return { success: true, message: 'Job deleted successfully' };
    }),
    get('/api/v2/jobs/status/:status', list, ({ params, query }) => jobsByStatus(ctx, params['status'] ?? '', query)),
    get('/api/v2/jobs/:id/logs', one, (request) => jobLogs(ctx, idOf(request))),
    post('/api/v2/jobs/:id/save', one, (request) => saveJob(ctx, idOf(request))),
    get('/api/v2/jobs/:id/batch-status', one, (request) => batchStatus(ctx, idOf(request))),
    get('/api/v2/health', '/health/ready', async () => ({
      status: 'healthy',
      timestamp: Date.now() / 1_000,
      job_manager: { available: true, total_jobs: (await readEntries(ctx.hub, ctx.principal, {}, 1, 1)).total },
      supported_tasks: LEGACY_TASKS.length,
    })),
    get('/api/v2/system/status', '/health/ready', () => systemStatus(ctx)),
    post('/api/v2/trigger-batch-processing', '/health/ready', () => ({
      status: 'success',
      message: 'Batches are processed as they are submitted; there is nothing to trigger.',
      timestamp: new Date().toISOString(),
    })),
    // The old server marked stuck jobs as completed, without results. Here the monitor ends lost runs and says why.
    post('/api/v2/complete-stuck-jobs', '/health/ready', async () => ({
      status: 'success',
      message: 'No job is completed without a result; runs that are lost are put back or failed with a reason.',
      total_running: (await readEntries(ctx.hub, ctx.principal, { status: 'running' }, 1, 1)).total,
      completed: 0,
    })),
  ];
}

/** A job as an old record: the raw form that lists gave. */
export function jobRecord(entry: Entry, user: string, output: FreeObject): FreeObject {
  const identity = identify(entry);
  const inputs = inputData(entry);
  return {
    id: identity.id,
    name: identity.name,
    type: identity.taskType,
    job_type: identity.jobType,
    task_type: identity.taskType,
    status: identity.status,
    submitted: identity.createdAt,
    model_name: entry.job.modelId,
    created_at: identity.createdAt,
    started_at: identity.startedAt,
    completed_at: identity.finishedAt,
    updated_at: identity.updatedAt,
    user_id: user,
    input_data: { task_type: identity.taskType, ...inputs },
    output_data: output,
    error_message: identity.errorMessage,
    batch_id: entry.kind === 'individual' ? null : entry.job.id,
    ligand_name: entry.kind === 'batch_parent' ? null : textField(inputs, 'ligand_name'),
  };
}

function textField(fields: FreeObject, name: string): string | null {
  const value = fields[name];
  return typeof value === 'string' ? value : null;
}

export async function listJobs(ctx: HttpContext, query: Query) {
  const page = pageOf(query, 'per_page', { min: 1, max: 100, default: 20 });
  const { entries, total } = await readEntries(ctx.hub, ctx.principal, {}, page.page, page.perPage);
  const unitOf = unitsOf(ctx);
  const jobs = entries.map((entry) => jobRecord(entry, userOf(query), entry.kind === 'batch_parent' ? {} : headline(entry, unitOf)));
  return { jobs, total, page: page.page, per_page: page.perPage };
}

async function jobsByStatus(ctx: HttpContext, word: string, query: Query) {
  const status = oneOf(word, JOB_STATUSES, 'status');
  const limit = wholeNumber(query, 'limit', { min: 1, max: 100, default: 50 });
  const { entries } = await readEntries(ctx.hub, ctx.principal, { status }, 1, limit);
  const unitOf = unitsOf(ctx);
  const jobs = entries.map((entry) => jobRecord(entry, userOf(query), entry.kind === 'batch_parent' ? {} : headline(entry, unitOf)));
  return { jobs, count: jobs.length, status: word };
}

/** What the poller of single jobs reads: four statuses, and a result that is there whenever it says completed. */
async function pollJob(ctx: HttpContext, id: string) {
  const entry = await readEntry(ctx.hub, ctx.principal, id);
  const identity = identify(entry);
  const result = entry.kind === 'batch_parent' ? await batchResult(ctx, entry) : ((await resultWithStructure(ctx, entry)) ?? {});
  return {
    job_id: identity.id,
    status: polledStatus(identity.status),
    task_type: identity.taskType,
    created_at: identity.createdAt,
    updated_at: identity.updatedAt,
    progress: null,
    result_data: result,
    results: result,
    error_message: identity.status === 'cancelled' ? 'The job was cancelled' : identity.errorMessage,
    job_name: identity.name,
    job_type: identity.jobType,
    input_data: inputData(entry),
  };
}

/** A batch that someone polls as a single job: its summary and children. Empty while nothing has ended. */
async function batchResult(ctx: HttpContext, batch: Extract<Entry, { kind: 'batch_parent' }>): Promise<FreeObject> {
  if (!['completed', 'failed', 'cancelled'].includes(batch.job.status)) return {};
  const unitOf = unitsOf(ctx);
  const children = await childrenOf(ctx, batch);
  return {
    batch_id: batch.job.id,
    batch_summary: batchSummary(batch, await figuresOf(ctx, batch)),
    progress: progressOfEveryAge(batch),
    individual_jobs: children.map((child) => individualJob(child, unitOf)),
    ...truncation(batch, children),
  };
}

async function jobLogs(ctx: HttpContext, id: string) {
  const lines = (await ifThere(readJobLog(ctx.hub, ctx.principal, id))) ?? [];
  const logs = lines.map(({ at, level, message, source }) => ({
    timestamp: at,
    level,
    message,
    source,
    function_name: null,
    app_id: null,
    execution_id: null,
    raw_line: message,
  }));
  return {
    job_id: id,
    logs,
    log_count: logs.length,
    message: logs.length === 0 ? 'No logs available for this job' : `${String(logs.length)} lines`,
  };
}

/** Every job is kept; saving one says so, under the id that it has. */
async function saveJob(ctx: HttpContext, id: string) {
  const { job } = await readEntry(ctx.hub, ctx.principal, id);
  return { message: 'Job saved successfully', saved_job_id: id, saved_at: job.finishedAt ?? job.updatedAt };
}

async function batchStatus(ctx: HttpContext, id: string) {
  const batch = await ifThere(findBatch(ctx, id, ''));
  if (!batch) return { batch_id: id, status: 'error', error: `Batch ${id} not found`, individual_jobs: [] };
  const unitOf = unitsOf(ctx);
  const children = await childrenOf(ctx, batch);
  return {
    batch_id: batch.job.id,
    status: batch.job.status,
    progress: progressOfEveryAge(batch),
    batch_summary: batchSummary(batch, await figuresOf(ctx, batch)),
    individual_jobs: children.map((child) => individualJob(child, unitOf)),
    ...truncation(batch, children),
    estimated_completion: batch.job.progress.running * RUNNING_LIGAND_SECONDS,
  };
}

async function systemStatus(ctx: HttpContext) {
  const { total } = await readEntries(ctx.hub, ctx.principal, {}, 1, 1);
  return {
    system_status: 'operational',
    job_manager: { available: true },
    recent_jobs_count: total,
    supported_tasks_count: LEGACY_TASKS.length,
    supported_tasks: LEGACY_TASKS.map(({ id }) => id),
  };
}
