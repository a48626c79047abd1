/** Paths that pages call without `/api` (B.11): the gallery and the job view. No old server had them. */
import type { FreeObject } from '../../domain/free-object.ts';
import { readChildren, readEntries, readEntry } from '../../services/read-entries.ts';
import { isReachable } from '../../storage/database.ts';
import type { HttpContext } from '../context.ts';
import { sendArchive, sendFile } from './downloads.ts';
import { safeName, sendText } from './send.ts';
import { jobRecord, listJobs } from './jobs.ts';
import { batchListRow } from './present/batch.ts';
import { ligandOfRow, proteinSequence } from './present/input.ts';
import { headline, oldMetrics } from './present/metrics.ts';
import { flagOf, pageOf, textOf, userOf, type Query } from './query.ts';
import { findBatch, findRow, resultWithStructure, unitsOf } from './reads.ts';
import { get, idOf, type LegacyRoute } from './route.ts';

export function rootRoutes(ctx: HttpContext): readonly LegacyRoute[] {
  return [
    ...familyRoutes(ctx, ''),
    ...familyRoutes(ctx, '/api'),
    get('/health', '/health/ready', () => health(ctx)),
    get('/redoc', '/docs', (_request, reply) => reply.redirect('/docs')),
  ];
}

function familyRoutes(ctx: HttpContext, base: '' | '/api'): readonly LegacyRoute[] {
  const [jobs, job, file] = ['/api/v4/jobs', '/api/v4/jobs/{id}', '/api/v4/jobs/{id}/artifacts/{sha256}'];
  return [
    get(`${base}/jobs`, jobs, ({ query }) => listJobs(ctx, query)),
    get(`${base}/jobs/:id`, job, (request) => viewJob(ctx, idOf(request), request.query)),
    get(`${base}/jobs/:id/download/:format`, file, (request, reply) => sendFile(ctx, idOf(request), request.params['format'] ?? '', reply)),
    get(`${base}/jobs/:id/download-structure`, file, (request, reply) =>
      sendFile(ctx, idOf(request), textOf(request.query, 'format') ?? 'cif', reply),
    ),
    get(`${base}/jobs/:id/export`, `${job}/export`, async (request, reply) => {
      const { structure_file_content, structure_file_base64, all_structures, ...numbers } = await exportOf(ctx, idOf(request));
      const withStructure = flagOf(request.query, 'include_structure', true);
      const content = withStructure ? { ...numbers, structure_file_content, structure_file_base64, all_structures } : numbers;
      return sendText(reply, `${safeName(idOf(request))}.json`, 'application/json', JSON.stringify(content, undefined, 2));
    }),
    get(`${base}/jobs/:id/quality-report`, job, (request) => qualityReport(ctx, idOf(request))),
    get(`${base}/batches`, jobs, ({ query }) => listBatches(ctx, query)),
    get(`${base}/batches/:id`, job, async (request) =>
      batchListRow(await findBatch(ctx, idOf(request), 'Batch not found'), userOf(request.query)),
    ),
    get(`${base}/batches/:id/jobs`, `${job}/rows`, (request) => batchJobs(ctx, idOf(request), request.query)),
    ...(base === '' ? [get('/batches/:id/download-all', `${job}/export`, (request, reply) => sendArchive(ctx, idOf(request), reply))] : []),
  ];
}

/** The job view reads sequences and ligands as lists of texts, one level below where other pages read them. */
async function viewJob(ctx: HttpContext, id: string, query: Query) {
  const entry = await readEntry(ctx.hub, ctx.principal, id);
  const result = entry.kind === 'batch_parent' ? {} : ((await resultWithStructure(ctx, entry)) ?? {});
  const record = jobRecord(entry, userOf(query), result);
  const sequence = proteinSequence(entry.job);
  const sequences = sequence === '' ? [] : [sequence];
  const ligands = entry.kind === 'batch_parent' ? [] : [ligandOfRow(entry.row).smiles].filter((smiles) => smiles !== '');
  const own: FreeObject = isObject(record['input_data']) ? record['input_data'] : {};
  return {
    ...record,
    input_data: {
      ...own,
      input_data: { sequences: [...sequences, ...ligands] },
      protein_sequences: sequences,
      ligands,
      use_msa: entry.job.parameters['useMsa'] ?? false,
      use_potentials: entry.job.parameters['usePotentials'] ?? false,
    },
  };
}

function isObject(value: unknown): value is FreeObject {
  return typeof value === 'object' && value !== null;
}

async function exportOf(ctx: HttpContext, id: string): Promise<FreeObject> {
  const entry = await findRow(ctx, id, 'Job not found');
  return (await resultWithStructure(ctx, entry)) ?? { job_id: id, status: entry.row.status };
}

/** What the model says of its own result; nothing is judged here. */
async function qualityReport(ctx: HttpContext, id: string) {
  const entry = await findRow(ctx, id, 'Job not found');
  const { top, confidence, own } = oldMetrics(entry);
  const unitOf = unitsOf(ctx);
  return {
    job_id: id,
    status: entry.row.status,
    confidence_metrics: confidence,
    metrics: { ...top, ...own },
    units: Object.fromEntries(Object.keys(own).map((metric) => [metric, unitOf(metric)])),
    notes: entry.row.notes.map(({ message }) => message),
  };
}

async function listBatches(ctx: HttpContext, query: Query) {
  const page = pageOf(query, 'per_page', { min: 1, max: 100, default: 20 });
  const { entries, total } = await readEntries(ctx.hub, ctx.principal, { jobTypes: ['batch_parent'] }, page.page, page.perPage);
  const batches = entries.flatMap((entry) => (entry.kind === 'batch_parent' ? [batchListRow(entry, userOf(query))] : []));
  return { batches, total, page: page.page, per_page: page.perPage };
}

async function batchJobs(ctx: HttpContext, id: string, query: Query) {
  const batch = await findBatch(ctx, id, 'Batch not found');
  const page = pageOf(query, 'per_page', { min: 1, max: 1_501, default: 1_501 });
  const place = { offset: (page.page - 1) * page.perPage, limit: page.perPage };
  const children = await readChildren(ctx.hub, ctx.principal, batch, { sort: 'index', ...place });
  const unitOf = unitsOf(ctx);
  return {
    batch_id: batch.job.id,
    jobs: children.map((child) => jobRecord(child, userOf(query), headline(child, unitOf))),
    total: batch.job.progress.total,
  };
}

async function health(ctx: HttpContext) {
  const isHealthy = await isReachable(ctx.hub.db);
  return {
    status: isHealthy ? 'healthy' : 'unhealthy',
    timestamp: new Date().toISOString(),
    database: isHealthy ? 'connected' : 'disconnected',
    storage: 'available',
  };
}
