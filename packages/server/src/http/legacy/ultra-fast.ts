/** The preload of every page (C.6): one list of all that a user has. Its rows are cached as they are, so they carry their final names. */
import type { FreeObject } from '../../domain/free-object.ts';
import { readEntries, type Entry } from '../../services/read-entries.ts';
import type { EntryType } from '../../storage/entries.ts';
import type { HttpContext } from '../context.ts';
import { shortInputData } from './present/input.ts';
import { identify } from './present/job.ts';
import { flagOf, userOf, wholeNumber, type Query } from './query.ts';
import { performanceSince, resultsOfList } from './reads.ts';
import { del, get, type LegacyRoute } from './route.ts';

export function ultraFastRoutes(ctx: HttpContext): readonly LegacyRoute[] {
  const base = '/api/v3/ultra-fast';
  const list = (path: string, types: (query: Query) => readonly EntryType[]): LegacyRoute =>
    get(path, '/api/v4/jobs', ({ query }) => unifiedJobs(ctx, query, types(query)));
  return [
    list(`${base}/unified-jobs`, (query) =>
      flagOf(query, 'include_batches', true) ? ['individual', 'batch_parent', 'batch_child'] : ['individual'],
    ),
    list(`${base}/individual-jobs`, () => ['individual']),
    list(`${base}/batch-jobs`, () => ['batch_parent']),
    del(`${base}/cache`, '/health/ready', () => ({ success: true, message: 'Cache cleared successfully' })),
    get(`${base}/cache-stats`, '/health/ready', () => ({ entries: 0, keys: [], ttl_seconds: 120 })),
  ];
}

async function unifiedJobs(ctx: HttpContext, query: Query, types: readonly EntryType[]) {
  const start = performance.now();
  const lightweight = flagOf(query, 'lightweight', false);
  const withResults = flagOf(query, 'include_results', false);
  const limit = wholeNumber(query, 'limit', { min: 1, max: 5_000, default: 1_000 });
  const user = userOf(query);
  const entries = await pickEntries(ctx, types, limit);
  const results = await resultsOfList(
    ctx,
    entries.filter(({ kind }) => kind === 'individual' || withResults),
  );
  const jobs = entries.map((entry) => ({ ...unifiedRow(entry, user, results.get(entry)), ...batchFields(entry, lightweight) }));
  const count = (kind: Entry['kind']): number => entries.filter((entry) => entry.kind === kind).length;
  return {
    jobs,
    total: jobs.length,
    performance: {
      ...performanceSince(start, lightweight ? 'lightweight' : 'full'),
      individual_jobs: count('individual'),
      batch_jobs: count('batch_parent'),
      firestore_queries: 0,
      gcp_storage_calls: 0,
    },
    cache_info: {
      cached_at: Date.now() / 1_000,
      cache_key: `${user}:unified:${lightweight ? 'light' : 'full'}:${String(limit)}:results=${String(withResults)}:batches=${String(types.length > 1)}`,
      ttl_seconds: 120,
    },
  };
}

/** Jobs and batches first, then children as far as there is room: a page must not lose its batches behind the children of the last one. */
async function pickEntries(ctx: HttpContext, types: readonly EntryType[], limit: number): Promise<readonly Entry[]> {
  const own = types.filter((type) => type !== 'batch_child');
  const { entries } = await readEntries(ctx.hub, ctx.principal, { jobTypes: own }, 1, limit);
  if (!types.includes('batch_child') || entries.length >= limit) return entries;
  const children = await readEntries(ctx.hub, ctx.principal, { jobTypes: ['batch_child'] }, 1, limit - entries.length);
  return [...entries, ...children.entries];
}

/** `type` is always there: rows without it vanished from the pages. */
function unifiedRow(entry: Entry, user: string, results: FreeObject | undefined): FreeObject {
  const identity = identify(entry);
  return {
    id: identity.id,
    job_name: identity.name,
    name: identity.name,
    task_type: identity.taskType,
    status: identity.status,
    created_at: identity.createdAt,
    updated_at: identity.updatedAt,
    user_id: user,
    estimated_completion_time: null,
    job_type: identity.jobType,
    type: identity.jobType,
    model_name: entry.job.modelId,
    inputs: shortInputData(entry),
    ...(results ? { results } : {}),
    ...(entry.kind === 'batch_child' ? { batch_parent_id: entry.job.id } : {}),
    ...(identity.errorMessage === null ? {} : { error_message: identity.errorMessage }),
  };
}

/** From the counters alone: the list of all batches reads no child. */
function batchFields(entry: Entry, lightweight: boolean): FreeObject {
  if (entry.kind !== 'batch_parent') return {};
  const { id, progress } = entry.job;
  const { total, completed, failed } = progress;
  const summary = lightweight ? {} : { total_ligands: total, completed_jobs: completed, failed_jobs: failed };
  return {
    batch_id: id,
    batch_parent_id: id,
    total_jobs: progress.total,
    completed_jobs: progress.completed,
    failed_jobs: progress.failed,
    running_jobs: progress.running,
    total_ligands_screened: progress.total,
    successful_predictions: progress.completed,
    failed_predictions: progress.failed,
    batch_info: { child_count: progress.total, completed_count: progress.completed, summary },
  };
}
