/** Submit: one use case for one row and for many. After it has answered, nothing can be lost. */
import { createHash } from 'node:crypto';
import {
  HubError,
  newJobId,
  rankingOf,
  type JobId,
  type MetricDefinition,
  type OwnerId,
  type SubmitAnswer,
  type SubmitJob,
} from '@omtx/contract';
import { isRecord } from '../domain/free-object.ts';
import { laneOf, type Lane } from '../domain/lane.ts';
import { OriginalColumns } from '../domain/library/original-columns.ts';
import { currentTraceparent } from '../observe/tracing.ts';
import { ingestJob, type JobToStore, type NewRow } from '../storage/ingest.ts';
import { ingestUnchecked, type UncheckedRow } from '../storage/ingest-unchecked.ts';
import { readTiming } from '../storage/timing.ts';
import { noteRowsStored } from '../storage/uploads.ts';
import type { HubContext, Principal } from './context.ts';
import { pinMsas } from './msas.ts';
import { prepareSubmission, type PreparedSubmission, type Router } from './prepare-submission.ts';

const DEFAULT_SEED = 42;
const PRIORITIES = { low: -1, normal: 0, high: 1, urgent: 2 } as const;
export const DEFAULT_MAX_CONCURRENCY = 5;
/** Rejected rows listed in the answer; all of them are rows of the job. */
const MAX_LISTED_REJECTIONS = 100;

/**
 * Routes, checks and stores a submission whose body has passed its schema.
 * @throws HubError unknown_model, unknown_task, model_task_mismatch, model_not_installed, invalid_input, rows_rejected, too_many_rows, idempotency_conflict
 */
export async function submitJob(ctx: HubContext, principal: Principal, body: SubmitJob, router?: Router): Promise<SubmitAnswer> {
  return storeSubmission(ctx, principal, await prepareSubmission(ctx, principal, body, router));
}

/** @throws HubError rows_rejected, idempotency_conflict */
export async function storeSubmission(
  ctx: HubContext,
  principal: Principal,
  prepared: PreparedSubmission,
  clonedFrom: JobId | null = null,
): Promise<SubmitAnswer> {
  const { owner } = principal;
  const { body, manifest, jobType, routedBy, shared, parameters, rows, streamed, warnings } = prepared;
  refuseRejected(prepared);
  const inputs = [shared, ...rows.flatMap((row) => (row.rejection === null ? [row.input] : []))];
  const hasMore = streamed !== undefined && prepared.task.molecule === undefined;
  const msas = await pinMsas(ctx, principal, { manifest, parameters, inputs, hasMore });
  const rankBy = rankingOf(manifest, prepared.task);
  const metric = rankBy === undefined ? undefined : ctx.registry().metrics.get(rankBy);
  const job: JobToStore = {
    id: newJobId(),
    jobType,
    taskType: body.taskType,
    modelId: manifest.id,
    modelVersion: manifest.version,
    name: body.name,
    routedBy,
    tags: body.tags ?? [],
    parameters,
    rankBy: rankBy ?? null,
    rankAscending: ascends(metric),
    seed: body.seed ?? DEFAULT_SEED,
    timeoutSeconds: body.timeoutSeconds ?? manifest.timeoutSeconds,
    maxConcurrency: body.maxConcurrency ?? DEFAULT_MAX_CONCURRENCY,
    idempotency: body.idempotencyKey === undefined ? null : { key: body.idempotencyKey, bodySha256: digestOf(prepared) },
    shared,
    sharedSha256: sha256(JSON.stringify(msas.length === 0 ? shared : { shared, msas })),
    msas,
    lane: await laneFor(ctx, prepared),
    priority: PRIORITIES[body.priority ?? 'normal'],
    clonedFrom,
    traceparent: currentTraceparent(),
  };
  if (!prepared.isChecked) return storeUnchecked(ctx, owner, prepared, job);
  const { id, replayed } = await ingestJob(ctx.db, owner, { ...job, rows, libraryColumns: columnsOf(rows) });
  return { ...answerOf(prepared, describeRows(rows, true)), id, href: `/api/v4/jobs/${id}`, replayed, warnings: [...warnings] };
}

/** One row is interactive whatever it takes, so nothing is read for it. */
async function laneFor(ctx: HubContext, { manifest, body, rows, streamed }: PreparedSubmission): Promise<Lane> {
  const runs = streamed?.upload.records ?? rows.filter((row) => row.rejection === null && row.reusedFrom === null).length;
  const timing = runs === 1 ? undefined : await readTiming(ctx.db, manifest.id, manifest.version);
  return laneOf(runs, { ...manifest.timing, ...timing?.pace }, body.lane);
}

const ROWS_PER_COPY = 1_000;
/** How often a person who waits is told how many rows of a file are stored. */
const TELL_EVERY_MS = 1_000;

/** Durable first; the checker finds bad molecules and repeats while the first rows run. */
async function storeUnchecked(ctx: HubContext, owner: OwnerId, prepared: PreparedSubmission, job: JobToStore): Promise<SubmitAnswer> {
  const { rows, body, warnings, streamed } = prepared;
  const rejectAll = body.onInvalid === 'rejectAll';
  const count = new RowCount();
  const columns = new OriginalColumns();
  async function* batches() {
    let toldAtMs = performance.now();
    for await (const batch of streamed?.read() ?? piecesOf(rows)) {
      count.add(batch);
      for (const { original } of batch) columns.add(original);
      yield batch;
      if (!streamed || performance.now() - toldAtMs < TELL_EVERY_MS) continue;
      toldAtMs = performance.now();
      await noteRowsStored(ctx.db, streamed.upload.id, count.total, null);
    }
    // Of a file it is known only now; what was stored is rolled back.
    if (rejectAll) refuseListed(prepared, count);
  }
  const stored = await ingestUnchecked(ctx.db, owner, job, batches(), { rejectAll, columns: () => columns.names });
  if (streamed) await noteRowsStored(ctx.db, streamed.upload.id, stored.total, stored.id);
  const { rejected } = count.describe(0);
  const counts = {
    total: stored.total,
    rejected: stored.rejected,
    accepted: stored.total - stored.rejected,
    reused: 0,
    unchecked: stored.unchecked,
  };
  const answer = answerOf(prepared, { rows: counts, rejected });
  return { ...answer, id: stored.id, href: `/api/v4/jobs/${stored.id}`, replayed: stored.replayed, warnings: [...warnings] };
}

async function* piecesOf(rows: readonly NewRow[]): AsyncGenerator<readonly NewRow[]> {
  for (let start = 0; start < rows.length; start += ROWS_PER_COPY) yield await Promise.resolve(rows.slice(start, start + ROWS_PER_COPY));
}

function columnsOf(rows: readonly NewRow[]): readonly string[] | null {
  const columns = new OriginalColumns();
  for (const { original } of rows) columns.add(original);
  return columns.names;
}

/** A file that is sent again, as another upload, makes the same body when its bytes are the same. */
function digestOf({ body, uploadSha256 }: PreparedSubmission): string {
  if (uploadSha256 === undefined) return sha256(JSON.stringify(body));
  const library = isRecord(body.input['library']) ? body.input['library'] : {};
  return sha256(JSON.stringify({ ...body, input: { ...body.input, library: { ...library, uploadId: uploadSha256 } } }));
}

/** Counts rows as they pass and keeps the first that are refused. */
export class RowCount {
  total = 0;
  rejected = 0;
  readonly #listed: SubmitAnswer['rejected'] = [];

  add(rows: readonly UncheckedRow[]): void {
    for (const { rejection, line, name } of rows) {
      if (rejection) {
        this.rejected += 1;
        if (this.#listed.length < MAX_LISTED_REJECTIONS) this.#listed.push({ index: this.total, line, name, ...rejection });
      }
      this.total += 1;
    }
  }

  describe(reused: number, isChecked = false): Pick<SubmitAnswer, 'rows' | 'rejected'> {
    const { total, rejected } = this;
    return {
      rows: { total, accepted: total - rejected, rejected, reused, unchecked: isChecked ? 0 : total },
      rejected: [...this.#listed],
    };
  }
}

/** With `rejectAll` one bad row refuses everything; else a bad row becomes a row of the job with the outcome `rejected`. */
function refuseRejected(prepared: PreparedSubmission): void {
  if (prepared.body.onInvalid !== 'rejectAll') return;
  const count = new RowCount();
  count.add(prepared.rows);
  refuseListed(prepared, count);
}

function refuseListed({ rowPointer }: PreparedSubmission, count: RowCount): void {
  if (count.rejected === 0) return;
  const errors = count.describe(0).rejected.map(({ index, line, message }) => ({
    pointer: rowPointer(index),
    detail: `${line === null ? '' : `line ${String(line)}: `}${message}`,
  }));
  const listed = count.rejected > MAX_LISTED_REJECTIONS ? ` The first ${String(MAX_LISTED_REJECTIONS)} are listed.` : '';
  throw new HubError(
    'rows_rejected',
    `${String(count.rejected)} of ${String(count.total)} rows ${count.rejected === 1 ? 'is' : 'are'} rejected; nothing was stored.${listed}`,
    errors,
  );
}

function ascends(metric: MetricDefinition | undefined): boolean {
  return metric?.direction !== 'higher';
}

function answerOf(
  { jobType, routedBy }: PreparedSubmission,
  described: Pick<SubmitAnswer, 'rows' | 'rejected'>,
): Omit<SubmitAnswer, 'id' | 'href' | 'replayed' | 'warnings'> {
  return { jobType, status: described.rows.accepted === 0 ? 'failed' : 'pending', routedBy, ...described };
}

/** Counts of rows, and the first that are refused. */
export function describeRows(rows: readonly NewRow[], isChecked: boolean): Pick<SubmitAnswer, 'rows' | 'rejected'> {
  const count = new RowCount();
  count.add(rows);
  return count.describe(rows.filter((row) => row.reusedFrom !== null).length, isChecked);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
