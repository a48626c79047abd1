/** The later `/api/v1` (D), and the additions of the last front end. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { deleteJob } from '../../services/delete-job.ts';
import { exportRows } from '../../services/export/export-rows.ts';
import { childrenWith, readChildren, readEntries, readEntry } from '../../services/read-entries.ts';
import { retryJob } from '../../services/retry-job.ts';
import { readStructure } from '../../services/read-structure.ts';
import { isReachable } from '../../storage/database.ts';
import type { HttpContext } from '../context.ts';
import { analysisOf } from './enhanced-results.ts';
import { LegacyError } from './errors.ts';
import { sendArchive } from './downloads.ts';
import { safeName, sendText } from './send.ts';
import { enhancedRow } from './present/batch.ts';
import { compactResult } from './present/result.ts';
import { v1Batch, v1Job } from './present/v1.ts';
import { anyStatus, textOf, userOf, wholeNumber, type Query } from './query.ts';
import { findBatch, resultWithStructure, unitsOf } from './reads.ts';
import { del, get, idOf, post, type LegacyRequest, type LegacyRoute } from './route.ts';
import { submitV1, submitV1Batch } from './v1-submit.ts';

export function v1Routes(ctx: HttpContext): readonly LegacyRoute[] {
  const base = '/api/v1';
  const [jobs, job, rows, everything] = ['/api/v4/jobs', '/api/v4/jobs/{id}', '/api/v4/jobs/{id}/rows', '/api/v4/jobs/{id}/export'];
  const children = (request: LegacyRequest): Promise<object> => batchChildren(ctx, idOf(request), request.query);
  return [
    post(`${base}/predict`, jobs, ({ body }) => submitV1(ctx, body)),
    post(`${base}/predict/batch`, jobs, ({ body }) => submitV1Batch(ctx, body)),
    post(`${base}/jobs/predict`, jobs, ({ body }) => submitV1(ctx, body)),
    post(`${base}/jobs/predict/batch`, jobs, ({ body }) => submitV1Batch(ctx, body)),
    get(`${base}/jobs`, jobs, ({ query }) => listJobs(ctx, query)),
    get(`${base}/jobs/:id`, job, (request) => oneJob(ctx, request)),
    get(`${base}/jobs/:id/status`, job, (request) => oneJob(ctx, request)),
    get(`${base}/jobs/batch/:id/children`, rows, children),
    get(`${base}/jobs/queue/stats`, jobs, () => queueStats(ctx)),
    post(`${base}/jobs/:id/retry`, `${job}/retry`, async (request) => {
      const { retried } = await retryJob(ctx.hub, ctx.principal, idOf(request), {});
      return { message: `${String(retried)} jobs are retried`, job_id: idOf(request), retried, status: 'pending' };
    }),
    del(`${base}/jobs/:id`, job, (request) => remove(ctx, request)),
    get(`${base}/jobs/:id/files/:format`, everything, (request, reply) => sendJobFile(ctx, request, reply)),
    get(`${base}/batches`, jobs, ({ query }) => listBatches(ctx, query)),
    get(`${base}/batches/:id`, job, (request) => oneBatch(ctx, request)),
    del(`${base}/batches/:id`, job, (request) => remove(ctx, request)),
    get(`${base}/batches/:id/export`, everything, (request, reply) => sendBatchFile(ctx, request, reply)),
    get(`${base}/system/status`, '/health/ready', () => systemStatus(ctx)),
  ];
}

async function listJobs(ctx: HttpContext, query: Query) {
  const [page, limit] = [
    wholeNumber(query, 'page', { min: 1, default: 1 }),
    wholeNumber(query, 'limit', { min: 1, max: 500, default: 20 }),
  ];
  const filter = { status: anyStatus(query, 'status'), modelId: textOf(query, 'model') };
  const { entries, total } = await readEntries(
    ctx.hub,
    ctx.principal,
    { ...filter, jobTypes: ['individual', 'batch_parent'] },
    page,
    limit,
  );
  const unitOf = unitsOf(ctx);
  const jobs = entries.map((entry) =>
    v1Job(
      entry,
      userOf(query),
      entry.kind === 'batch_parent' || entry.row.status !== 'completed' ? undefined : compactResult(entry, unitOf),
    ),
  );
  return { jobs, total, page, limit, has_more: page * limit < total };
}

async function oneJob(ctx: HttpContext, request: LegacyRequest) {
  const entry = await readEntry(ctx.hub, ctx.principal, idOf(request));
  const results = entry.kind === 'batch_parent' ? undefined : await resultWithStructure(ctx, entry);
  return v1Job(entry, userOf(request.query), results);
}

async function listBatches(ctx: HttpContext, query: Query) {
  const [page, limit] = [
    wholeNumber(query, 'page', { min: 1, default: 1 }),
    wholeNumber(query, 'limit', { min: 1, max: 500, default: 20 }),
  ];
  const filter = { status: anyStatus(query, 'status'), modelId: textOf(query, 'model'), jobTypes: ['batch_parent'] as const };
  const { entries, total } = await readEntries(ctx.hub, ctx.principal, filter, page, limit);
  const batches = entries.flatMap((entry) => (entry.kind === 'batch_parent' ? [v1Batch(entry, userOf(query))] : []));
  return { batches, total, page, limit, has_more: page * limit < total };
}

/** The last batch page asks this path for rows first, so they are in it. */
async function oneBatch(ctx: HttpContext, request: LegacyRequest) {
  const batch = await findBatch(ctx, idOf(request), 'Batch not found');
  const page = wholeNumber(request.query, 'page', { min: 1, default: 1 });
  const pageSize = wholeNumber(request.query, 'page_size', { min: 1, max: 1_501, default: 20 });
  const unitOf = unitsOf(ctx);
  const children = await readChildren(ctx.hub, ctx.principal, batch, { sort: 'index', offset: (page - 1) * pageSize, limit: pageSize });
  const { total, completed, failed } = batch.job.progress;
  return {
    ...v1Batch(batch, userOf(request.query)),
    batch_status: batch.job.status,
    total_ligands_screened: total,
    successful_predictions: completed,
    failed_predictions: failed,
    individual_results: children.map((child) => enhancedRow(child, unitOf, true)),
    scientific_analysis: await analysisOf(ctx, batch),
  };
}

async function batchChildren(ctx: HttpContext, id: string, query: Query) {
  const batch = await findBatch(ctx, id, 'Batch not found');
  const [page, limit] = [
    wholeNumber(query, 'page', { min: 1, default: 1 }),
    wholeNumber(query, 'limit', { min: 1, max: 500, default: 100 }),
  ];
  const children = await readChildren(ctx.hub, ctx.principal, batch, { sort: 'index', offset: (page - 1) * limit, limit });
  const unitOf = unitsOf(ctx);
  const total = childrenWith(batch, undefined);
  const jobs = children.map((child) =>
    v1Job(child, userOf(query), child.row.status === 'completed' ? compactResult(child, unitOf) : undefined),
  );
  return { batch_id: batch.job.id, children: jobs, jobs, total, page, limit, has_more: page * limit < total };
}

async function remove(ctx: HttpContext, request: LegacyRequest) {
  await deleteJob(ctx.hub, ctx.principal, idOf(request));
  return { message: 'Job deleted successfully' };
}

async function sendJobFile(ctx: HttpContext, request: LegacyRequest, reply: FastifyReply) {
  const entry = await readEntry(ctx.hub, ctx.principal, idOf(request));
  const format = (request.params['format'] ?? '').toLowerCase();
  if (format !== 'cif' && format !== 'pdb' && format !== 'json') throw new LegacyError(400, `Unsupported format: ${format}`);
  if (entry.kind === 'batch_parent' || entry.row.status !== 'completed') throw new LegacyError(400, 'Job not completed');
  const content =
    format === 'json' ? JSON.stringify(await resultWithStructure(ctx, entry), undefined, 2) : await readStructure(ctx.hub, entry, format);
  if (content === undefined) throw new LegacyError(404, `${format.toUpperCase()} file not found`);
  const mediaType = { cif: 'chemical/x-cif', pdb: 'chemical/x-pdb', json: 'application/json' }[format];
  return sendText(reply, `"${safeName(entry.row.id)}.${format}"`, mediaType, content);
}

async function sendBatchFile(ctx: HttpContext, request: LegacyRequest, reply: FastifyReply) {
  const batch = await findBatch(ctx, idOf(request), 'Batch not found');
  const format = textOf(request.query, 'format') ?? 'csv';
  if (format === 'zip') return sendArchive(ctx, batch.job.id, reply);
  if (format !== 'csv' && format !== 'json') throw new LegacyError(400, `Unsupported format: ${format}`);
  const { mediaType, content } = await exportRows(ctx.hub, ctx.principal, batch.job.id, format);
  return reply
    .header('content-disposition', `attachment; filename="${safeName(batch.job.name)}.${format}"`)
    .type(mediaType)
    .send(Readable.from(content));
}

async function queueStats(ctx: HttpContext) {
  const count = async (status: 'pending' | 'running'): Promise<number> =>
    (await readEntries(ctx.hub, ctx.principal, { status }, 1, 1)).total;
  const [pending, running] = [await count('pending'), await count('running')];
  return { queued: pending, pending, running, total: pending + running };
}

async function systemStatus(ctx: HttpContext) {
  const isHealthy = await isReachable(ctx.hub.db);
  const statistics = isHealthy ? await queueStats(ctx) : {};
  return {
    status: isHealthy ? 'healthy' : 'unhealthy',
    timestamp: new Date().toISOString(),
    components: { database: isHealthy ? 'healthy' : 'unhealthy', storage: 'healthy' },
    statistics,
    api_version: 'v1',
  };
}
