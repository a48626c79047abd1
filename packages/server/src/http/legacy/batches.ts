/** Batches of v3 (C.1 to C.5): submit, poll, results, list, control, files. */
import { Readable } from 'node:stream';

import type { FastifyReply } from 'fastify';
import { cancelJob } from '../../services/cancel-job.ts';
import { exportRows } from '../../services/export/export-rows.ts';
import { csvLine } from '../../services/export/write-csv.ts';
import { pauseJob } from '../../services/pause-job.ts';
import { retryJob } from '../../services/retry-job.ts';
import { readChildren, readEntries, readEntry, type BatchEntry, type RowEntry } from '../../services/read-entries.ts';
import type { HttpContext } from '../context.ts';
import { LegacyError } from './errors.ts';
import { deleteBatch } from './delete-batch.ts';
import { sendArchive, sendOfBatch } from './downloads.ts';
import { formatOf, safeName, sendCsv } from './send.ts';
import { enhancedResults } from './enhanced-results.ts';
import { batchListRow, resultRow, statusJob, statusProgress } from './present/batch.ts';
import { identify } from './present/job.ts';
import { ligandOfRow } from './present/input.ts';
import { executionSeconds } from './present/result.ts';
import { plainTime, seconds } from './present/time.ts';
import { anyStatus, flagOf, textOf, userOf, wholeNumber, type Query } from './query.ts';
import { childrenOf, everyChild, figuresOf, findBatch, ifThere, truncation, unitsOf } from './reads.ts';
import { del, get, idOf, post, type LegacyRequest, type LegacyRoute } from './route.ts';
import { submitBatch } from './submit-batch.ts';

export function batchesRoutes(ctx: HttpContext): readonly LegacyRoute[] {
  const base = '/api/v3/batches';
  const [job, rows, file] = ['/api/v4/jobs/{id}', '/api/v4/jobs/{id}/rows', '/api/v4/jobs/{id}/artifacts/{sha256}'];
  return [
    post(`${base}/submit`, '/api/v4/jobs', ({ body }) => submitBatch(ctx, body)),
    get(base, '/api/v4/jobs', ({ query }) => listBatches(ctx, query)),
    get(`${base}/:id/status`, job, (request) => batchStatus(ctx, idOf(request))),
    get(`${base}/:id/results`, rows, (request, reply) => results(ctx, request, reply)),
    get(`${base}/:id/enhanced-results`, rows, (request, reply) => enhancedResults(ctx, idOf(request), request.query, reply)),
    get(`/api/v2/batches/:id/enhanced-results`, rows, (request, reply) => enhancedResults(ctx, idOf(request), request.query, reply)),
    del(`${base}/:id`, job, (request) => deleteBatch(ctx, idOf(request))),
    get(`${base}/:id/jobs/:job/download/cif`, file, (request, reply) => sendOfBatch(ctx, request, 'cif', reply)),
    get(`${base}/:id/jobs/:job/download/pdb`, file, (request, reply) => sendOfBatch(ctx, request, 'pdb', reply)),
    get(`${base}/:id/jobs/:job/download/json`, file, (request, reply) => sendOfBatch(ctx, request, 'json', reply)),
    get(`${base}/:id/jobs/:job/download/metadata`, file, (request, reply) => sendOfBatch(ctx, request, 'json', reply)),
    get(`${base}/:id/analytics`, job, (request) => analytics(ctx, idOf(request))),
    post(`${base}/:id/control/:action`, `${job}/{action}`, (request) => control(ctx, request)),
    get(`${base}/:id/export/:format`, `${job}/export`, (request, reply) => exportBatch(ctx, request, reply)),
    get(`${base}/fast-results`, '/api/v4/jobs', ({ query }) => fastResults(ctx, query)),
    get(`${base}/cache/stats`, '/health/ready', () => ({ batch_status_cache: { entries: 0 }, rate_limiter: { entries: 0 } })),
    del(`${base}/cache/clear`, '/health/ready', () => ({ success: true, message: 'Cache cleared successfully' })),
  ];
}

/** What the batch pages poll. The statuses at which they stop are the hub's own: completed with one success, failed without any. */
async function batchStatus(ctx: HttpContext, id: string) {
  const entry = await ifThere(readEntry(ctx.hub, ctx.principal, id));
  if (!entry) throw new LegacyError(404, 'Batch not found');
  if (entry.kind !== 'batch_parent') return noBatch(entry);
  const batch = entry;
  const { job } = batch;
  const progress = statusProgress(batch);
  const children = await childrenOf(ctx, batch);
  return {
    batch_id: job.id,
    batch_name: job.name,
    status: job.status,
    created_at: plainTime(job.createdAt),
    updated_at: plainTime(job.updatedAt),
    progress,
    total_jobs: progress.total,
    jobs: children.map(statusJob),
    ...truncation(batch, children),
    insights: {
      batch_health: healthOf(batch),
      estimated_completion_time: null,
      performance_metrics: { success_rate: progress.success_rate, completion_percentage: progress.progress_percentage },
    },
    performance_metrics: {},
    execution_plan: {},
    estimated_completion: job.progress.secondsLeft,
  };
}

/** The id of a job that is no batch was answered so, as a batch that has no children yet. */
function noBatch(entry: RowEntry) {
  const { id, name, createdAt, updatedAt } = identify(entry);
  const rates = { success_rate: 0, completion_percentage: 0 };
  return {
    batch_id: id,
    batch_name: name,
    status: 'created',
    created_at: plainTime(createdAt),
    updated_at: plainTime(updatedAt),
    progress: { total: 0, completed: 0, failed: 0, running: 0, pending: 0, progress_percentage: 0, success_rate: 0 },
    total_jobs: 0,
    jobs: [],
    insights: { batch_health: 'no batch', estimated_completion_time: null, performance_metrics: rates },
    performance_metrics: {},
    execution_plan: {},
    estimated_completion: null,
  };
}

/** Shown by the page as the reason where a batch failed. */
function healthOf({ job: { progress } }: BatchEntry): string {
  const done = `${String(progress.completed)}/${String(progress.total)} jobs completed`;
  return progress.failed === 0 ? done : `${done}, ${String(progress.failed)} failed`;
}

async function results(ctx: HttpContext, request: LegacyRequest, reply: FastifyReply) {
  const batch = await findBatch(ctx, idOf(request), 'Batch not found');
  if (formatOf(request.query) === 'csv') return sendCsv(reply, `batch_${batch.job.id}_results.csv`, resultsCsv(ctx, batch));
  const { job } = batch;
  const withFiles = flagOf(request.query, 'include_files', false);
  const [children, { times }, unitOf] = [await childrenOf(ctx, batch, { status: 'completed' }), await figuresOf(ctx, batch), unitsOf(ctx)];
  const { total, completed } = job.progress;
  return {
    batch_id: job.id,
    batch_summary: {
      name: job.name,
      status: job.status,
      created_at: seconds(job.createdAt),
      total_jobs: total,
      completed_jobs: completed,
    },
    results: children.map((child) => resultRow(child, unitOf, withFiles)),
    ...truncation(batch, children, 'completed'),
    statistics: {
      total_jobs: total,
      completed_jobs: completed,
      success_rate: (100 * completed) / total,
      average_execution_time: times.meanSeconds ?? 0,
      batch_insights: {},
    },
    download_links: {
      batch_csv: `/api/v3/batches/${job.id}/export/csv`,
      batch_archive: `/api/v3/batches/${job.id}/export/zip`,
      batch_report: `/api/v3/batches/${job.id}/export/report`,
    },
    // One page looks for the archive here.
    download_urls: [`/api/v3/batches/${job.id}/export/zip`],
  };
}

async function* resultsCsv(ctx: HttpContext, batch: BatchEntry): AsyncGenerator<string> {
  yield csvLine(['Job ID', 'Job Name', 'Ligand Name', 'Ligand SMILES', 'Status', 'Execution Time', 'Completed At']);
  for await (const child of everyChild(ctx, batch)) {
    const identity = identify(child);
    const { name, smiles } = ligandOfRow(child.row);
    const time = child.row.status === 'completed' ? executionSeconds(child) : null;
    yield csvLine([identity.id, identity.name, name, smiles, identity.status, time, identity.finishedAt]);
  }
}

async function listBatches(ctx: HttpContext, query: Query) {
  const limit = wholeNumber(query, 'limit', { min: 1, max: 200, default: 50 });
  const offset = wholeNumber(query, 'offset', { min: 0, default: 0 });
  const filter = { jobTypes: ['batch_parent'] as const, status: anyStatus(query, 'status') };
  // Pages begin at any row here, so those around it are read.
  const page = Math.floor(offset / limit) + 1;
  const first = await readEntries(ctx.hub, ctx.principal, filter, page, limit);
  const skipped = offset - (page - 1) * limit;
  const second = skipped === 0 ? [] : (await readEntries(ctx.hub, ctx.principal, filter, page + 1, limit)).entries;
  const batches = [...first.entries, ...second].flatMap((entry) => (entry.kind === 'batch_parent' ? [entry] : []));
  const shown = batches.slice(skipped, skipped + limit);
  const count = (status: string): number => shown.filter(({ job }) => job.status === status).length;
  const completed = count('completed');
  const hasMore = offset + shown.length < first.total;
  return {
    batches: shown.map((batch) => batchListRow(batch, userOf(query))),
    pagination: { limit, offset, total: first.total, has_more: hasMore, next_offset: hasMore ? offset + limit : null },
    statistics: {
      total_batches: shown.length,
      active_batches: count('running') + count('pending'),
      completed_batches: completed,
      failed_batches: count('failed'),
      success_rate_overall: shown.length === 0 ? 0 : (100 * completed) / shown.length,
    },
  };
}

async function analytics(ctx: HttpContext, id: string) {
  const batch = await findBatch(ctx, id, 'Batch not found');
  const { times, metrics } = await figuresOf(ctx, batch);
  const progress = statusProgress(batch);
  return {
    batch_id: batch.job.id,
    analysis_timestamp: new Date().toISOString(),
    batch_intelligence: { batch_health: healthOf(batch), progress },
    performance: {
      total_execution_time: times.totalSeconds,
      average_execution_time: times.meanSeconds,
      metrics: Object.fromEntries(metrics.map(({ metric, mean, least, greatest }) => [metric, { mean, min: least, max: greatest }])),
    },
  };
}

const ACTIONS = ['pause', 'resume', 'cancel', 'retry_failed'] as const;

/** The old server said yes and did nothing. */
async function control(ctx: HttpContext, { params }: LegacyRequest) {
  const [id, word] = [params['id'] ?? '', params['action'] ?? ''];
  const action = ACTIONS.find((each) => each === word);
  if (action === undefined) {
    const expected = "'pause', 'resume', 'cancel' or 'retry_failed'";
    throw new LegacyError(422, [
      { type: 'enum', loc: ['path', 'action'], msg: `Input should be ${expected}`, input: word, ctx: { expected } },
    ]);
  }
  await findBatch(ctx, id, 'Batch not found');
  return {
    success: true,
    batch_id: id,
    action,
    timestamp: plainTime(new Date().toISOString()),
    message: await act(ctx, id, action),
  };
}

async function act(ctx: HttpContext, id: string, action: (typeof ACTIONS)[number]): Promise<string> {
  switch (action) {
    case 'cancel':
      await cancelJob(ctx.hub, ctx.principal, id);
      return 'cancelled';
    case 'pause':
      await pauseJob(ctx.hub, ctx.principal, id, true);
      return 'paused';
    case 'resume':
      await pauseJob(ctx.hub, ctx.principal, id, false);
      return 'resumed';
    case 'retry_failed': {
      const { retried } = await retryJob(ctx.hub, ctx.principal, id, { status: 'failed' });
      return `${String(retried)} failed jobs are retried`;
    }
    default:
      return action satisfies never;
  }
}

async function exportBatch(ctx: HttpContext, { params }: LegacyRequest, reply: FastifyReply) {
  const [id, format] = [params['id'] ?? '', params['format'] ?? ''];
  const batch = await findBatch(ctx, id, 'Batch not found');
  if (format === 'zip') return sendArchive(ctx, batch.job.id, reply);
  if (format === 'csv' || format === 'json') {
    const { mediaType, content } = await exportRows(ctx.hub, ctx.principal, batch.job.id, format);
    return reply
      .header('content-disposition', `attachment; filename=${safeName(batch.job.name)}.${format}`)
      .type(mediaType)
      .send(Readable.from(content));
  }
  // The link was always advertised; a summary is what it promised.
  if (format === 'report') return analytics(ctx, batch.job.id);
  if (format === 'pdf') throw new LegacyError(400, 'Unsupported format: pdf');
  const expected = "'csv', 'json', 'zip' or 'pdf'";
  throw new LegacyError(422, [
    { type: 'enum', loc: ['path', 'format'], msg: `Input should be ${expected}`, input: format, ctx: { expected } },
  ]);
}

async function fastResults(ctx: HttpContext, query: Query) {
  const batch = await findBatch(ctx, textOf(query, 'batch_id') ?? '', 'Batch not found');
  const limit = wholeNumber(query, 'limit', { min: 1, max: 500, default: 100 });
  const offset = wholeNumber(query, 'offset', { min: 0, default: 0 });
  const unitOf = unitsOf(ctx);
  const children = await readChildren(ctx.hub, ctx.principal, batch, { sort: 'index', status: 'completed', offset, limit });
  const { completed } = batch.job.progress;
  return {
    batch_id: batch.job.id,
    results: children.map((child) => resultRow(child, unitOf, false)),
    pagination: { limit, offset, total: completed, has_more: offset + children.length < completed },
  };
}
