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

/** Children in input order, up to the most that an answer without pages holds. */
export function childrenOf(ctx: HttpContext, batch: BatchEntry, status?: JobStatus): Promise<readonly RowEntry[]> {
  return readChildren(ctx.hub, ctx.principal, batch, { sort: 'index', status, offset: 0, limit: MAX_UNPAGED });
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
  const structure = hasStructure(entry) ? await readStructure(ctx.hub, entry, 'cif') : undefined;
  return fullResult(entry, unitsOf(ctx), structure);
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
