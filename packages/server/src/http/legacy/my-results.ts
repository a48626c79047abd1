/** Saved results (B.6), individual jobs (B.7). Every job is kept, so a saved result is a finished job. */
import type { FreeObject } from '../../domain/free-object.ts';
import { deleteJob } from '../../services/delete-job.ts';
import { readEntries, readEntry, type BatchEntry, type EntriesQuery, type Entry, type RowEntry } from '../../services/read-entries.ts';
import { hasStructure } from '../../services/read-structure.ts';
import type { HttpContext } from '../context.ts';
import { isHubError, LegacyError } from './errors.ts';
import { filesOfJob } from './downloads.ts';
import { enhancedRow, progressOfEveryAge } from './present/batch.ts';
import { inputData, ligandOfRow, proteinName } from './present/input.ts';
import { identify } from './present/job.ts';
import { headline, numberIn, type UnitOf } from './present/metrics.ts';
import { compactResult, resultKeys } from './present/result.ts';
import { anyStatus, clampedNumber, pageOf, textOf, userOf, wholeNumber, type Query } from './query.ts';
import { childrenOf, ifThere, performanceSince, resultsOfList, unitsOf } from './reads.ts';
import { del, get, idOf, type LegacyRoute } from './route.ts';

export function myResultsRoutes(ctx: HttpContext): readonly LegacyRoute[] {
  const list = '/api/v4/jobs';
  return [
    get('/api/v2/my-results', list, ({ query }) => myResults(ctx, query)),
    del('/api/v2/my-results/:id', '/api/v4/jobs/{id}', (request) => deleteResult(ctx, idOf(request))),
    get('/api/v2/my-results/:id/download-info', '/api/v4/jobs/{id}/export', (request) => downloadInfo(ctx, idOf(request))),
    get('/api/v2/my-results-optimized', list, ({ query }) => optimized(ctx, query)),
    get('/api/v2/my-results-batch-aware', list, ({ query }) => optimized(ctx, query)),
    get('/api/individual-jobs', list, ({ query }) => individualJobs(ctx, query)),
  ];
}

/** Old lists named a row by its job, some with this in front. */
export function withoutPrefix(id: string): string {
  return id.replace(/^gcp_/, '');
}

async function myResults(ctx: HttpContext, query: Query) {
  const limit = clampedNumber(query, 'limit', { min: 1, max: 100, default: 50 });
  const user = userOf(query);
  const { entries, total } = await readEntries(
    ctx.hub,
    ctx.principal,
    { status: 'completed', jobTypes: ['individual', 'batch_parent'] },
    1,
    limit,
  );
  const results = await savedResults(ctx, entries, user);
  return { results, total, user_id: user, source: 'database', cache_status: 'miss' };
}

/** Children of all batches of one list. */
const LIST_CHILDREN = 1_501;

/** Rows of My Results with their whole results and structures, and batches with their children, as far as one answer has room for them. */
export async function savedResults(ctx: HttpContext, entries: readonly Entry[], user: string): Promise<readonly FreeObject[]> {
  const full = await resultsOfList(ctx, entries);
  let room = LIST_CHILDREN;
  const results = [];
  for (const entry of entries) {
    const children = entry.kind === 'batch_parent' ? await childrenOf(ctx, entry, { limit: room }) : [];
    room -= children.length;
    results.push(savedResult(ctx, entry, user, { result: full.get(entry), children }));
  }
  return results;
}

interface Shown {
  readonly result: FreeObject | undefined;
  readonly children: readonly RowEntry[];
}

function savedResult(ctx: HttpContext, entry: Entry, user: string, { result, children }: Shown): FreeObject {
  const identity = identify(entry);
  const unitOf = unitsOf(ctx);
  const files = entry.kind === 'batch_parent' ? [] : filesOfJob(entry);
  return {
    id: identity.id,
    job_id: identity.id,
    task_type: identity.taskType,
    job_name: identity.name,
    name: identity.name,
    status: identity.status,
    created_at: identity.createdAt,
    completed_at: identity.finishedAt,
    updated_at: identity.updatedAt,
    saved_at: identity.finishedAt ?? identity.createdAt,
    user_id: user,
    file_count: files.length,
    file_types: [...new Set(files.map(({ name }) => name.split('.').at(-1) ?? ''))],
    has_structure: entry.kind !== 'batch_parent' && hasStructure(entry),
    bucket_path: `jobs/${identity.id}/`,
    storage_source: 'database',
    auto_indexed: true,
    inputs: inputData(entry),
    ...resultKeys(identity, result),
    has_results: identity.hasResults || entry.kind === 'batch_parent',
    ...(entry.kind === 'batch_parent' ? {} : numbersOf(compactResult(entry, unitOf))),
    ...(typeof result?.['structure_file_base64'] === 'string' ? { structure_file_base64: result['structure_file_base64'] } : {}),
    ...(entry.kind === 'batch_parent' ? batchFields(entry, children, unitOf) : {}),
  };
}

function numbersOf(result: FreeObject): FreeObject {
  const names = ['affinity', 'confidence', 'ptm_score', 'plddt_score', 'iptm_score'];
  return Object.fromEntries(names.flatMap((name) => (numberIn(result, name) === null ? [] : [[name, result[name]]])));
}

function batchFields(batch: BatchEntry, children: readonly RowEntry[], unitOf: UnitOf): FreeObject {
  return {
    progress: progressOfEveryAge(batch),
    individual_results: children.map((child) => enhancedRow(child, unitOf, false)),
    ...(children.length < batch.job.progress.total ? { children_truncated_at: children.length } : {}),
  };
}

async function deleteResult(ctx: HttpContext, id: string) {
  await deleteJob(ctx.hub, ctx.principal, withoutPrefix(id)).catch((error: unknown) => {
    throw isHubError(error, 'job_not_found') ? new LegacyError(404, 'Saved result not found') : error;
  });
  return { message: 'Saved result deleted successfully' };
}

async function downloadInfo(ctx: HttpContext, id: string) {
  const entry = await ifThere(readEntry(ctx.hub, ctx.principal, withoutPrefix(id)));
  if (entry === undefined || entry.kind === 'batch_parent') return { error: `No result ${id}` };
  const files = filesOfJob(entry);
  const [structure] = files;
  return { job_id: entry.row.id, files, ...(hasStructure(entry) && structure ? { primary_structure_url: structure.url } : {}) };
}

async function optimized(ctx: HttpContext, query: Query) {
  const start = performance.now();
  const page = pageOf(query, 'per_page', { min: 1, max: 100, default: 20 });
  const filter: EntriesQuery = {
    jobTypes: ['individual', 'batch_parent'],
    status: anyStatus(query, 'status'),
    modelId: textOf(query, 'model'),
    search: textOf(query, 'search'),
    createdFrom: dateOf(query, 'date_from'),
    createdTo: dateOf(query, 'date_to'),
  };
  const { entries, total } = await readEntries(ctx.hub, ctx.principal, filter, page.page, page.perPage);
  const unitOf = unitsOf(ctx);
  const results = entries.map((entry) => listedJob(entry, userOf(query), entry.kind === 'batch_parent' ? {} : headline(entry, unitOf)));
  const totalPages = Math.ceil(total / page.perPage);
  return {
    results,
    total,
    source: 'database',
    pagination: {
      page: page.page,
      per_page: page.perPage,
      total_pages: totalPages,
      total_results: total,
      has_next: page.page < totalPages,
      has_prev: page.page > 1,
    },
    filters_applied: Object.fromEntries(
      ['status', 'model', 'date_from', 'date_to', 'search'].flatMap((name) => {
        const value = textOf(query, name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    batch_grouping: { enabled: true, total_batches: entries.filter(({ kind }) => kind === 'batch_parent').length },
    performance_info: performanceSince(start, 'database'),
  };
}

function dateOf(query: Query, name: string): Date | undefined {
  const text = textOf(query, name);
  if (text === undefined) return undefined;
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) {
    const msg = 'Input should be a valid datetime or date';
    throw new LegacyError(422, [{ type: 'datetime_parsing', loc: ['query', name], msg, input: text }]);
  }
  return date;
}

/** A row of the job store's lists. */
export function listedJob(entry: Entry, user: string, results: FreeObject | undefined): FreeObject {
  const identity = identify(entry);
  return {
    id: identity.id,
    job_id: identity.id,
    job_name: identity.name,
    name: identity.name,
    task_type: identity.taskType,
    job_type: identity.jobType,
    status: identity.status,
    created_at: identity.createdAt,
    updated_at: identity.updatedAt,
    user_id: user,
    ...(results ? { results } : {}),
    inputs: inputData(entry),
  };
}

/** The first choice of My Results: individual jobs, and every child of a batch as one. */
async function individualJobs(ctx: HttpContext, query: Query) {
  const limit = wholeNumber(query, 'limit', { min: 1, max: 500, default: 200 });
  const user = userOf(query);
  const { entries } = await readEntries(ctx.hub, ctx.principal, { jobTypes: ['individual', 'batch_child'] }, 1, limit);
  const full = await resultsOfList(ctx, entries);
  const results = entries.map((entry) => {
    const row = listedJob(entry, user, full.get(entry));
    if (entry.kind !== 'batch_child') return row;
    return {
      ...row,
      job_name: `Individual: ${identify(entry).name}`,
      batch_parent_id: entry.job.id,
      ligand_name: ligandOfRow(entry.row).name,
      protein_name: proteinName(entry.job),
    };
  });
  return { results, total: results.length, source: 'batch-child-extraction', message: `${String(results.length)} jobs` };
}
