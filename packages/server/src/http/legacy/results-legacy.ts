/** The two paths that the seed of the project names and no server ever had (A.8, A.9): supersets, so that every reader finds its keys. */
import { JOB_STATUSES } from '@omtx/contract';
import { readEntries } from '../../services/read-entries.ts';
import type { HttpContext } from '../context.ts';
import { analysisOf } from './enhanced-results.ts';
import { batchSummary, enhancedRow, individualJob, progressOfEveryAge } from './present/batch.ts';
import { childTaskType, identify } from './present/job.ts';
import { ligandOfRow, proteinName } from './present/input.ts';
import { numberIn, oldMetrics } from './present/metrics.ts';
import { savedResults } from './my-results.ts';
import { oneOf, pageOf, paginationOf, textOf, userOf, type Query } from './query.ts';
import { figuresOf, findBatch, unitsOf } from './reads.ts';
import { batchWithChildren } from './results.ts';
import { get, idOf, type LegacyRoute } from './route.ts';
import type { RowEntry } from '../../services/read-entries.ts';
import type { BatchFigures } from './present/batch.ts';

/** Seconds that the old server took for granted for a ligand that runs. */
const RUNNING_LIGAND_SECONDS = 300;

export function legacyResultsRoutes(ctx: HttpContext): readonly LegacyRoute[] {
  const answer = (path: string): LegacyRoute =>
    get(path, '/api/v4/jobs/{id}/rows', (request) => legacyBatch(ctx, idOf(request), request.query));
  return [
    answer('/api/v2/results/legacy/batch/:id/results'),
    answer('/api/v2/results/legacy/batch/:id'),
    answer('/api/v2/batch/:id/results'),
    get('/api/v2/results/legacy/my-results', '/api/v4/jobs', ({ query }) => legacyMyResults(ctx, query)),
  ];
}

async function legacyBatch(ctx: HttpContext, id: string, query: Query) {
  const status = oneOf(textOf(query, 'status_filter'), JOB_STATUSES, 'status filter');
  const batch = await findBatch(ctx, id, 'Batch job not found');
  const unitOf = unitsOf(ctx);
  const { answer, children } = await batchWithChildren(ctx, batch, query, status);
  const figures = await figuresOf(ctx, batch);
  const individualJobs = children.map((child) => individualJob(child, unitOf));
  const { job } = batch;
  const { total, completed, failed, running } = job.progress;
  return {
    ...answer,
    job_id: job.id,
    batch_id: job.id,
    task_type: job.taskType,
    status: job.status,
    batch_status: job.status,
    batch_summary: batchSummary(batch, figures),
    progress: progressOfEveryAge(batch),
    individual_results: children.map((child) => enhancedRow(child, unitOf, true)),
    individual_jobs: individualJobs,
    individual_job_ids: individualJobs.map((each) => each.id),
    results: { individual_jobs: individualJobs },
    total_ligands_screened: total,
    successful_predictions: completed,
    failed_predictions: failed,
    estimated_completion: running * RUNNING_LIGAND_SECONDS,
    scientific_analysis: await analysisOf(ctx, batch),
    message: `${String(completed)} of ${String(total)} ligands complete`,
    batch_metadata: { job_name: job.name, protein_name: proteinName(job), created_at: job.createdAt, total_ligands: total },
    total_children: total,
    completed_children: completed,
    failed_children: failed,
    running_children: running,
    child_results: children.map(childResult),
    aggregated_metrics: aggregated(children, figures, job.progress),
    created_at: job.createdAt,
    child_task_type: childTaskType(job.taskType),
  };
}

function childResult(child: RowEntry) {
  const { top } = oldMetrics(child);
  const identity = identify(child);
  const isDone = child.row.status === 'completed';
  const number = (name: string): object => {
    const value = numberIn(top, name);
    return value === null && isDone ? {} : { [name]: value };
  };
  return {
    job_id: identity.id,
    status: identity.status,
    ligand_info: ligandOfRow(child.row),
    created_at: identity.createdAt,
    completed_at: identity.finishedAt,
    ...number('affinity'),
    ...number('confidence'),
    batch_index: child.row.index,
  };
}

function aggregated(
  children: readonly RowEntry[],
  { metrics, times }: BatchFigures,
  { total, completed, failed }: { readonly total: number; readonly completed: number; readonly failed: number },
) {
  const affinity = metrics.find(({ metric }) => metric === 'affinity');
  const confidence = metrics.find(({ metric }) => metric === 'confidence_score');
  return {
    success_rate: (100 * completed) / total,
    completion_rate: (100 * (completed + failed)) / total,
    total_results: children.filter((child) => child.row.status === 'completed').length,
    total_execution_time: times.totalSeconds,
    ...(confidence ? { average_confidence: confidence.mean } : {}),
    ...(affinity ? { average_affinity: affinity.mean, best_affinity: affinity.least, worst_affinity: affinity.greatest } : {}),
  };
}

async function legacyMyResults(ctx: HttpContext, query: Query) {
  const page = pageOf(query, query['per_page'] === undefined ? 'limit' : 'per_page', { min: 1, max: 200, default: 20 });
  const user = userOf(query);
  const { entries, total } = await readEntries(ctx.hub, ctx.principal, { jobTypes: ['individual'] }, page.page, page.perPage);
  const results = await savedResults(ctx, entries, user);
  const totalPages = Math.ceil(total / page.perPage);
  return {
    results,
    jobs: results,
    total,
    user_id: user,
    source: 'database',
    cache_status: 'miss',
    pagination: {
      ...paginationOf(page, total),
      limit: page.perPage,
      has_next: page.page < totalPages,
      has_prev: page.page > 1,
    },
  };
}
