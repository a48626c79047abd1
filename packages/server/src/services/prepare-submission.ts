/** From a checked body to what could be stored: model, routing, shared input, parameters and rows. Stores nothing. */
import {
  HubError,
  licenseWarning,
  type FieldError,
  type Manifest,
  type ManifestTask,
  type RoutingRule,
  type SubmitJob,
} from '@omtx/contract';
import { describeErrors } from '../catalog/field-errors.ts';
import { validateSubmission } from '../catalog/validate-input.ts';
import { closeName } from '../catalog/close-name.ts';
import { findVersion, manifestOf, taskOf, type ModelState } from '../catalog/registry.ts';
import { hintForUnknown } from '../catalog/unknown-model.ts';
import { isRecord, type FreeObject } from '../domain/free-object.ts';
import { checkLimits } from '../domain/limits.ts';
import { inputPointer, routePlainly, routeSubmission, type Routing } from '../domain/routing.ts';
import type { NewRow } from '../storage/ingest.ts';
import type { HubContext, Principal } from './context.ts';
import { readTasks } from './read-models.ts';
import { checkLibrary, readRowsOfSubmission, type StreamedRows } from './read-rows-of-submission.ts';
import { openUpload, type OpenedUpload } from './uploads/read-uploads.ts';

/** The router as a parameter, so that a test can show what happens when it fails by a fault. */
export type Router = typeof routeSubmission;

export interface PreparedSubmission {
  readonly body: SubmitJob;
  readonly manifest: Manifest;
  readonly task: ManifestTask;
  readonly jobType: 'individual' | 'batch_parent';
  readonly routedBy: RoutingRule;
  readonly shared: FreeObject;
  readonly parameters: FreeObject;
  /** In input order; refused ones among them. None where they are streamed. */
  readonly rows: readonly NewRow[];
  /** A large library that was sent as a file. */
  readonly streamed?: StreamedRows;
  /** Of the file that the library was sent as. */
  readonly uploadSha256?: string;
  /** False for a large submission: chemistry and repeats are found when its rows are stored. */
  readonly isChecked: boolean;
  readonly warnings: readonly string[];
  /** Where the caller wrote a row, as a JSON pointer into the body. */
  readonly rowPointer: (index: number) => string;
}

/**
 * Routes and checks a submission whose body has passed its schema.
 * @throws HubError unknown_model, unknown_task, model_task_mismatch, model_not_installed, invalid_input, too_many_rows, upload_not_found
 */
export async function prepareSubmission(
  ctx: HubContext,
  principal: Principal,
  given: SubmitJob,
  router: Router = routeSubmission,
): Promise<PreparedSubmission> {
  const { manifest, task } = findModel(ctx, given);
  const upload = await uploadOf(ctx, principal, given);
  const body = upload ? withFormat(given, upload) : given;
  const license = licenseWarning(manifest);
  const warnings: string[] = license === undefined ? [] : [license];
  const routing = route(ctx, body, task, router, warnings);
  const { shared, parameters } = checkShared(manifest, task, routing.shared, body.parameters ?? {});
  const read = await readRowsOfSubmission(routing, manifest, task, ctx.chemistry, upload);
  const jobType = routing.kind === 'batch' ? 'batch_parent' : 'individual';
  return {
    body,
    manifest,
    task,
    jobType,
    routedBy: routing.routedBy,
    shared,
    parameters,
    ...read,
    ...(upload && { uploadSha256: upload.sha256 }),
    warnings,
    rowPointer: (index) => pointerOf(routing, index),
  };
}

async function uploadOf(ctx: HubContext, principal: Principal, { input }: SubmitJob): Promise<OpenedUpload | undefined> {
  const { library } = input;
  if (!isRecord(library) || library['uploadId'] === undefined) return undefined;
  const checked = checkLibrary(library);
  return 'uploadId' in checked ? openUpload(ctx, principal, checked) : undefined;
}

/** The router decides by the format, which the hub has found out. */
function withFormat(body: SubmitJob, { format }: OpenedUpload): SubmitJob {
  const { library } = body.input;
  return { ...body, input: { ...body.input, library: { ...(isRecord(library) ? library : {}), format } } };
}

/** @throws HubError unknown_model, unknown_task, model_task_mismatch, model_not_installed, model_disabled */
export function findModel(
  ctx: HubContext,
  { modelId, modelVersion, taskType }: Pick<SubmitJob, 'modelId' | 'modelVersion' | 'taskType'>,
): { readonly manifest: Manifest; readonly task: ManifestTask } {
  const state = stateOf(ctx, modelId, modelVersion);
  const manifest = manifestOf(state);
  const task = taskOf(manifest, taskType);
  if (!task) {
    refuseUnknownTask(ctx, taskType);
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

/** @throws HubError unknown_task for a task that neither the hub nor a model knows */
function refuseUnknownTask(ctx: HubContext, taskType: string): void {
  const known = readTasks(ctx).map(({ id }) => id);
  if (known.includes(taskType)) return;
  const meant = closeName(taskType, known);
  const hint = meant === undefined ? `Known are: ${known.join(', ')}.` : `Did you mean "${meant}"?`;
  throw new HubError('unknown_task', `There is no task "${taskType}". ${hint}`, [{ pointer: '/taskType', detail: `unknown. ${hint}` }]);
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
  throw new HubError('unknown_model', `There is no model "${modelId}". ${hintForUnknown(registry, modelId)}`, [
    { pointer: '/modelId', detail: 'unknown' },
  ]);
}

/** A fault of the router must not cost a user the job: it is then taken by the plain path, and the answer says so. */
function route(ctx: HubContext, { taskType, input }: SubmitJob, task: ManifestTask, router: Router, warnings: string[]): Routing {
  try {
    return router({ taskType, input, task });
  } catch (error) {
    ctx.log.error({ event: 'router_failed', err: error }, 'the router failed by a fault; the job is taken by the plain path');
    const plain = routePlainly({ taskType, input, task });
    const taken = plain.kind === 'batch' ? 'a batch' : 'one individual job';
    warnings.push(`The router failed by a fault of the hub, so the input was taken by the plain path, as ${taken}. Please report it.`);
    return plain;
  }
}

/** A record of a library is found by its line, which the message names. */
function pointerOf(routing: Routing, index: number): string {
  if (routing.kind === 'individual') return `/input${inputPointer(routing.arrayName, index, '/ligand')}`;
  return routing.source.from === 'library' ? '/input/library/text' : `/input${inputPointer(routing.source.arrayName, index, '')}`;
}

/** @returns both with the defaults of the schemas. @throws HubError invalid_input */
export function checkShared(manifest: Manifest, task: ManifestTask, given: FreeObject, settings: FreeObject) {
  const validation = validateSubmission(manifest, task, given, settings);
  if (validation.kind === 'invalid') throw invalidInput(validation.errors);
  const breach = checkLimits(manifest.id, manifest.limits, { taskType: task.taskType, input: validation.shared });
  if (breach) throw new HubError('invalid_input', breach.message, [{ pointer: '/input', detail: breach.message }]);
  return validation;
}

function invalidInput(errors: readonly FieldError[]): HubError {
  return new HubError('invalid_input', describeErrors(errors, 'the body'), errors);
}
