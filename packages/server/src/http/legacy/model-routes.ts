/** Paths that name a model (B.9): RFantibody and Chai-1. */
import type { Manifest, ManifestTask } from '@omtx/contract';
import { isRecord, type FreeObject } from '../../domain/free-object.ts';
import { manifestOf } from '../../catalog/registry.ts';
import type { RowEntry } from '../../services/read-entries.ts';
import { submitJob } from '../../services/submit-job.ts';
import type { HttpContext } from '../context.ts';
import { BodyCheck } from './check-body.ts';
import { LegacyError } from './errors.ts';
import { toCamel } from '../../domain/legacy/names.ts';
import { identify, polledStatus } from './present/job.ts';
import { inputData } from './present/input.ts';
import { findRow, resultWithStructure } from './reads.ts';
import { get, idOf, post, type LegacyRoute } from './route.ts';

const RFANTIBODY = 'rfantibody';
const CHAI = 'chai1';
const CHAI_SECONDS = 600;

export function modelRoutes(ctx: HttpContext): readonly LegacyRoute[] {
  const base = '/api/v2/models';
  return [
    post(`${base}/rfantibody/predict`, '/api/v4/jobs', ({ body }) => designNanobodies(ctx, body)),
    get(`${base}/rfantibody/status/:id`, '/api/v4/jobs/{id}', (request) => designStatus(ctx, idOf(request))),
    post(`${base}/chai1/predict`, '/api/v4/jobs', ({ body }) => predictByChai(ctx, body)),
    get(`${base}/chai1/health`, '/api/v4/models/chai1', () => chaiHealth(ctx)),
  ];
}

/** The page never sends `target_name`, though the old server asked for it and so refused every one of its requests. */
async function designNanobodies(ctx: HttpContext, raw: unknown) {
  const check = new BodyCheck(raw);
  const jobName = check.text('job_name', { min: 1, max: 200 });
  const pdb = check.text('pdb_content', { min: 50, max: 20_000_000 });
  const hotspots = check.list('hotspot_residues', { min: 1, max: 200 }).map(String);
  const designs = check.wholeNumber('num_designs', { min: 1, max: 50, default: 10 });
  const relax = check.flag('run_relax', false);
  check.done();
  const chain = /^([A-Za-z0-9]):/.exec(hotspots[0] ?? '')?.[1] ?? 'A';
  const { manifest, task } = findModel(ctx, RFANTIBODY, ['nanobody_design'], 'RFAntibody');
  const id = await submit(ctx, manifest, task, jobName, [
    [['targetPdbContent', 'targetPdb', 'pdbContent', 'target'], pdb],
    [['targetChain', 'chain'], chain],
    [['hotspotResidues', 'hotspots'], hotspots],
    [['numDesigns', 'designs'], designs],
    [['framework'], check.optionalText('framework') ?? 'vhh'],
    [['runRelax'], relax],
    [['targetName'], check.optionalText('target_name') ?? jobName],
  ]);
  return {
    job_id: id,
    // The page polls only where it reads this word.
    status: 'running',
    message: `Nanobody design accepted: ${String(designs)} designs`,
    num_designs_generated: null,
    backbone_designs: null,
    sequence_designs: null,
    final_structures: null,
    design_scores: null,
    pipeline_status: { status: 'running', message: 'accepted' },
    execution_time: null,
  };
}

async function designStatus(ctx: HttpContext, id: string) {
  const entry = await findRow(ctx, id, 'Job not found');
  const identity = identify(entry);
  const status = polledStatus(identity.status);
  if (status === 'pending' || status === 'running') return { job_id: identity.id, status, message: status, created_at: identity.createdAt };
  const failure = identity.errorMessage ?? 'The job was cancelled';
  const results = status === 'failed' ? { job_id: identity.id, status, error: failure, execution_time: 0 } : await designResult(ctx, entry);
  return {
    job_id: identity.id,
    status,
    results,
    ...(status === 'failed' ? { message: failure } : {}),
    created_at: identity.createdAt,
    completed_at: identity.finishedAt,
  };
}

/** Designs, and what they were made for. Submits of this path are single jobs, so input is where the manifest put it. */
async function designResult(ctx: HttpContext, entry: RowEntry): Promise<FreeObject> {
  const result = (await resultWithStructure(ctx, entry)) ?? {};
  const input: FreeObject = { ...inputData(entry), ...recordOf(result['parameters']) };
  const first = (...names: readonly string[]): unknown => names.map((name) => input[name]).find((value) => value !== undefined);
  const framework = first('framework') ?? 'vhh';
  const chain = first('target_chain', 'chain') ?? 'A';
  return {
    ...result,
    task_type: 'nanobody_design',
    model_version: entry.job.modelVersion,
    designs: entry.row.tables['designs'] ?? [],
    target_info: {
      pdb_name: first('target_name') ?? entry.job.name,
      target_chain: chain,
      hotspot_residues: first('hotspot_residues', 'hotspots') ?? [],
      framework,
    },
    design_parameters: { num_designs: first('num_designs', 'designs') ?? null, framework, target_chain: chain },
  };
}

function recordOf(value: unknown): FreeObject {
  return isRecord(value) ? value : {};
}

const CHAI_ENTITIES = ['protein', 'ligand', 'dna', 'rna'];

async function predictByChai(ctx: HttpContext, raw: unknown) {
  const check = new BodyCheck(raw);
  const fasta = check.text('fasta_content', { min: 0, max: 1_000_000 });
  const proteinName = check.text('protein_name', { min: 1, max: 100 });
  const jobName = check.text('job_name', { min: 1, max: 200 });
  const settings = {
    num_samples: check.wholeNumber('num_samples', { min: 1, max: 10, default: 5 }),
    use_msa_server: check.flag('use_msa_server', false),
    use_templates_server: check.flag('use_templates_server', false),
    num_trunk_recycles: check.wholeNumber('num_trunk_recycles', { min: 1, max: 10, default: 3 }),
    num_diffn_timesteps: check.wholeNumber('num_diffn_timesteps', { min: 50, max: 500, default: 200 }),
    use_esm_embeddings: check.flag('use_esm_embeddings', true),
  };
  const seed = check.wholeNumber('seed', { min: 1, max: 2_147_483_647, default: 42 });
  checkFasta(check, fasta);
  check.done();
  const { manifest, task } = findModel(ctx, CHAI, ['protein_complex', 'protein_structure'], 'Chai-1');
  const id = await submit(
    ctx,
    manifest,
    task,
    jobName,
    [
      [['fastaContent', 'fasta'], fasta],
      [['proteinName'], proteinName],
      ...Object.entries(settings).map(([name, value]) => [[toCamel(name)], value] as const),
    ],
    seed,
  );
  return { job_id: id, status: 'pending', message: 'Chai-1 prediction accepted', estimated_time: CHAI_SECONDS };
}

function checkFasta(check: BodyCheck, fasta: string): void {
  if (fasta === '') {
    check.addValueError('fasta_content', 'FASTA content cannot be empty');
    return;
  }
  const headers = fasta.split(/\r?\n/).filter((line) => line.startsWith('>'));
  if (!fasta.startsWith('>')) check.addValueError('fasta_content', "FASTA content must start with '>'");
  const nameless = headers.find((header) => !header.includes('|name='));
  if (nameless !== undefined) check.addValueError('fasta_content', `Header must hold '|name=': ${nameless.slice(0, 100)}`);
  const unknown = headers.map((header) => header.slice(1).split('|')[0]?.toLowerCase() ?? '').find((type) => !CHAI_ENTITIES.includes(type));
  if (unknown !== undefined)
    check.addValueError('fasta_content', `Invalid entity type '${unknown.slice(0, 50)}'; use ${CHAI_ENTITIES.join(', ')}`);
}

function chaiHealth(ctx: HttpContext) {
  const state = ctx.hub.registry().models.get(CHAI);
  const isHealthy = state?.kind === 'installed' || state?.kind === 'offered';
  return {
    status: isHealthy ? 'healthy' : 'degraded',
    model: 'chai1',
    message: isHealthy ? 'available' : 'Chai-1 is not installed on this hub',
  };
}

/** @throws LegacyError 503 where the model cannot run here */
function findModel(
  ctx: HttpContext,
  id: string,
  taskTypes: readonly string[],
  name: string,
): { readonly manifest: Manifest; readonly task: ManifestTask } {
  const state = ctx.hub.registry().models.get(id);
  const manifest = state && manifestOf(state);
  const task = taskTypes.flatMap((type) => manifest?.tasks.filter((each) => each.taskType === type) ?? [])[0];
  if (!state || !manifest || !task || (state.kind !== 'installed' && state.kind !== 'offered'))
    throw new LegacyError(503, `${name} is not available on this hub`);
  return { manifest, task };
}

type Setting = readonly [names: readonly string[], value: unknown];

/** Each value under the first of its names that the manifest knows. @returns the id of the job */
async function submit(
  ctx: HttpContext,
  manifest: Manifest,
  task: ManifestTask,
  name: string,
  settings: readonly Setting[],
  seed?: number,
): Promise<string> {
  const input: Record<string, unknown> = {};
  const parameters: Record<string, unknown> = {};
  const known = (schema: FreeObject, key: string): boolean => isRecord(schema['properties']) && Object.hasOwn(schema['properties'], key);
  for (const [names, value] of settings) {
    const asInput = names.find((key) => known(task.shared, key) || known(task.own, key));
    const asParameter = names.find((key) => known(manifest.parameters, key));
    if (asInput !== undefined) input[asInput] = value;
    else if (asParameter !== undefined) parameters[asParameter] = value;
  }
  const { id } = await submitJob(ctx.hub, ctx.principal, {
    name,
    taskType: task.taskType,
    modelId: manifest.id,
    input,
    parameters,
    onInvalid: 'rejectAll',
    ...(seed === undefined ? {} : { seed }),
  });
  return id;
}
