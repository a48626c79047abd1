/** What several groups of old paths read. */
import type { JobStatus, MetricDefinition } from '@omtx/contract';
import type { FreeObject } from '../../domain/free-object.ts';
import {
  readBatch,
  readChildren,
  readEntry,
  readMetricSummaries,
  readRowTimes,
  type BatchEntry,
  type Entry,
  type RowEntry,
} from '../../services/read-entries.ts';
import { hasStructure, readStructure, structureBytes } from '../../services/read-structure.ts';
import type { HttpContext } from '../context.ts';
import { isHubError, LegacyError } from './errors.ts';
import type { BatchFigures } from './present/batch.ts';
import type { UnitOf } from './present/metrics.ts';
import { fullResult } from './present/result.ts';

/** Paths without pages give at most this many children; the old server took 1,501. */
export const MAX_UNPAGED = 10_000;

export function unitsOf(ctx: HttpContext): UnitOf {
  const { metrics } = ctx.hub.registry();
  return (metric) => metrics.get(metric)?.unit ?? '';
}

export function metricOf(ctx: HttpContext, metric: string): MetricDefinition | undefined {
  return ctx.hub.registry().metrics.get(metric);
}

/** @throws LegacyError 404 with the words of the path */
export async function findBatch(ctx: HttpContext, id: string, words: string): Promise<BatchEntry> {
  return readBatch(ctx.hub, ctx.principal, id).catch((error: unknown) => {
    throw isHubError(error, 'job_not_found') ? new LegacyError(404, words) : error;
  });
}

/** @throws LegacyError 404 with the words of the path, also for a batch */
export async function findRow(ctx: HttpContext, id: string, words: string): Promise<RowEntry> {
  const entry = await readEntry(ctx.hub, ctx.principal, id).catch((error: unknown) => {
    throw isHubError(error, 'job_not_found') ? new LegacyError(404, words) : error;
  });
  if (entry.kind === 'batch_parent') throw new LegacyError(404, words);
  return entry;
}

/** Undefined for a job that is not there. What else fails is a fault and stays one. */
export async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: unknown) => {
    if (isHubError(error, 'job_not_found') || (error instanceof LegacyError && error.status === 404)) return undefined;
    throw error;
  });
}

/** Children in input order, up to the most that an answer without pages holds. */
export function childrenOf(
  ctx: HttpContext,
  batch: BatchEntry,
  { status, limit = MAX_UNPAGED }: { readonly status?: JobStatus | undefined; readonly limit?: number } = {},
): Promise<readonly RowEntry[]> {
  return readChildren(ctx.hub, ctx.principal, batch, { sort: 'index', status, offset: 0, limit });
}

/** Said beside children of which an answer without pages does not hold all. */
export function truncation({ job: { progress } }: BatchEntry, children: readonly RowEntry[], status?: JobStatus): object {
  const all = status === undefined ? progress.total : progress[status];
  return children.length === MAX_UNPAGED && all > MAX_UNPAGED ? { children_truncated_at: MAX_UNPAGED } : {};
}

const ROWS_OF_PAGE = 500;

/** Every child in input order, for files, which hold all of them whatever their number. */
export async function* everyChild(ctx: HttpContext, batch: BatchEntry): AsyncGenerator<RowEntry> {
  for (let offset = 0; ; offset += ROWS_OF_PAGE) {
    const page = await readChildren(ctx.hub, ctx.principal, batch, { sort: 'index', offset, limit: ROWS_OF_PAGE });
    yield* page;
    if (page.length < ROWS_OF_PAGE) return;
  }
}

export async function figuresOf(ctx: HttpContext, batch: BatchEntry): Promise<BatchFigures> {
  const [metrics, times] = await Promise.all([
    readMetricSummaries(ctx.hub, ctx.principal, batch),
    readRowTimes(ctx.hub, ctx.principal, batch),
  ]);
  return { metrics, times };
}

/** With its structure. @returns undefined where the row has no result */
export async function resultWithStructure(ctx: HttpContext, entry: RowEntry): Promise<FreeObject | undefined> {
  const structure = hasStructure(entry) ? await structureOf(ctx, entry) : undefined;
  const result = fullResult(entry, unitsOf(ctx), structure === 'lost' ? undefined : structure);
  return structure === 'lost' ? { ...result, warning: 'The file of the structure is lost or damaged on this hub.' } : result;
}

/** As mmCIF. One file that is lost or damaged in the store takes no list or archive with it. */
export async function structureOf(ctx: HttpContext, entry: RowEntry): Promise<string | 'lost' | undefined> {
  return readStructure(ctx.hub, entry, 'cif').catch((error: unknown) => {
    if (!isHubError(error, 'artifact_not_found') && !isHubError(error, 'artifact_damaged')) throw error;
    ctx.hub.log.error({ event: 'structure_lost', id: entry.row.id, err: error }, 'the structure of a result cannot be read');
    return 'lost' as const;
  });
}

/** Structures of one list may add up to this; a page that opens a row beyond it asks for the job itself. */
const LIST_STRUCTURE_BYTES = 2 * 1024 * 1024;

/**
 * `results` of the completed rows of a list. A page that finds the key shows what is in it and asks no more, so a row has either its whole
 * result with the structure or no such key; never one without its structure.
 */
export async function resultsOfList(ctx: HttpContext, entries: readonly Entry[]): Promise<ReadonlyMap<Entry, FreeObject>> {
  const results = new Map<Entry, FreeObject>();
  let bytes = 0;
  for (const entry of entries) {
    if (entry.kind === 'batch_parent' || entry.row.status !== 'completed') continue;
    bytes += structureBytes(entry);
    if (bytes > LIST_STRUCTURE_BYTES) break;
    const result = await resultWithStructure(ctx, entry);
    if (result) results.set(entry, result);
  }
  return results;
}

/** The time it took to answer, as old pages show it. */
export function performanceSince(start: number, strategy: string) {
  return { response_time_seconds: Math.round(performance.now() - start) / 1_000, cache_hit: false, strategy };
}
