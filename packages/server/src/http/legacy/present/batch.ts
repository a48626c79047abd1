/** Batches as v2 and v3 show them. */
import type { FreeObject } from '../../../domain/free-object.ts';
import type { BatchEntry, RowEntry } from '../../../services/read-entries.ts';
import { hasStructure } from '../../../services/read-structure.ts';
import type { MetricSummary, RowTimes } from '../../../storage/entries.ts';
import { ligandOfRow, proteinName, proteinSequence, shortInputData } from './input.ts';
import { identify } from './job.ts';
import { headline, metricFields, numberIn, oldMetrics, recordIn, type UnitOf } from './metrics.ts';
import { compactResult, executionSeconds } from './result.ts';
import { plainTime, seconds } from './time.ts';

/** Progress as v3 status counts it: completed of all, failed left out. Its success rate is that of the ended ones. */
export function statusProgress({ job }: BatchEntry) {
  const { total, completed, failed, running, pending } = job.progress;
  return {
    total,
    completed,
    failed,
    running,
    pending,
    progress_percentage: (100 * completed) / total,
    success_rate: completed + failed === 0 ? 0 : (100 * completed) / (completed + failed),
  };
}

/** The old batch page's progress, with every key that a reader of any age looks for. */
export function progressOfEveryAge(batch: BatchEntry) {
  const { total, completed, failed, running, pending, cancelled } = batch.job.progress;
  return {
    total,
    total_jobs: total,
    completed,
    completed_jobs: completed,
    failed,
    failed_jobs: failed,
    running,
    pending,
    pending_jobs: pending,
    cancelled,
    progress_percent: Math.floor((100 * (completed + failed + cancelled)) / total),
    progress_percentage: (100 * (completed + failed + cancelled)) / total,
    success_rate: completed + failed === 0 ? 0 : (100 * completed) / (completed + failed),
  };
}

/** A child in the list of v3 status. */
export function statusJob(entry: RowEntry) {
  const identity = identify(entry);
  const { name, smiles } = ligandOfRow(entry.row);
  return {
    job_id: identity.id,
    name: identity.name,
    status: identity.status,
    ligand_name: name,
    ligand_smiles: smiles,
    created_at: plainTime(identity.createdAt),
    started_at: plainTime(identity.startedAt),
    completed_at: plainTime(identity.finishedAt),
    error_message: identity.errorMessage,
    results_available: identity.hasResults,
  };
}

/** A child of the old batch status (`individual_jobs`). */
export function individualJob(entry: RowEntry, unitOf: UnitOf) {
  const identity = identify(entry);
  const results = entry.row.status === 'completed' ? { ...headline(entry, unitOf), execution_time: executionSeconds(entry) } : {};
  return {
    id: identity.id,
    name: identity.name,
    status: identity.status,
    input_data: {
      ...ligandFields(entry),
      protein_name: proteinName(entry.job),
      protein_sequence: proteinSequence(entry.job),
    },
    results,
    output_data: results,
    ...(identity.errorMessage === null ? {} : { error_message: identity.errorMessage }),
  };
}

function ligandFields({ row }: RowEntry) {
  const { name, smiles } = ligandOfRow(row);
  return { ligand_name: name, ligand_smiles: smiles, batch_index: row.index };
}

/** Flat names by which some pages look numbers up; null only where the row has no result. */
const ALIASES: Readonly<Record<string, readonly [place: 'top' | 'ensemble' | 'confidence', name: string]>> = {
  affinity_prob: ['top', 'affinity_probability'],
  ens_affinity: ['ensemble', 'affinity_pred_value'],
  ens_prob: ['ensemble', 'affinity_probability_binary'],
  ens_aff_1: ['ensemble', 'affinity_pred_value1'],
  ens_prob_1: ['ensemble', 'affinity_probability_binary1'],
  ens_aff_2: ['ensemble', 'affinity_pred_value2'],
  ens_prob_2: ['ensemble', 'affinity_probability_binary2'],
  iptm_score: ['top', 'iptm_score'],
  ligand_iptm: ['confidence', 'ligand_iptm'],
  complex_iplddt: ['confidence', 'complex_iplddt'],
  complex_ipde: ['confidence', 'complex_ipde'],
  complex_plddt: ['confidence', 'complex_plddt'],
  ptm_score: ['top', 'ptm_score'],
  plddt_score: ['top', 'plddt_score'],
};

/** A row of the batch page's table, the most read object of the old contract. */
export function enhancedRow(entry: RowEntry, unitOf: UnitOf, withRaw: boolean): FreeObject {
  const { job, row } = entry;
  const ligand = ligandOfRow(row);
  const isDone = row.status === 'completed';
  const fields = metricFields(entry, unitOf);
  const [affinity, confidence] = [numberIn(fields, 'affinity'), numberIn(fields, 'confidence')];
  return {
    job_id: row.id,
    ligand_name: ligand.name,
    ligand_smiles: ligand.smiles,
    protein_name: proteinName(job),
    status: row.status,
    // The last of the aliases; a number that a completed row does not have is absent, not null.
    ...presentOrNull({ affinity, confidence, ...aliases(entry) }, isDone),
    ...ownFields(entry, unitOf),
    execution_time: isDone ? executionSeconds(entry) : 0,
    has_structure: hasStructure(entry),
    has_results: isDone,
    stored_at: isDone ? row.finishedAt : null,
    modal_call_id: null,
    data_source: 'database',
    storage_path: '',
    ...(row.failure === null ? {} : { error_message: row.failure.message }),
    input_data: { ligand_name: ligand.name, ligand_smiles: ligand.smiles, protein_name: proteinName(job), batch_index: row.index },
    ligand_info: ligand,
    download_links: downloadLinks(job.id, row.id),
    ...(withRaw ? { raw_modal_result: compactResult(entry, unitOf), structure_data: {} } : {}),
    prediction_confidence: confidence === null ? {} : { confidence },
    binding_affinity: affinity === null ? {} : { affinity },
    affinity_ensemble: recordIn(fields, 'affinity_ensemble'),
    confidence_metrics: recordIn(fields, 'confidence_metrics'),
  };
}

function aliases(entry: RowEntry): Readonly<Record<string, number | null>> {
  const metrics = oldMetrics(entry);
  return Object.fromEntries(Object.entries(ALIASES).map(([alias, [place, name]]) => [alias, numberIn(metrics[place], name)]));
}

function presentOrNull(numbers: Readonly<Record<string, number | null>>, isDone: boolean): FreeObject {
  return isDone ? Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== null)) : numbers;
}

function ownFields(entry: RowEntry, unitOf: UnitOf): FreeObject {
  const { own } = oldMetrics(entry);
  const units = Object.fromEntries(Object.keys(own).map((id) => [id, unitOf(id)]));
  return Object.keys(own).length === 0 ? {} : { ...own, units };
}

function downloadLinks(batchId: string, jobId: string) {
  const base = `/api/v3/batches/${batchId}/jobs/${jobId}/download`;
  return { structure_cif: `${base}/cif`, structure_pdb: `${base}/pdb`, results_json: `${base}/json`, metadata: `${base}/metadata` };
}

/** A row of v3 results; those of completed children only. */
export function resultRow(entry: RowEntry, unitOf: UnitOf, withFiles: boolean): FreeObject {
  const identity = identify(entry);
  const { name, smiles } = ligandOfRow(entry.row);
  const links = downloadLinks(entry.job.id, identity.id);
  return {
    job_id: identity.id,
    job_name: identity.name,
    ligand_name: name,
    ligand_smiles: smiles,
    status: identity.status,
    ...headline(entry, unitOf),
    results: compactResult(entry, unitOf),
    execution_time: executionSeconds(entry),
    completed_at: seconds(identity.finishedAt),
    ...(withFiles
      ? {
          download_links: {
            structure_cif: links.structure_cif,
            structure_pdb: links.structure_pdb,
            prediction_log: `/api/v2/jobs/${identity.id}/logs`,
          },
        }
      : {}),
  };
}

export interface BatchFigures {
  readonly metrics: readonly MetricSummary[];
  readonly times: RowTimes;
}

/** Means and ends of the two numbers that old pages knew. The best affinity is the lowest: it is a logarithm of an IC50. */
export function affinityStatistics({ metrics }: BatchFigures): FreeObject {
  const affinity = metrics.find(({ metric }) => metric === 'affinity');
  const confidence = metrics.find(({ metric }) => metric === 'confidence_score');
  return {
    ...(affinity ? { mean_affinity: affinity.mean, best_affinity: affinity.least, worst_affinity: affinity.greatest } : {}),
    ...(confidence ? { mean_confidence: confidence.mean } : {}),
  };
}

/** The same for metrics that have no old name: `{docking_score: {mean, best, worst, unit}}`. */
export function ownStatistics(
  { metrics }: BatchFigures,
  define: (metric: string) => { unit: string; direction: string } | undefined,
): FreeObject {
  const own = metrics.filter(({ metric }) => !['affinity', 'confidence_score'].includes(metric));
  return Object.fromEntries(
    own.map(({ metric, mean, least, greatest }) => {
      const { unit = '', direction = 'none' } = define(metric) ?? {};
      const ends = direction === 'higher' ? { best: greatest, worst: least } : { best: least, worst: greatest };
      return [metric, { mean, ...(direction === 'none' ? { least, greatest } : ends), unit }];
    }),
  );
}

export function batchSummary({ job }: BatchEntry, { times }: BatchFigures) {
  const { total, completed, failed } = job.progress;
  return { total_ligands: total, completed_jobs: completed, failed_jobs: failed, execution_time: times.totalSeconds };
}

/** A row of the v3 list. */
export function batchListRow(batch: BatchEntry, user: string): FreeObject {
  const { job } = batch;
  const { total, completed, failed, running } = job.progress;
  return {
    id: job.id,
    batch_id: job.id,
    name: job.name,
    batch_name: job.name,
    status: job.status,
    created_at: job.createdAt,
    updated_at: job.updatedAt,
    model_name: job.modelId,
    task_type: job.taskType,
    total_jobs: total,
    completed_jobs: completed,
    failed_jobs: failed,
    running_jobs: running,
    user_id: user,
    inputs: { protein_name: proteinName(job), total_ligands: total, ...shortInputData(batch) },
    results: {},
  };
}
