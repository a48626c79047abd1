/** Jobs and children of batches as one kind of thing, with what a reader of a whole result needs: input, tables and files. */
import { HubError, parseId, type ArtifactView, type JobId, type JobStatus, type JobSummary, type RowView } from '@omtx/contract';
import type { FreeObject } from '../domain/free-object.ts';
import {
  childStatistics,
  findEntryJobs,
  findEntryRows,
  listEntries,
  listEntryRows,
  summariseMetrics,
  summariseRowTimes,
  type EntryFilter,
  type EntryJob,
  type EntryRow,
  type EntryRowsRequest,
  type MetricSummary,
  type RowTimes,
} from '../storage/entries.ts';
import { summariseContacts, type Contacts } from '../storage/contacts.ts';
import type { HubContext, Principal } from './context.ts';
import { presentArtifact, presentJob, presentRow } from './present.ts';
import { readStatistics } from './list-jobs.ts';
import { notFound } from './read-jobs.ts';
import { readSearch } from './search.ts';

export interface JobOfEntry extends JobSummary {
  readonly sharedInput: FreeObject;
  readonly parameters: FreeObject;
  readonly seed: number;
  readonly rankBy: string | null;
  /** Files of the shards: the prepared target. */
  readonly artifacts: readonly ArtifactView[];
}

export interface RowOfEntry extends Omit<RowView, 'rank'> {
  readonly tables: Readonly<Record<string, readonly FreeObject[]>>;
  readonly artifacts: readonly ArtifactView[];
  readonly workerHost: string | null;
}

/** An individual job with its one row, a batch without one, or a child: its batch and its row. */
export type Entry =
  | { readonly kind: 'individual'; readonly job: JobOfEntry; readonly row: RowOfEntry }
  | { readonly kind: 'batch_parent'; readonly job: JobOfEntry }
  | { readonly kind: 'batch_child'; readonly job: JobOfEntry; readonly row: RowOfEntry };

export type BatchEntry = Extract<Entry, { kind: 'batch_parent' }>;
export type RowEntry = Exclude<Entry, BatchEntry>;

export interface EntryPage {
  readonly entries: readonly Entry[];
  readonly total: number;
}

export interface EntriesQuery extends Omit<EntryFilter, 'search'> {
  readonly search?: string | undefined;
}

/** Larger inputs, such as the text of a receptor, are read with their job and not in a list. */
const LISTED_BYTES = 16_000;

/** @param page 1-based */
export async function readEntries(
  ctx: HubContext,
  principal: Principal,
  { search: text, ...query }: EntriesQuery,
  page: number,
  perPage: number,
): Promise<EntryPage> {
  const { owner } = principal;
  const filter: EntryFilter = { ...query, search: await readSearch(ctx, principal, text) };
  const { keys, total } = await listEntries(ctx.db, owner, filter, perPage, (page - 1) * perPage);
  const found = await findEntryJobs(ctx.db, owner, [...new Set(keys.map(({ id }) => id))], LISTED_BYTES);
  const jobs = new Map(found.map((job) => [job.id, job]));
  const places = keys.flatMap(({ id, index }) => {
    if (index !== null) return [{ id, index }];
    return jobs.get(id)?.jobType === 'individual' ? [{ id, index: 0 }] : [];
  });
  const rows = new Map((await findEntryRows(ctx.db, owner, places)).map((row) => [placeOf(row.batchId, row.index), row]));
  const entries = keys.flatMap(({ id, index }): readonly Entry[] => {
    const job = jobs.get(id);
    // A job that was deleted between the two reads is no longer there.
    return job ? (entryOf(job, rows.get(placeOf(id, index ?? 0)), index !== null) ?? []) : [];
  });
  return { entries, total };
}

/** @throws HubError job_not_found; for a child that is not there too */
export async function readEntry(ctx: HubContext, { owner }: Principal, id: string): Promise<Entry> {
  const parsed = parseId(id);
  const [job] = parsed ? await findEntryJobs(ctx.db, owner, [parsed.jobId]) : [];
  if (!parsed || !job) throw notFound(id);
  const index = parsed.kind === 'child' ? parsed.index : job.jobType === 'individual' ? 0 : undefined;
  const [row] = index === undefined ? [] : await findEntryRows(ctx.db, owner, [{ id: job.id, index }]);
  const [entry] = entryOf(job, row, parsed.kind === 'child') ?? [];
  if (!entry) throw notFound(id);
  return entry;
}

/** @throws HubError job_not_found where it is no batch */
export async function readBatch(ctx: HubContext, principal: Principal, id: string): Promise<BatchEntry> {
  const entry = await readEntry(ctx, principal, id);
  if (entry.kind !== 'batch_parent') throw notFound(id);
  return entry;
}

/** Rows of a batch, as entries of their own. */
export async function readChildren(
  ctx: HubContext,
  { owner }: Principal,
  { job }: BatchEntry,
  request: EntryRowsRequest,
): Promise<readonly RowEntry[]> {
  const rows = await listEntryRows(ctx.db, owner, idOf(job), request);
  return rows.map((row) => ({ kind: 'batch_child', job, row: rowOf(job, row) }));
}

/** Number of children with a status, by the counters. */
export function childrenWith({ job: { progress } }: BatchEntry, status: JobStatus | undefined): number {
  return status === undefined ? progress.total : progress[status];
}

export function readMetricSummaries(ctx: HubContext, { owner }: Principal, { job }: BatchEntry): Promise<readonly MetricSummary[]> {
  return summariseMetrics(ctx.db, owner, idOf(job));
}

export function readContacts(ctx: HubContext, { owner }: Principal, { job }: BatchEntry): Promise<Contacts> {
  return summariseContacts(ctx.db, owner, idOf(job));
}

export function readRowTimes(ctx: HubContext, { owner }: Principal, { job }: BatchEntry): Promise<RowTimes> {
  return summariseRowTimes(ctx.db, owner, idOf(job));
}

export interface EntryStatistics {
  readonly total: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly byJobType: Readonly<Record<string, number>>;
  readonly byTaskType: Readonly<Record<string, number>>;
  /** Created in the last 7 days. */
  readonly recent: number;
  /** Mean seconds of jobs that have ended; null before the first. */
  readonly meanSeconds: number | null;
}

/** Over jobs and children together; keys that do not occur are absent. */
export async function readEntryStatistics(ctx: HubContext, principal: Principal): Promise<EntryStatistics> {
  const jobs = await readStatistics(ctx, principal);
  const children = await childStatistics(ctx.db, principal.owner);
  return {
    total: jobs.total + children.total,
    byStatus: sumOf(jobs.byStatus, children.byStatus),
    byJobType: sumOf(jobs.byJobType, { batch_child: children.total }),
    byTaskType: sumOf(jobs.byTaskType, children.byTaskType),
    recent: jobs.recent + children.recent,
    meanSeconds: jobs.meanSeconds,
  };
}

function sumOf(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(keys.map((key) => [key, (a[key] ?? 0) + (b[key] ?? 0)] as const).filter(([, count]) => count > 0));
}

function entryOf(job: EntryJob, row: EntryRow | undefined, isChild: boolean): readonly [Entry] | undefined {
  const shown = jobOf(job);
  if (!isChild && job.jobType === 'batch_parent') return [{ kind: 'batch_parent', job: shown }];
  // A child id of an individual job is no child.
  if (!row || isChild !== (job.jobType === 'batch_parent')) return undefined;
  return [{ kind: isChild ? 'batch_child' : 'individual', job: shown, row: rowOf(shown, row) }];
}

function jobOf(job: EntryJob): JobOfEntry {
  const artifacts = job.artifacts.map((artifact) => presentArtifact(job, artifact));
  return {
    ...presentJob(job),
    sharedInput: job.shared,
    parameters: job.parameters,
    seed: job.seed,
    rankBy: job.rankBy,
    artifacts,
  };
}

function rowOf(job: JobOfEntry, row: EntryRow): RowOfEntry {
  const place = { id: idOf(job), jobType: job.jobType === 'individual' ? ('individual' as const) : ('batch_parent' as const) };
  const { rank: _, ...view } = presentRow(place, { ...row, rank: null });
  const artifacts = (row.artifacts ?? []).map((artifact) => presentArtifact(place, artifact));
  return { ...view, tables: row.tables ?? {}, artifacts, workerHost: row.workerHost };
}

function idOf({ id }: Pick<JobSummary, 'id'>): JobId {
  const parsed = parseId(id);
  if (parsed?.kind !== 'job') throw new HubError('internal', `"${id}" is no id of a job.`);
  return parsed.jobId;
}

function placeOf(id: JobId, index: number): string {
  return `${id} ${String(index)}`;
}
