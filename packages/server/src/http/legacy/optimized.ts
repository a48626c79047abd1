/** The optimised lists (B.10): display words in place of codes. */
import { readChildren, readEntries, type EntriesQuery, type Entry } from '../../services/read-entries.ts';
import type { HttpContext } from '../context.ts';
import { enhancedRow } from './present/batch.ts';
import { identify } from './present/job.ts';
import { anyStatus, flagOf, pageOf, resultsPagination, textOf, type Query } from './query.ts';
import { findBatch, performanceSince, unitsOf } from './reads.ts';
import { get, idOf, post, type LegacyRoute } from './route.ts';
import { JOB_TYPES, type JobStatus } from '@omtx/contract';

const STATUS_WORDS: Readonly<Record<JobStatus, string>> = {
  pending: 'Pending',
  running: 'Running',
  completed: 'Complete',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export function optimizedRoutes(ctx: HttpContext): readonly LegacyRoute[] {
  const base = '/api/v2/optimized';
  return [
    get(`${base}/jobs`, '/api/v4/jobs', ({ query }) => listJobs(ctx, query)),
    get(`${base}/batch/:id/summary`, '/api/v4/jobs/{id}', (request) => summary(ctx, idOf(request), request.query)),
    get(`${base}/batch/:id/results/stream`, '/api/v4/jobs/{id}/rows', async (request, reply) => {
      const start = performance.now();
      const answer = await streamResults(ctx, idOf(request), request.query);
      const seconds = answer.performance.response_time_seconds;
      // The old header let a running batch be cached for five minutes; here only one that cannot change may be.
      reply.header('cache-control', answer.isFinal ? 'public, max-age=300' : 'no-cache');
      reply.header('x-total-results', String(answer.pagination.total_results));
      reply.header('x-page', String(answer.pagination.page));
      reply.header('x-response-time', `${String(Math.max(seconds, (performance.now() - start) / 1_000))}s`);
      const { isFinal: _, ...body } = answer;
      return body;
    }),
    post(`${base}/admin/warm-cache`, '/health/ready', () => ({ status: 'success', message: 'There is no cache to warm' })),
  ];
}

const WHOLE_JOBS = ['individual', 'batch_parent'] as const;
/** What the list calls an individual job of these models. */
const SHOWN_MODELS: readonly { readonly words: string; readonly modelId: string; readonly taskType?: string }[] = [
  { words: 'Boltz-2 Protein-Ligand', modelId: 'boltz2', taskType: 'protein_ligand_binding' },
  { words: 'RFAntibody Design', modelId: 'rfantibody' },
  { words: 'Chai-1 Structure', modelId: 'chai1' },
];

async function listJobs(ctx: HttpContext, query: Query) {
  const start = performance.now();
  const page = pageOf(query, 'page_size', { min: 1, max: 100, default: 25 });
  const filter: EntriesQuery = { ...typeFilter(query), status: anyStatus(query, 'status_filter'), search: textOf(query, 'search') };
  const { entries, total } = await readEntries(ctx.hub, ctx.principal, filter, page.page, page.perPage);
  const performanceInfo = performanceSince(start, 'optimized');
  return {
    jobs: entries.map(displayRow),
    total,
    page: page.page,
    page_size: page.perPage,
    total_pages: Math.ceil(total / page.perPage),
    performance: { ...performanceInfo, query_time: performanceInfo.response_time_seconds, jobs_processed: entries.length },
  };
}

/** A kind of job, one of the words that the list shows, or a task type; any other word is a task type that no job has. */
function typeFilter(query: Query): EntriesQuery {
  const word = (textOf(query, 'type_filter') ?? 'all').toLowerCase();
  if (word === 'all') return { jobTypes: WHOLE_JOBS };
  if (['batch', 'batch screening'].includes(word)) return { jobTypes: ['batch_parent'] };
  const type = JOB_TYPES.find((each) => each === word);
  if (type !== undefined) return { jobTypes: [type] };
  const shown = SHOWN_MODELS.find(({ words }) => words.toLowerCase() === word);
  if (shown) return { jobTypes: ['individual'], modelId: shown.modelId, taskType: shown.taskType };
  return { jobTypes: WHOLE_JOBS, taskType: word.replaceAll(' ', '_') };
}

function displayRow(entry: Entry) {
  const identity = identify(entry);
  const isBatch = entry.kind === 'batch_parent';
  return {
    id: identity.id,
    name: identity.name,
    type: typeWords(entry),
    status: STATUS_WORDS[identity.status],
    created_at: identity.createdAt,
    has_results: identity.hasResults || (isBatch && entry.job.progress.completed > 0),
    is_batch: isBatch,
    batch_size: isBatch ? entry.job.progress.total : null,
  };
}

function typeWords(entry: Entry): string {
  const { taskType, modelId } = entry.job;
  if (entry.kind === 'batch_parent') return 'Batch Screening';
  const shown = SHOWN_MODELS.find((each) => each.modelId === modelId && (each.taskType ?? taskType) === taskType);
  if (shown) return shown.words;
  return taskType
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join(' ');
}

async function summary(ctx: HttpContext, id: string, query: Query) {
  const start = performance.now();
  const { job } = await findBatch(ctx, id, 'Batch not found');
  const { total, completed, failed, running, pending } = job.progress;
  return {
    batch_id: job.id,
    total_jobs: total,
    completed_jobs: completed,
    status: STATUS_WORDS[job.status],
    created_at: job.createdAt,
    ...(flagOf(query, 'include_progress', true) ? { progress: { total, completed, failed, running, pending } } : {}),
    performance: performanceSince(start, 'summary_only'),
  };
}

async function streamResults(ctx: HttpContext, id: string, query: Query) {
  const start = performance.now();
  const page = pageOf(query, 'page_size', { min: 1, max: 500, default: 100 });
  const withRaw = flagOf(query, 'include_raw_modal', false);
  const batch = await findBatch(ctx, id, 'Batch results not found in storage');
  const place = { offset: (page.page - 1) * page.perPage, limit: page.perPage };
  const children = await readChildren(ctx.hub, ctx.principal, batch, { sort: 'index', status: 'completed', ...place });
  const unitOf = unitsOf(ctx);
  const { response_time_seconds } = performanceSince(start, '');
  return {
    batch_id: batch.job.id,
    results: children.map((child) => enhancedRow(child, unitOf, withRaw)),
    pagination: resultsPagination(page, batch.job.progress.completed),
    performance: { response_time_seconds, results_returned: children.length, data_optimized: true },
    isFinal: batch.job.finishedAt !== null,
  };
}
