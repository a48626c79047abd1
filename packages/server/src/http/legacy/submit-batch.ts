/** Submit of a batch in v3 (C.1). */
import type { Manifest, ManifestTask } from '@omtx/contract';
import { isRecord, type FreeObject } from '../../domain/free-object.ts';
import { manifestOf } from '../../catalog/registry.ts';
import { submitJob } from '../../services/submit-job.ts';
import type { HttpContext } from '../context.ts';
import { BodyCheck } from './check-body.ts';
import { LegacyError } from './errors.ts';
import { toCamel } from '../../domain/legacy/names.ts';

const MAX_LIGANDS = 1_501;
const STRATEGIES = ['sequential', 'parallel', 'adaptive', 'resource_aware'] as const;
const PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const;

interface BatchBody {
  readonly jobName: string;
  readonly proteinSequence: string;
  readonly proteinName: string;
  readonly ligands: readonly { readonly name: string; readonly smiles: string }[];
  readonly modelName: string;
  readonly useMsa: boolean;
  readonly usePotentials: boolean;
  readonly strategy: (typeof STRATEGIES)[number];
  /** Undefined where the client left it out. */
  readonly maxConcurrentJobs: number | undefined;
  readonly timeoutPerJob: number | undefined;
}

export async function submitBatch(ctx: HttpContext, raw: unknown) {
  const body = checkBatch(raw);
  const { manifest, task } = findScreeningTask(ctx, body.modelName);
  const { input, parameters } = sharedOf(body, isRecord(raw) ? raw : {}, manifest, task);
  const answer = await submitJob(ctx.hub, ctx.principal, {
    name: body.jobName,
    taskType: task.taskType,
    modelId: manifest.id,
    input: { ...input, ligands: body.ligands },
    parameters,
    onInvalid: 'reject',
    ...(body.maxConcurrentJobs === undefined ? {} : { maxConcurrency: body.maxConcurrentJobs }),
    ...(body.timeoutPerJob === undefined ? {} : { timeoutSeconds: body.timeoutPerJob }),
  });
  const { total, accepted } = answer.rows;
  return {
    success: true,
    batch_id: answer.id,
    message: `Batch '${body.jobName}' submitted successfully with ${String(total)} jobs`,
    total_jobs: total,
    estimated_duration_seconds: estimate(body).total,
    scheduling_strategy: body.strategy,
    started_jobs: 0,
    queued_jobs: accepted,
    optimization_recommendations: [],
    risk_assessment: riskOf(body),
    status_url: `/api/v3/batches/${answer.id}/status`,
    results_url: `/api/v3/batches/${answer.id}/results`,
    rejected: answer.rejected,
  };
}

function checkBatch(raw: unknown): BatchBody {
  const check = new BodyCheck(raw);
  const jobName = check.text('job_name', { min: 1, max: 100 });
  const proteinSequence = check.text('protein_sequence', { min: 10, max: 2_000 });
  const proteinName = check.text('protein_name', { min: 1, max: 100 });
  const entries = check.list('ligands', { min: 1, max: MAX_LIGANDS });
  const ligands = entries.slice(0, MAX_LIGANDS).map((entry, index) => ({
    name:
      isRecord(entry) && typeof entry['name'] === 'string' && entry['name'].trim() !== ''
        ? entry['name'].trim()
        : `Ligand_${String(index + 1)}`,
    smiles: check.textOfEntry('ligands', index, entry, 'smiles', { min: 3, max: 500 }),
  }));
  const modelName = check.text('model_name', { min: 1, max: 64, default: 'boltz2' });
  const [useMsa, usePotentials] = [check.flag('use_msa', true), check.flag('use_potentials', false)];
  check.done();
  const given = isRecord(raw) && isRecord(raw['configuration']) ? raw['configuration'] : {};
  const settings = new BodyCheck(given, ['body', 'configuration']);
  settings.oneOf('priority', PRIORITIES, 'normal');
  const strategy = settings.oneOf('scheduling_strategy', STRATEGIES, 'adaptive');
  const concurrency = settings.wholeNumber('max_concurrent_jobs', { min: 1, max: 999, default: 0 });
  const timeout = settings.wholeNumber('timeout_per_job', { min: 300, max: 7_200, default: 0 });
  settings.wholeNumber('max_retry_attempts', { min: 1, max: 5, default: 3 });
  settings.done();
  return {
    jobName,
    proteinSequence,
    proteinName,
    ligands,
    modelName,
    useMsa,
    usePotentials,
    strategy,
    maxConcurrentJobs: concurrency === 0 ? undefined : concurrency,
    timeoutPerJob: timeout === 0 ? undefined : timeout,
  };
}

/** @throws LegacyError 400 where the model cannot screen ligands, with what it can */
function findScreeningTask(ctx: HttpContext, modelId: string): { readonly manifest: Manifest; readonly task: ManifestTask } {
  const state = ctx.hub.registry().models.get(modelId);
  const manifest = state && manifestOf(state);
  const byType = (taskType: string): ManifestTask | undefined => manifest?.tasks.find((task) => task.taskType === taskType);
  const task =
    byType('batch_protein_ligand_screening') ??
    byType('protein_ligand_binding') ??
    manifest?.tasks.find(({ rowsFrom }) => rowsFrom.includes('ligands'));
  if (manifest && task) return { manifest, task };
  const known = [...ctx.hub.registry().models.keys()].sort().join(', ');
  throw new LegacyError(400, `Batch validation failed: model "${modelId}" takes no ligands here. Known models: ${known}.`);
}

/** The old body's own fields, and any other that the model's manifest knows (a receptor, a box). */
function sharedOf(body: BatchBody, raw: FreeObject, manifest: Manifest, task: ManifestTask) {
  const own: FreeObject = {
    ...Object.fromEntries(Object.entries(raw).map(([name, value]) => [toCamel(name), value])),
    proteinSequence: body.proteinSequence,
    proteinName: body.proteinName,
    useMsa: body.useMsa,
    usePotentials: body.usePotentials,
  };
  return { input: pick(own, task.shared), parameters: pick(own, manifest.parameters) };
}

function pick(values: FreeObject, schema: FreeObject): FreeObject {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  return Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(properties, name)));
}

/** The old server's arithmetic, from the length of the protein and of the SMILES. */
function estimate(body: BatchBody): { readonly perJob: number; readonly total: number } {
  const smilesLength = body.ligands.reduce((sum, { smiles }) => sum + smiles.length, 0) / body.ligands.length;
  const perJob =
    300 *
    Math.min(body.proteinSequence.length / 500, 2) *
    Math.min(smilesLength / 50, 1.5) *
    (body.useMsa ? 1.2 : 1) *
    (body.usePotentials ? 1.1 : 1);
  const atOnce = body.strategy === 'sequential' ? 1 : (body.maxConcurrentJobs ?? 5);
  return { perJob, total: (perJob * body.ligands.length) / atOnce };
}

function riskOf(body: BatchBody) {
  const factors = [
    ...(body.ligands.length > 50 ? [{ score: 0.3, factor: 'Large batch size' }] : []),
    ...(estimate(body).perJob > 600 ? [{ score: 0.2, factor: 'Long estimated execution time per job' }] : []),
    ...(body.proteinSequence.length > 1_000 ? [{ score: 0.1, factor: 'Long protein sequence' }] : []),
  ];
  return {
    risk_score: factors.reduce((sum, { score }) => sum + score, 0),
    risk_factors: factors.map(({ factor }) => factor),
    mitigation_strategies: [],
  };
}
