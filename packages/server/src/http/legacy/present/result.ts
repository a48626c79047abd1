/** The result object of one completed row, as the old pages print it (result_data, output_data, results). */
import type { FreeObject } from '../../../domain/free-object.ts';
import type { RowEntry } from '../../../services/read-entries.ts';
import { toSnake } from '../../../domain/legacy/names.ts';
import { metricFields, oldMetrics, type UnitOf } from './metrics.ts';
import { duration } from './time.ts';

/** A structure as mmCIF; undefined where the row has none, or it was not asked for. */
export type Structure = string | undefined;

/** Seconds that the row took; 0 for a row that shares the result of another. */
export function executionSeconds({ row }: RowEntry): number {
  return row.outcome === 'reused' ? 0 : (duration(row.startedAt, row.finishedAt, null) ?? 0);
}

/** Numbers and time alone: what batch rows carry as `raw_modal_result`. Empty for a row that has no result. */
export function compactResult(entry: RowEntry, unitOf: UnitOf): FreeObject {
  if (entry.row.status !== 'completed') return {};
  return { ...metricFields(entry, unitOf), execution_time: executionSeconds(entry), ...tableFields(entry) };
}

/** @returns undefined for a row that has no result */
export function fullResult(entry: RowEntry, unitOf: UnitOf, structure: Structure): FreeObject | undefined {
  const { job, row } = entry;
  if (row.status !== 'completed') return undefined;
  return {
    job_id: row.id,
    task_type: job.taskType,
    status: 'completed',
    ...compactResult(entry, unitOf),
    ...structureFields(entry, structure),
    prediction_id: row.id,
    parameters: parametersOf(entry),
    modal_logs: [],
    boltz_output: '',
    boltz_error: '',
    error: null,
    ...(row.notes.length > 0 ? { warning: row.notes.map((note) => note.message).join(' ') } : {}),
    ...(row.reusedFrom === null ? {} : { reused_from: row.reusedFrom }),
  };
}

/** A row of a list: its whole result under both names, or where the list has no room for it neither, so that a page asks for the job. */
export function resultKeys({ hasResults }: { readonly hasResults: boolean }, result: FreeObject | undefined): FreeObject {
  if (result === undefined && hasResults) return {};
  return { results: result ?? {}, output_data: result ?? {} };
}

function structureFields(entry: RowEntry, structure: Structure): FreeObject {
  if (structure === undefined) return { structure_files: {}, all_structures: [], structure_count: 0 };
  const base64 = Buffer.from(structure).toString('base64');
  const { confidence } = oldMetrics(entry).top;
  return {
    structure_file_content: structure,
    structure_file_base64: base64,
    structure_files: {},
    all_structures: [{ model_id: 0, ...(confidence === undefined ? {} : { confidence }), rank: 0, base64 }],
    structure_count: 1,
  };
}

function parametersOf({ job, row }: RowEntry): FreeObject {
  const own = Object.fromEntries(Object.entries(job.parameters).map(([name, value]) => [toSnake(name), value]));
  return {
    model: job.modelId,
    model_version: job.modelVersion,
    gpu_used: row.workerHost ?? '',
    seed: job.seed,
    ...own,
    ...('use_msa' in own ? { use_msa_server: own['use_msa'] } : {}),
  };
}

/** What a row has many of (poses, designs); chain tables are told in the confidence. */
function tableFields({ row }: RowEntry): FreeObject {
  const told = ['chains', 'chain_pairs', 'models'];
  return Object.fromEntries(Object.entries(row.tables).filter(([id, records]) => !told.includes(id) && records.length > 0));
}
