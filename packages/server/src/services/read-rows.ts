/** Rows of a job in views: pages, ranges of an order vector, rows by index, whole columns, and the batch as one answer. */
import {
  HubError,
  MAX_ROWS_OF_PAGE,
  ROW_COLUMNS,
  ROW_SORT_KEYS,
  type BatchAnswer,
  type JobId,
  type RowView,
  type RowViewText,
} from '@omtx/contract';
import { isInputOrder, isRankOrder, readRowSelection, selectsAll, type RowSelection } from '../domain/row-selection.ts';
import { closeName } from '../catalog/close-name.ts';
import type { Database } from '../storage/database.ts';
import { findJobDetail } from '../storage/read-jobs.ts';
import { findRow, type StoredRow } from '../storage/read-rows.ts';
import { readBatchStatistics } from '../storage/rows/batch-statistics.ts';
import { readRowColumns } from '../storage/rows/row-columns.ts';
import { orderRows } from '../storage/rows/row-order.ts';
import { indexesByRank, rowsByIndexes, rowsFromIndex } from '../storage/rows/row-pages.ts';
import { inSnapshot, readJobVersion, readRowSnapshot, type RowSnapshot } from '../storage/rows/row-snapshot.ts';
import type { CacheKey, CachedOrder } from './cache.ts';
import { applyChosen, chooseRows, type ChosenRows } from './choose-rows.ts';
import type { HubContext, Principal } from './context.ts';
import { presentJobDetail, presentRow } from './present.ts';
import { gpuModels, jobIdOf, notFound } from './read-jobs.ts';

const MAX_COLUMNS = 10;
const METRIC = /^[a-z0-9][a-z0-9_.-]{0,63}$/;

export interface RowsQuery extends RowViewText {
  readonly limit?: number;
  readonly cursor?: string;
  /** Indexes of rows, with commas between. */
  readonly indexes?: string;
  readonly from?: number;
  readonly to?: number;
  /** Version of the order that `from` and `to` are places of. */
  readonly version?: string;
}

export interface RowsPage {
  readonly rows: RowView[];
  readonly nextCursor: string | null;
  readonly version: string;
}

/** @throws HubError job_not_found, invalid_query, view_stale */
export async function readRows(ctx: HubContext, principal: Principal, id: string, query: RowsQuery): Promise<RowsPage> {
  return inView(ctx, principal, id, query, async (tx, snapshot, view) => {
    const present = (rows: readonly StoredRow[]): RowView[] => rows.map((row) => presentRow(snapshot, row));
    const { version } = snapshot;
    if (query.indexes !== undefined)
      return { rows: present(await rowsByIndexes(tx, snapshot, indexesOf(query.indexes))), nextCursor: null, version };
    if (query.from !== undefined || query.to !== undefined) {
      const indexes = await rangeOf(ctx, principal, tx, snapshot, view, query);
      return { rows: present(await rowsByIndexes(tx, snapshot, indexes)), nextCursor: null, version };
    }
    const page = await readPage(ctx, principal, tx, snapshot, view, query);
    return { rows: present(page.rows), nextCursor: page.nextCursor, version };
  });
}

/** Parent, a page of its rows and statistics over them, of one moment. @throws HubError job_not_found, invalid_query */
export async function readBatch(ctx: HubContext, principal: Principal, id: string, query: RowsQuery): Promise<BatchAnswer> {
  return inView(ctx, principal, id, query, async (tx, snapshot, view) => {
    const job = await findJobDetail(tx, principal.owner, snapshot.id, gpuModels(ctx));
    if (!job) throw notFound(id);
    const row = job.jobType === 'individual' ? await findRow(tx, principal.owner, snapshot.id, 0) : undefined;
    const page = await readPage(ctx, principal, tx, snapshot, view, query);
    const statistics = await readBatchStatistics(tx, snapshot);
    const matching = selectsAll(view.selection) ? snapshot.total : (await orderOf(ctx, principal, tx, snapshot, view)).length;
    return {
      job: presentJobDetail(job, row, gpuModels(ctx)),
      rows: page.rows.map((each) => presentRow(snapshot, each)),
      nextCursor: page.nextCursor,
      version: snapshot.version,
      statistics: { ...statistics, byCode: { ...statistics.byCode }, matching },
    };
  });
}

/** Indexes of the rows that pass, in order. @throws HubError job_not_found, invalid_query */
export async function readRowOrder(ctx: HubContext, principal: Principal, id: string, query: RowViewText): Promise<CachedOrder> {
  const selection = selectionOf(ctx, query);
  const jobId = jobIdOf(id);
  const version = await readJobVersion(ctx.db, principal.owner, jobId);
  if (version === undefined) throw notFound(id);
  const kept = ctx.caches.order.find(orderKey(principal, jobId, selection, version));
  if (kept) return kept;
  return inView(ctx, principal, id, query, async (tx, snapshot, view) => ({
    version: snapshot.version,
    indexes: await orderOf(ctx, principal, tx, snapshot, view),
  }));
}

export interface RowColumns {
  readonly version: string;
  readonly rows: number;
  /** [column, row] 32-bit floats, low byte first; NaN where a row has no value */
  readonly bytes: Buffer;
}

/** @throws HubError job_not_found, invalid_query */
export async function readColumns(ctx: HubContext, principal: Principal, id: string, names: string): Promise<RowColumns> {
  const columns = columnsOf(names);
  for (const name of columns) if (!ROW_COLUMNS.some((known) => known === name)) refuseUnknownMetric(ctx, 'names', name);
  return inRows(ctx, principal, id, async (tx, snapshot) => {
    const key = { owner: principal.owner, jobId: snapshot.id, query: columns.join(','), version: snapshot.version };
    const bytes = await ctx.caches.columns.get(key, () => readRowColumns(tx, snapshot, columns));
    return { version: snapshot.version, rows: bytes.length / 4 / columns.length, bytes };
  });
}

/** An order that there is not must not look as if it were. @throws HubError invalid_query */
export function selectionOf(ctx: HubContext, query: RowViewText): RowSelection {
  const selection = readRowSelection(query);
  for (const { key } of selection.sort) if (!ROW_SORT_KEYS.some((known) => known === key)) refuseUnknownMetric(ctx, 'sort', key);
  for (const { metric } of selection.ranges) refuseUnknownMetric(ctx, 'where', metric);
  const isBySimilarity = selection.sort.some(({ key }) => key === 'similarity');
  if (isBySimilarity && (selection.sort[0]?.key !== 'similarity' || !selection.chemistry.some(({ kind }) => kind === 'similarity')))
    throw invalid('sort', 'similarity is the first key, and of `similarTo`');
  return selection;
}

/** A metric of a model that was taken away is still that of its old jobs. */
function refuseUnknownMetric(ctx: HubContext, field: 'sort' | 'where' | 'names', name: string): void {
  const { metrics, models } = ctx.registry();
  const [model = '', own] = name.split('.', 2);
  if (metrics.has(name) || (own !== undefined && !models.has(model))) return;
  const close = closeName(name, [...(field === 'sort' ? ROW_SORT_KEYS : []), ...metrics.keys()]);
  throw invalid(
    field,
    `there is no metric "${name}"${close === undefined ? '; GET /api/v4/metrics lists them' : `. Did you mean "${close}"?`}`,
  );
}

/** A view that has been read, and what of its structures was decided before the snapshot is taken. */
export interface DecidedView {
  readonly selection: RowSelection;
  readonly chosen: ChosenRows;
}

/** Rows that are checked between the comparison of structures and the snapshot are compared too. */
const TRIES = 3;

async function inView<Answer>(
  ctx: HubContext,
  principal: Principal,
  id: string,
  query: RowViewText,
  work: (tx: Database, snapshot: RowSnapshot, view: DecidedView) => Promise<Answer>,
): Promise<Answer> {
  const selection = selectionOf(ctx, query);
  for (let tries = 1; ; tries += 1) {
    const chosen = await chooseRows(ctx, principal, jobIdOf(id), selection);
    try {
      return await inRows(ctx, principal, id, (tx, snapshot) => work(tx, snapshot, { selection, chosen }));
    } catch (error) {
      const isOvertaken = chosen.checked !== undefined && error instanceof HubError && error.code === 'view_stale';
      if (!isOvertaken || tries === TRIES) throw error;
    }
  }
}

async function inRows<Answer>(
  { db }: HubContext,
  { owner }: Principal,
  id: string,
  work: (tx: Database, snapshot: RowSnapshot) => Promise<Answer>,
): Promise<Answer> {
  const jobId = jobIdOf(id);
  return inSnapshot(db, async (tx) => {
    const snapshot = await readRowSnapshot(tx, owner, jobId);
    if (!snapshot) throw notFound(id);
    return work(tx, snapshot);
  });
}

interface StoredPage {
  readonly rows: readonly StoredRow[];
  readonly nextCursor: string | null;
}

/** Input order goes on behind an index and the plain rank from its index in the database; any other order is a part of its vector. */
async function readPage(
  ctx: HubContext,
  principal: Principal,
  tx: Database,
  snapshot: RowSnapshot,
  view: DecidedView,
  { limit = 100, cursor }: RowsQuery,
): Promise<StoredPage> {
  const { selection } = view;
  const start = placeOf(cursor);
  if (isInputOrder(selection) && selection.chemistry.length === 0) {
    const rows = await rowsFromIndex(tx, snapshot, selection, start, limit + 1);
    const next = rows[limit];
    return { rows: rows.slice(0, limit), nextCursor: next ? String(next.index) : null };
  }
  const indexes =
    isRankOrder(selection) && selectsAll(selection)
      ? await indexesByRank(tx, snapshot, start, limit + 1)
      : (await orderOf(ctx, principal, tx, snapshot, view)).subarray(start, start + limit + 1);
  const rows = await rowsByIndexes(tx, snapshot, [...indexes.slice(0, limit)]);
  return { rows, nextCursor: indexes.length > limit ? String(start + limit) : null };
}

/** @throws HubError view_stale where the rows have changed and the order of that version is no longer kept */
async function rangeOf(
  ctx: HubContext,
  principal: Principal,
  tx: Database,
  snapshot: RowSnapshot,
  view: DecidedView,
  { from = 0, to = from + MAX_ROWS_OF_PAGE, version }: RowsQuery,
): Promise<readonly number[]> {
  if (to - from > MAX_ROWS_OF_PAGE)
    throw invalid('to', `a range holds at most ${String(MAX_ROWS_OF_PAGE)} rows; ${String(from)}..${String(to)} has more`);
  if (version === undefined || version === snapshot.version)
    return [...(await orderOf(ctx, principal, tx, snapshot, view)).subarray(from, to)];
  const kept = ctx.caches.order.find(orderKey(principal, snapshot.id, view.selection, version));
  if (kept) return [...kept.indexes.subarray(from, to)];
  throw new HubError(
    'view_stale',
    `The rows of job ${snapshot.id} have changed: the order of version ${version} is gone, they are at ${snapshot.version}. Ask for the order anew, or for rows by their indexes.`,
  );
}

export async function orderOf(
  ctx: HubContext,
  principal: Principal,
  tx: Database,
  snapshot: RowSnapshot,
  { selection, chosen }: DecidedView,
): Promise<Uint32Array> {
  const key = orderKey(principal, snapshot.id, selection, snapshot.version);
  const { indexes } = await ctx.caches.order.get(key, async () => ({
    version: snapshot.version,
    indexes: applyChosen(snapshot, selection, chosen, await orderRows(tx, snapshot, selection)),
  }));
  return indexes;
}

/** The version is part of the question: a page that scrolls through an order is given places of that very order. */
function orderKey({ owner }: Principal, jobId: JobId, selection: RowSelection, version: string): CacheKey {
  return { owner, jobId, query: `${version} ${JSON.stringify(selection)}`, version };
}

function indexesOf(text: string): readonly number[] {
  const indexes = text.split(',').map(Number);
  if (indexes.length > MAX_ROWS_OF_PAGE)
    throw invalid('indexes', `at most ${String(MAX_ROWS_OF_PAGE)}; these are ${String(indexes.length)}`);
  return indexes;
}

function columnsOf(names: string): readonly string[] {
  const columns = names.split(',').map((name) => name.trim());
  if (columns.length > MAX_COLUMNS) throw invalid('names', `at most ${String(MAX_COLUMNS)} columns; these are ${String(columns.length)}`);
  const unknown = columns.find((name) => !METRIC.test(name));
  if (unknown !== undefined) throw invalid('names', `"${unknown.slice(0, 80)}" is neither one of ${ROW_COLUMNS.join(', ')} nor a metric`);
  return columns;
}

function placeOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw invalid('cursor', `"${cursor}" is none that a page gave`);
}

function invalid(pointer: string, detail: string): HubError {
  return new HubError('invalid_query', `${pointer}: ${detail}`, [{ pointer, detail }]);
}
