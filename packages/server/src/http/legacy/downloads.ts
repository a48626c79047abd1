/** Files of jobs and batches (B.5): one structure, one result, or everything of a batch as a ZIP. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { archiveOf, type ArchiveEntry } from '../../services/export/archive.ts';
import { csvLine } from '../../services/export/write-csv.ts';
import { readEntry, type BatchEntry, type RowEntry } from '../../services/read-entries.ts';
import { hasStructure, readStructure, structureBytes } from '../../services/read-structure.ts';
import type { HttpContext } from '../context.ts';
import { LegacyError } from './errors.ts';
import { ligandOfRow, proteinName } from './present/input.ts';
import { identify } from './present/job.ts';
import { numberIn, oldMetrics } from './present/metrics.ts';
import { executionSeconds } from './present/result.ts';
import { textOf } from './query.ts';
import { everyChild, findBatch, ifThere, metricOf, resultWithStructure, structureOf } from './reads.ts';
import { del, get, idOf, type LegacyRequest, type LegacyRoute } from './route.ts';
import { deleteBatch } from './delete-batch.ts';
import { safeName, sendCsv, sendText } from './send.ts';

const MEDIA_TYPES = { cif: 'chemical/x-cif', pdb: 'chemical/x-pdb', json: 'application/json' } as const;
export type FileFormat = keyof typeof MEDIA_TYPES;

export function downloadsRoutes(ctx: HttpContext): readonly LegacyRoute[] {
  const file = '/api/v4/jobs/{id}/artifacts/{sha256}';
  const everything = '/api/v4/jobs/{id}/export';
  const zip = (path: string): LegacyRoute => get(path, everything, (request, reply) => sendArchive(ctx, idOf(request), reply));
  const ofBatch = (path: string): LegacyRoute => get(path, file, (request, reply) => sendStructureOfBatch(ctx, request, reply));
  return [
    get('/api/v2/jobs/:id/download/:format', file, (request, reply) => sendFile(ctx, idOf(request), request.params['format'] ?? '', reply)),
    get('/api/v2/jobs/:id/download-structure', file, (request, reply) =>
      sendFile(ctx, idOf(request), textOf(request.query, 'format') ?? 'cif', reply),
    ),
    zip('/api/v2/batch/:id/download'),
    zip('/api/v2/batch/:id/download-all'),
    get('/api/v2/batch/:id/download-csv', everything, (request, reply) => sendTable(ctx, idOf(request), reply)),
    zip('/api/v2/batches/:id/download-all'),
    zip('/api/v2/batches/:id/download/zip'),
    zip('/api/batches/:id/download-all'),
    zip('/api/batches/:id/download/zip'),
    zip('/api/v2/my-batches/:id/download'),
    get('/api/v2/my-batches/:id/download-info', everything, (request) => downloadInfo(ctx, idOf(request))),
    del('/api/v2/my-batches/:id', '/api/v4/jobs/{id}', (request) => deleteBatch(ctx, idOf(request))),
    ofBatch('/api/v2/batches/:id/jobs/:job/download/cif'),
    ofBatch('/api/v2/batches/:id/jobs/:job/structure.cif'),
    ofBatch('/api/v2/batches/:id/jobs/:job/download/:file'),
  ];
}

/** @throws LegacyError 400 for a format that there never was, 404 where there is no such file */
export async function sendFile(ctx: HttpContext, id: string, word: string, reply: FastifyReply): Promise<FastifyReply> {
  const format = formatOf(word);
  if (format === undefined) throw new LegacyError(400, `Unsupported format: ${word}`);
  const content = await readFile(ctx, id, format);
  if (content === undefined) throw new LegacyError(404, `${format.toUpperCase()} file not found in GCP bucket`);
  return sendText(reply, `${safeName(id)}.${format}`, MEDIA_TYPES[format], content);
}

function formatOf(word: string): FileFormat | undefined {
  const lower = word.toLowerCase();
  return lower === 'cif' || lower === 'pdb' || lower === 'json' ? lower : undefined;
}

async function readFile(ctx: HttpContext, id: string, format: FileFormat): Promise<string | undefined> {
  const entry = await ifThere(readEntry(ctx.hub, ctx.principal, id));
  return entry === undefined || entry.kind === 'batch_parent' ? undefined : contentOf(ctx, entry, format);
}

async function contentOf(ctx: HttpContext, entry: RowEntry, format: FileFormat): Promise<string | undefined> {
  if (format !== 'json') return readStructure(ctx.hub, entry, format);
  const result = await resultWithStructure(ctx, entry);
  return result && JSON.stringify(result, undefined, 2);
}

/** A file of a child that is asked for through its batch. @throws LegacyError 404 */
export async function sendOfBatch(
  ctx: HttpContext,
  { params }: LegacyRequest,
  format: FileFormat,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const [batch, job] = [params['id'] ?? '', params['job'] ?? ''];
  const missing = new LegacyError(404, `Structure file not found for job ${job} in batch ${batch}`);
  const entry = await ifThere(readEntry(ctx.hub, ctx.principal, job));
  if (entry?.kind !== 'batch_child' || entry.job.id !== batch.toLowerCase()) throw missing;
  const content = await contentOf(ctx, entry, format);
  if (content === undefined) throw missing;
  const fileName = format === 'json' ? `results_${safeName(job)}.json` : `structure_${safeName(job)}.${format}`;
  return sendText(reply, fileName, MEDIA_TYPES[format], content);
}

function sendStructureOfBatch(ctx: HttpContext, request: LegacyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const [, extension = 'cif'] = /\.(cif|pdb|json)$/.exec(request.params['file'] ?? '') ?? [];
  return sendOfBatch(ctx, request, formatOf(extension) ?? 'cif', reply);
}

/** Everything of a batch: a table, the structures, and what it was. Every row is in the table, whatever became of it. */
export async function sendArchive(ctx: HttpContext, id: string, reply: FastifyReply): Promise<FastifyReply> {
  const batch = await findBatch(ctx, id, 'Batch not found');
  const { job } = batch;
  return reply
    .header('content-disposition', `attachment; filename=${archiveName(batch)}`)
    .type('application/zip')
    .send(Readable.from(archiveOf(filesOf(ctx, batch), new Date(job.finishedAt ?? job.createdAt))));
}

async function* filesOf(ctx: HttpContext, batch: BatchEntry): AsyncGenerator<ArchiveEntry> {
  const { job } = batch;
  yield { name: `batch_summary_${job.id}.csv`, content: csvOf(ctx, batch) };
  let lost = 0;
  for await (const child of everyChild(ctx, batch)) {
    const structure = hasStructure(child) ? await structureOf(ctx, child) : undefined;
    if (structure === 'lost') lost += 1;
    if (structure === undefined || structure === 'lost') continue;
    // Ids of children share their beginning, so the name holds the index too.
    const name = `${safeName(ligandOfRow(child.row).name)}_${child.row.id.slice(0, 8)}-${String(child.row.index).padStart(4, '0')}.cif`;
    yield { name, content: structure };
  }
  yield { name: 'batch_metadata.txt', content: metadataText(batch, lost) };
}

/** The old columns, where `Binding Score` is the affinity of old; other metrics follow under their own name and unit. */
async function* csvOf(ctx: HttpContext, batch: BatchEntry): AsyncGenerator<string> {
  const manifest = ctx.hub.registry().models.get(batch.job.modelId);
  const ids = manifest?.kind === 'installed' ? manifest.model.manifest.metrics : (manifest?.manifest.metrics ?? []);
  const own = ids.filter((metric) => !['affinity', 'confidence_score', 'ptm'].includes(metric));
  const titles = own.map((metric) => {
    const unit = metricOf(ctx, metric)?.unit ?? '';
    return unit === '' ? metric : `${metric} [${unit}]`;
  });
  yield csvLine([
    'Index',
    'Job ID',
    'Ligand Name',
    'SMILES',
    'Status',
    'Binding Score',
    'Confidence',
    'PTM Score',
    'Execution Time (s)',
    ...titles,
    'Error',
  ]);
  for await (const child of everyChild(ctx, batch)) {
    const { top } = oldMetrics(child);
    const { name, smiles } = ligandOfRow(child.row);
    const isDone = child.row.status === 'completed';
    yield csvLine([
      child.row.index + 1,
      child.row.id,
      name,
      smiles,
      child.row.status,
      numberIn(top, 'affinity'),
      numberIn(top, 'confidence'),
      numberIn(top, 'ptm_score'),
      isDone ? executionSeconds(child) : null,
      ...own.map((metric) => child.row.metrics[metric] ?? null),
      identify(child).errorMessage,
    ]);
  }
}

async function sendTable(ctx: HttpContext, id: string, reply: FastifyReply): Promise<FastifyReply> {
  const batch = await findBatch(ctx, id, 'Batch not found');
  return sendCsv(reply, `batch_summary_${batch.job.id}.csv`, csvOf(ctx, batch));
}

function metadataText({ job }: BatchEntry, lost: number): string {
  const { total, completed, failed, cancelled } = job.progress;
  return [
    `Batch: ${job.name}`,
    `Id: ${job.id}`,
    `Task: ${job.taskType}`,
    `Model: ${job.modelId} ${job.modelVersion}`,
    `Protein: ${proteinName(job)}`,
    `Seed: ${String(job.seed)}`,
    `Parameters: ${JSON.stringify(job.parameters)}`,
    `Created: ${job.createdAt}`,
    `Finished: ${job.finishedAt ?? 'not yet'}`,
    `Ligands: ${String(total)} (${String(completed)} completed, ${String(failed)} failed, ${String(cancelled)} cancelled)`,
    ...(lost === 0 ? [] : [`Structures that are lost or damaged on the hub, so not in here: ${String(lost)}`]),
    '',
  ].join('\n');
}

async function downloadInfo(ctx: HttpContext, id: string) {
  const batch = await findBatch(ctx, id, 'Batch not found');
  const { job } = batch;
  return {
    batch_id: job.id,
    download_endpoints: [`/api/v2/batches/${job.id}/download-all`],
    user_friendly_names: { zip: archiveName(batch) },
    batch_name: job.name,
    total_children: job.progress.total,
    bucket_path: `jobs/${job.id}/`,
    archive_path: `archive/batch/${job.modelId}/`,
  };
}

/** Files of one job, as the download dialogue of My Results lists them. */
export function filesOfJob(entry: RowEntry) {
  const id = entry.row.id;
  const files = (['cif', 'pdb'] as const)
    .filter(() => hasStructure(entry))
    .map((format) => ({
      name: `structure.${format}`,
      size: structureBytes(entry),
      type: MEDIA_TYPES[format],
      url: `/api/v2/jobs/${id}/download/${format}`,
    }));
  const own = entry.row.artifacts.map(({ name, sizeBytes, mediaType, href }) => ({ name, size: sizeBytes, type: mediaType, url: href }));
  const result =
    entry.row.status === 'completed'
      ? [{ name: 'results.json', size: 0, type: MEDIA_TYPES.json, url: `/api/v2/jobs/${id}/download/json` }]
      : [];
  return [...files, ...result, ...own];
}

function archiveName({ job }: BatchEntry): string {
  return `${safeName(job.name)}_${job.id}_results.zip`;
}
