/** The table of the batch page (C.4). One shape for every state of a batch, with the two keys that the old server never sent. */
import type { FastifyReply } from 'fastify';
import { csvLine } from '../../services/export/write-csv.ts';
import { childrenWith, readChildren, readContacts, type BatchEntry, type RowEntry } from '../../services/read-entries.ts';
import type { HttpContext } from '../context.ts';
import { formatOf, sendCsv } from './send.ts';
import { affinityStatistics, enhancedRow, ownStatistics, type BatchFigures } from './present/batch.ts';
import { ligandOfRow, proteinName } from './present/input.ts';
import { hasOldName, numberIn, oldMetrics } from './present/metrics.ts';
import { executionSeconds } from './present/result.ts';
import { hasStructure } from '../../services/read-structure.ts';
import { flagOf, resultsPagination, wholeNumber, type Query } from './query.ts';
import { everyChild, figuresOf, findBatch, metricOf, unitsOf } from './reads.ts';

const MAX_PAGE_SIZE = 1_501;
/** The page ranks what it shows itself; the list of the best is for readers that do not. */
const MAX_RANKED = 100;

export async function enhancedResults(ctx: HttpContext, id: string, query: Query, reply: FastifyReply) {
  const page = {
    page: wholeNumber(query, 'page', { min: 1, default: 1 }),
    perPage: wholeNumber(query, 'page_size', { min: 1, max: MAX_PAGE_SIZE, default: 20 }),
  };
  const withRaw = flagOf(query, 'include_raw_modal', true);
  const summaryOnly = flagOf(query, 'summary_only', false);
  const withRunning = flagOf(query, 'include_running', true);
  const format = formatOf(query);
  const batch = await findBatch(ctx, id, 'Batch not found');
  if (format === 'csv') return sendCsv(reply, `batch_${batch.job.id}_enhanced_results.csv`, csvOf(ctx, batch));
  const unitOf = unitsOf(ctx);
  const total = childrenWith(batch, undefined);
  const place = { offset: (page.page - 1) * page.perPage, limit: page.perPage };
  const children = summaryOnly ? [] : await readChildren(ctx.hub, ctx.principal, batch, { sort: 'index', ...place });
  const ranked = summaryOnly
    ? []
    : await readChildren(ctx.hub, ctx.principal, batch, {
        sort: 'rank',
        status: 'completed',
        offset: 0,
        limit: Math.min(MAX_RANKED, page.perPage),
      });
  const shown = withRunning ? children : children.filter(({ row }) => row.status !== 'running' && row.status !== 'pending');
  return {
    ...(await summaryOf(ctx, batch)),
    individual_results: shown.map((child) => enhancedRow(child, unitOf, withRaw)),
    ligand_ranking: ranked.map((child) => enhancedRow(child, unitOf, withRaw)),
    scientific_analysis: await analysisOf(ctx, batch),
    pagination: resultsPagination(page, total),
    data_source: 'database',
    // What the oldest form had in its place.
    total,
    page: page.page,
    page_size: page.perPage,
    has_more: page.page * page.perPage < total,
    method: 'database',
  };
}

async function summaryOf(ctx: HttpContext, batch: BatchEntry) {
  const { job } = batch;
  const { total, completed, failed, running } = job.progress;
  const figures = await figuresOf(ctx, batch);
  return {
    batch_id: job.id,
    batch_status: job.status,
    batch_type: batchType(job.taskType),
    model: job.modelId,
    created_at: job.createdAt,
    total_ligands_screened: total,
    successful_predictions: completed,
    failed_predictions: failed,
    summary: {
      total_ligands_screened: total,
      completed_predictions: completed,
      failed_predictions: failed,
      success_rate: completed / total,
      ...meansOf(figures),
      best_prediction: null,
      data_status: `${String(completed)} completed, ${String(failed)} failed`,
    },
    batch_statistics: {
      total_jobs: total,
      completed_jobs: completed,
      failed_jobs: failed,
      running_jobs: running,
      success_rate: completed / total,
      ...affinityStatistics(figures),
      metrics: ownStatistics(figures, (metric) => metricOf(ctx, metric)),
    },
  };
}

function meansOf(figures: BatchFigures) {
  const { mean_affinity, mean_confidence } = affinityStatistics(figures);
  return { ...(mean_affinity === undefined ? {} : { mean_affinity }), ...(mean_confidence === undefined ? {} : { mean_confidence }) };
}

function batchType(taskType: string): string {
  return taskType === 'batch_protein_ligand_screening' ? 'protein_ligand_binding_screen' : `${taskType}_screen`;
}

/**
 * Residues come from models that say which ones a ligand touches; of other models none is made up. Nobody here tells binding modes or
 * scaffolds apart: the tiles of the page want numbers, so they show none found, and `not_analysed` names what was not looked at.
 */
export async function analysisOf(ctx: HttpContext, batch: BatchEntry) {
  const { progress } = batch.job;
  const { analysedRows, residues } = await readContacts(ctx.hub, ctx.principal, batch);
  return {
    hotspot_residues: residues.map(({ residue, rows }) => ({
      residue,
      residue_key: residue,
      frequency: rows,
      count: rows,
      percentage: Math.round((100 * rows) / analysedRows),
    })),
    binding_modes: { Classical: 0, Allosteric: 0, Novel: 0, novel: 0 },
    scaffold_diversity: { total_compounds: progress.total, unique_scaffolds: 0 },
    processing_stats: { total_jobs: progress.total, processed_jobs: progress.completed, success_rate: progress.completed / progress.total },
    analysed: analysedRows > 0,
    not_analysed: [...(analysedRows > 0 ? [] : ['hotspot_residues']), 'binding_modes', 'scaffold_diversity.unique_scaffolds'],
  };
}

const COLUMNS = [
  'job_id',
  'ligand_name',
  'protein_name',
  'affinity',
  'confidence',
  'ptm_score',
  'plddt_score',
  'iptm_score',
  'execution_time',
  'has_structure',
  'affinity_probability',
  'complex_plddt',
  'ligand_iptm',
  'protein_iptm',
];

/** The old columns; metrics that have no old name follow, with their units. */
async function* csvOf(ctx: HttpContext, batch: BatchEntry): AsyncGenerator<string> {
  const [{ metrics }, unitOf] = [await figuresOf(ctx, batch), unitsOf(ctx)];
  const own = metrics.map(({ metric }) => metric).filter((metric) => !hasOldName(batch.job.modelId, metric));
  const titles = own.map((metric) => (unitOf(metric) === '' ? metric : `${metric} [${unitOf(metric)}]`));
  yield csvLine([...COLUMNS, ...titles]);
  for await (const child of everyChild(ctx, batch)) yield csvLine([...cellsOf(child), ...own.map((id) => child.row.metrics[id] ?? null)]);
}

function cellsOf(child: RowEntry): readonly (string | number | null)[] {
  const { top, confidence } = oldMetrics(child);
  return [
    child.row.id,
    ligandOfRow(child.row).name,
    proteinName(child.job),
    numberIn(top, 'affinity'),
    numberIn(top, 'confidence'),
    numberIn(top, 'ptm_score'),
    numberIn(top, 'plddt_score'),
    numberIn(top, 'iptm_score'),
    child.row.status === 'completed' ? executionSeconds(child) : null,
    String(hasStructure(child)),
    numberIn(top, 'affinity_probability'),
    numberIn(confidence, 'complex_plddt'),
    numberIn(confidence, 'ligand_iptm'),
    numberIn(confidence, 'protein_iptm'),
  ];
}
