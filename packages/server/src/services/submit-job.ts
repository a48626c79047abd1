/** Submit: one use case for one row and for many. After it has answered, nothing can be lost. */
import { createHash } from 'node:crypto';
import {
  HubError,
  licenseWarning,
  newJobId,
  type FieldError,
  type Manifest,
  type ManifestTask,
  type MetricDefinition,
  type SubmitAnswer,
  type SubmitJob,
} from '@omtx/contract';
import { validateSubmission } from '../catalog/validate-input.ts';
import { closeName } from '../catalog/close-name.ts';
import { findVersion, manifestOf, taskOf, type ModelState } from '../catalog/registry.ts';
import { checkLimits } from '../domain/limits.ts';
import { routePlainly, routeSubmission, type Routing } from '../domain/routing.ts';
import { ingestJob, type NewRow } from '../storage/ingest.ts';
import type { HubContext, Principal } from './context.ts';
import { readRowsOfSubmission } from './read-rows-of-submission.ts';

const DEFAULT_SEED = 42;
const DEFAULT_MAX_CONCURRENCY = 5;
/** Rejected rows listed in the answer; all of them are rows of the job. */
const MAX_LISTED_REJECTIONS = 100;

/** The router as a parameter, so that a test can show what happens when it fails by a fault. */
type Router = typeof routeSubmission;

/**
 * Routes, checks and stores a submission whose body has passed its schema.
 * @throws HubError unknown_model, model_task_mismatch, model_not_installed, invalid_input, rows_rejected, too_many_rows, idempotency_conflict
 */
export async function submitJob(
  ctx: HubContext,
  { owner }: Principal,
  body: SubmitJob,
  router: Router = routeSubmission,
): Promise<SubmitAnswer> {
  const { manifest, task } = findModel(ctx, body);
  const warnings: string[] = [];
  const license = licenseWarning(manifest);
  if (license !== undefined) warnings.push(license);
  const routing = route(ctx, body, task, router, warnings);
  const { shared, parameters } = checkShared(manifest, task, routing, body);
  const rows = await readRowsOfSubmission(routing, manifest, task, ctx.chemistry);
  refuseRejected(body, rows);
  const metric = manifest.rankBy === undefined ? undefined : ctx.registry().metrics.get(manifest.rankBy);
  const bodyText = JSON.stringify(body);
  const { id, replayed } = await ingestJob(ctx.db, owner, {
    id: newJobId(),
    jobType: routing.kind === 'batch' ? 'batch_parent' : 'individual',
    taskType: body.taskType,
    modelId: manifest.id,
    modelVersion: manifest.version,
    name: body.name,
    routedBy: routing.routedBy,
    tags: body.tags ?? [],
    parameters,
    rankBy: manifest.rankBy ?? null,
    rankAscending: ascends(metric),
    seed: body.seed ?? DEFAULT_SEED,
    timeoutSeconds: body.timeoutSeconds ?? manifest.timeoutSeconds,
    maxConcurrency: body.maxConcurrency ?? DEFAULT_MAX_CONCURRENCY,
    idempotency: body.idempotencyKey === undefined ? null : { key: body.idempotencyKey, bodySha256: sha256(bodyText) },
    shared,
    sharedSha256: sha256(JSON.stringify(shared)),
    rows,
  });
  return { ...answerOf(routing, rows), id, href: `/api/v4/jobs/${id}`, replayed, warnings };
}

function findModel(
  ctx: HubContext,
  { modelId, modelVersion, taskType }: SubmitJob,
): { readonly manifest: Manifest; readonly task: ManifestTask } {
  const state = stateOf(ctx, modelId, modelVersion);
  const manifest = manifestOf(state);
  const task = taskOf(manifest, taskType);
  if (!task) {
    const tasks = manifest.tasks.map((each) => each.taskType).join(', ');
    throw new HubError('model_task_mismatch', `Model "${modelId}" does not answer "${taskType}"; it answers ${tasks}.`, [
      { pointer: '/taskType', detail: `not a task of ${modelId}` },
    ]);
  }
  if (state.kind === 'not_installed') {
    throw new HubError('model_not_installed', `Model "${modelId}" is not installed on this hub. ${state.remedy}`);
  }
  if (state.kind === 'disabled') throw new HubError('model_disabled', `Model "${modelId}" is disabled on this hub: ${state.reason}`);
  return { manifest, task };
}

function stateOf(ctx: HubContext, modelId: string, version: string | undefined): ModelState {
  const registry = ctx.registry();
  const state = findVersion(registry, modelId, version);
  if (state) return state;
  const versions = registry.versions.get(modelId)?.map((each) => manifestOf(each).version) ?? [];
  if (versions.length > 0) {
    throw new HubError('unknown_model', `Model "${modelId}" has no version "${version ?? ''}" here; there is ${versions.join(', ')}.`, [
      { pointer: '/modelVersion', detail: 'unknown' },
    ]);
  }
  const meant = closeName(modelId, [...registry.models.keys()]);
  const hint = meant === undefined ? 'GET /api/v4/models lists the models.' : `Did you mean "${meant}"?`;
  throw new HubError('unknown_model', `There is no model "${modelId}". ${hint}`, [{ pointer: '/modelId', detail: 'unknown' }]);
}

/** A fault of the router must not cost a user the job: it is then taken as one job, and the answer says so. */
function route(ctx: HubContext, { taskType, input }: SubmitJob, task: ManifestTask, router: Router, warnings: string[]): Routing {
  try {
    return router({ taskType, input, task });
  } catch (error) {
    ctx.log.error({ event: 'router_failed', err: error }, 'the router failed by a fault; the job is taken as one');
    warnings.push('The router failed by a fault of the hub, so the input was taken as one individual job. Please report it.');
    return routePlainly({ input, task });
  }
}

function checkShared(manifest: Manifest, task: ManifestTask, routing: Routing, body: SubmitJob) {
  const validation = validateSubmission(manifest, task, routing.shared, body.parameters ?? {});
  if (validation.kind === 'invalid') throw invalidInput(validation.errors);
  const breach = checkLimits(manifest.id, manifest.limits, { taskType: task.taskType, input: validation.shared });
  if (breach) throw new HubError('invalid_input', breach.message, [{ pointer: '/input', detail: breach.message }]);
  return validation;
}

function invalidInput(errors: readonly FieldError[]): HubError {
  return new HubError('invalid_input', errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; '), errors);
}

/** With `rejectAll` one bad row refuses everything; else a bad row becomes a row of the job with the outcome `rejected`. */
function refuseRejected(body: SubmitJob, rows: readonly NewRow[]): void {
  const errors = rows.flatMap(({ rejection, line }, index) =>
    rejection
      ? [{ pointer: `/rows/${String(index)}`, detail: `${line === null ? '' : `line ${String(line)}: `}${rejection.message}` }]
      : [],
  );
  if (errors.length === 0) return;
  if (body.onInvalid === 'rejectAll') {
    throw new HubError(
      'rows_rejected',
      `${String(errors.length)} of ${String(rows.length)} rows are rejected; nothing was stored.`,
      errors,
    );
  }
}

function ascends(metric: MetricDefinition | undefined): boolean {
  return metric?.direction !== 'higher';
}

function answerOf(routing: Routing, rows: readonly NewRow[]): Omit<SubmitAnswer, 'id' | 'href' | 'replayed' | 'warnings'> {
  const rejected = rows.flatMap(({ rejection, line, name }, index) => (rejection ? [{ index, line, name, ...rejection }] : []));
  return {
    jobType: routing.kind === 'batch' ? 'batch_parent' : 'individual',
    status: rejected.length === rows.length ? 'failed' : 'pending',
    routedBy: routing.routedBy,
    rows: {
      total: rows.length,
      accepted: rows.length - rejected.length,
      rejected: rejected.length,
      reused: rows.filter((row) => row.reusedFrom !== null).length,
    },
    rejected: rejected.slice(0, MAX_LISTED_REJECTIONS),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
