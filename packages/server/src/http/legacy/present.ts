/** Jobs as the first OMTX-Hub showed them (contract part A): snake case, float epoch seconds, keys left out where there is nothing to say. */
import { childId, parseId, type JobDetail, type JobSummary, type Progress, type RowDetail, type RowView } from '@omtx/contract';
import { isRecord, type FreeObject } from '../../domain/free-object.ts';
import { toSnake } from './names.ts';

const USER = 'current_user';

function seconds(iso: string | null): number | null {
  return iso === null ? null : Date.parse(iso) / 1_000;
}

/** Start to end; while running, start to the last change. */
function duration(startedAt: string | null, finishedAt: string | null, updatedAt: string | null): number | null {
  const [start, end] = [seconds(startedAt), seconds(finishedAt ?? updatedAt)];
  return start === null || end === null ? null : Math.max(0, end - start);
}

function isViewable(status: string): boolean {
  return status === 'completed' || status === 'failed';
}

/** A row of `my-jobs`. */
export function legacySummary(job: JobSummary) {
  return {
    id: job.id,
    name: job.name,
    job_type: job.jobType,
    task_type: job.taskType,
    status: job.status,
    created_at: seconds(job.createdAt),
    updated_at: seconds(job.updatedAt),
    duration: duration(job.startedAt, job.finishedAt, job.updatedAt),
    can_view: isViewable(job.status),
    has_results: job.progress.completed > 0,
    batch_info: job.jobType === 'batch_parent' ? batchInfo(job.progress) : null,
  };
}

function batchInfo({ total, completed, failed, running, pending, percentage }: Progress) {
  return { total, completed, failed, running, pending, progress_percentage: percentage };
}

/** Statistics of a batch over all of its rows. */
export function legacyStatistics({ total, completed, failed, running, pending, cancelled, percentage }: Progress) {
  const ended = completed + failed;
  return {
    total,
    completed,
    failed,
    running,
    pending,
    cancelled,
    progress_percentage: percentage,
    success_rate: ended === 0 ? 0 : (100 * completed) / ended,
  };
}

/** An individual job or a batch parent in full. @param rows of a parent, for its ligands */
export function legacyJob(job: JobDetail, rows: readonly RowView[]) {
  const failure = job.row?.failure ?? null;
  return withoutNull({
    id: job.id,
    name: job.name,
    job_type: job.jobType,
    task_type: job.taskType,
    status: job.status,
    created_at: seconds(job.createdAt),
    updated_at: seconds(job.updatedAt),
    started_at: seconds(job.startedAt),
    completed_at: seconds(job.finishedAt),
    input_data: legacyInput(job.row ? job.row.input : { ...job.sharedInput, ligands: rows.map(ligandOf) }),
    error_message: failure?.message ?? null,
    model_name: job.modelId,
    user_id: USER,
    ...(job.jobType === 'batch_parent'
      ? {
          batch_child_ids: rows.map((row) => row.id),
          batch_total_ligands: job.progress.total,
          batch_completion_rate: job.progress.percentage,
          batch_progress: batchInfo(job.progress),
        }
      : {}),
    has_results: job.jobType === 'individual' && job.progress.completed > 0,
    results_in_gcp: false,
    duration: duration(job.startedAt, job.finishedAt, job.updatedAt),
    is_batch: job.jobType === 'batch_parent',
    can_view: isViewable(job.status),
  });
}

/** A child of a batch. */
export function legacyChild(parent: JobDetail, row: RowView) {
  return withoutNull({
    id: childId(jobIdOf(parent), row.index),
    name: `${parent.name} - ${row.name ?? `ligand ${String(row.index + 1)}`}`,
    job_type: 'batch_child',
    task_type: parent.taskType === 'batch_protein_ligand_screening' ? 'protein_ligand_binding' : parent.taskType,
    status: row.status,
    created_at: seconds(parent.createdAt),
    updated_at: seconds(row.finishedAt ?? row.startedAt ?? parent.createdAt),
    started_at: seconds(row.startedAt),
    completed_at: seconds(row.finishedAt),
    input_data: legacyInput({ ...parent.sharedInput, ...row.ownInput }),
    error_message: row.failure?.message ?? null,
    model_name: parent.modelId,
    user_id: USER,
    batch_parent_id: parent.id,
    batch_index: row.index,
    has_results: row.status === 'completed',
    results_in_gcp: false,
    duration: duration(row.startedAt, row.finishedAt, null),
    is_batch: true,
    can_view: isViewable(row.status),
  });
}

/** The result of one row: each number under its own name, with its unit; what a row does not have is absent. */
export function legacyResults(job: Pick<JobDetail, 'taskType'>, row: RowView | RowDetail, unitOf: (metric: string) => string) {
  if (row.status !== 'completed') return null;
  const units = Object.fromEntries(Object.keys(row.metrics).map((metric) => [metric, unitOf(metric)]));
  return withoutNull({
    job_id: row.id,
    task_type: job.taskType,
    status: row.status,
    ...row.metrics,
    units,
    execution_time: duration(row.startedAt, row.finishedAt, null),
    notes: row.notes.map((note) => note.message),
    reused_from: row.reusedFrom,
  });
}

function jobIdOf({ id }: Pick<JobDetail, 'id'>) {
  const parsed = parseId(id);
  if (!parsed) throw new Error(`unreachable: "${id}" is the id of a job`);
  return parsed.jobId;
}

function ligandOf({ ownInput, name }: RowView): FreeObject {
  const ligand = isRecord(ownInput['ligand']) ? ownInput['ligand'] : ownInput;
  return { name, ...ligand };
}

/** The hub's input under the old names: `ligand: {smiles, name}` is `ligand_smiles` and `ligand_name`. */
function legacyInput(input: FreeObject): FreeObject {
  const { ligand, ...others } = input;
  const flat = isRecord(ligand) ? Object.fromEntries(Object.entries(ligand).map(([key, value]) => [`ligand_${toSnake(key)}`, value])) : {};
  return { ...Object.fromEntries(Object.entries(others).map(([key, value]) => [toSnake(key), value])), ...flat };
}

/** The old server left keys without a value out, but for `duration`. */
function withoutNull<T extends object>(value: T): Partial<T> {
  const kept: Partial<T> = { ...value };
  for (const [key, each] of Object.entries(value)) if (each === null && key !== 'duration') Reflect.deleteProperty(kept, key);
  return kept;
}
