/** Submit: one use case for one row and for many. After it has answered, nothing can be lost. */
import { createHash } from 'node:crypto';
import { HubError, newJobId, type JobId, type MetricDefinition, type OwnerId, type SubmitAnswer, type SubmitJob } from '@omtx/contract';
import { laneOf } from '../domain/lane.ts';
import { ingestJob, type JobToStore, type NewRow } from '../storage/ingest.ts';
import { ingestUnchecked } from '../storage/ingest-unchecked.ts';
import { readTiming } from '../storage/timing.ts';
import type { HubContext, Principal } from './context.ts';
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
  return storeSubmission(ctx, principal, await prepareSubmission(ctx, body, router));
}

/** @throws HubError rows_rejected, idempotency_conflict */
export async function storeSubmission(
  ctx: HubContext,
  { owner }: Principal,
  prepared: PreparedSubmission,
  clonedFrom: JobId | null = null,
): Promise<SubmitAnswer> {
  const { body, manifest, jobType, routedBy, shared, parameters, rows, warnings } = prepared;
  refuseRejected(prepared);
  const metric = manifest.rankBy === undefined ? undefined : ctx.registry().metrics.get(manifest.rankBy);
  const timing = await readTiming(ctx.db, manifest.id, manifest.version);
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
    rankBy: manifest.rankBy ?? null,
    rankAscending: ascends(metric),
    seed: body.seed ?? DEFAULT_SEED,
    timeoutSeconds: body.timeoutSeconds ?? manifest.timeoutSeconds,
    maxConcurrency: body.maxConcurrency ?? DEFAULT_MAX_CONCURRENCY,
    idempotency: body.idempotencyKey === undefined ? null : { key: body.idempotencyKey, bodySha256: sha256(JSON.stringify(body)) },
    shared,
    sharedSha256: sha256(JSON.stringify(shared)),
    lane: laneOf(
      rows.filter((row) => row.rejection === null && row.reusedFrom === null).length,
      { ...manifest.timing, ...timing },
      body.lane,
    ),
    priority: PRIORITIES[body.priority ?? 'normal'],
    clonedFrom,
  };
  if (!prepared.isChecked) return storeUnchecked(ctx, owner, prepared, job);
  const { id, replayed } = await ingestJob(ctx.db, owner, { ...job, rows });
  return { ...answerOf(prepared), id, href: `/api/v4/jobs/${id}`, replayed, warnings: [...warnings] };
}

const ROWS_PER_COPY = 1_000;

/** Durable first; the checker finds bad molecules and repeats while the first rows run. */
async function storeUnchecked(ctx: HubContext, owner: OwnerId, prepared: PreparedSubmission, job: JobToStore): Promise<SubmitAnswer> {
  const { rows, body, warnings } = prepared;
  async function* batches() {
    for (let start = 0; start < rows.length; start += ROWS_PER_COPY) yield await Promise.resolve(rows.slice(start, start + ROWS_PER_COPY));
  }
  const stored = await ingestUnchecked(ctx.db, owner, job, batches(), { rejectAll: body.onInvalid === 'rejectAll' });
  const answer = answerOf(prepared);
  const counts = { ...answer.rows, rejected: stored.rejected, accepted: stored.total - stored.rejected, unchecked: stored.unchecked };
  return { ...answer, rows: counts, id: stored.id, href: `/api/v4/jobs/${stored.id}`, replayed: stored.replayed, warnings: [...warnings] };
}

/** With `rejectAll` one bad row refuses everything; else a bad row becomes a row of the job with the outcome `rejected`. */
function refuseRejected({ body, rows, rowPointer }: PreparedSubmission): void {
  if (body.onInvalid !== 'rejectAll') return;
  const errors = rows.flatMap(({ rejection, line }, index) =>
    rejection ? [{ pointer: rowPointer(index), detail: `${line === null ? '' : `line ${String(line)}: `}${rejection.message}` }] : [],
  );
  if (errors.length === 0) return;
  const listed = errors.length > MAX_LISTED_REJECTIONS ? ` The first ${String(MAX_LISTED_REJECTIONS)} are listed.` : '';
  throw new HubError(
    'rows_rejected',
    `${String(errors.length)} of ${String(rows.length)} rows ${errors.length === 1 ? 'is' : 'are'} rejected; nothing was stored.${listed}`,
    errors.slice(0, MAX_LISTED_REJECTIONS),
  );
}

function ascends(metric: MetricDefinition | undefined): boolean {
  return metric?.direction !== 'higher';
}

function answerOf({ jobType, routedBy, rows, isChecked }: PreparedSubmission): Omit<SubmitAnswer, 'id' | 'href' | 'replayed' | 'warnings'> {
  const described = describeRows(rows, isChecked);
  return { jobType, status: described.rows.accepted === 0 ? 'failed' : 'pending', routedBy, ...described };
}

/** Counts of rows, and the first that are refused. */
export function describeRows(rows: readonly NewRow[], isChecked: boolean): Pick<SubmitAnswer, 'rows' | 'rejected'> {
  const rejected = rows.flatMap(({ rejection, line, name }, index) => (rejection ? [{ index, line, name, ...rejection }] : []));
  return {
    rows: {
      total: rows.length,
      accepted: rows.length - rejected.length,
      rejected: rejected.length,
      reused: rows.filter((row) => row.reusedFrom !== null).length,
      unchecked: isChecked ? 0 : rows.length,
    },
    rejected: rejected.slice(0, MAX_LISTED_REJECTIONS),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
