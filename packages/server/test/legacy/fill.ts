/** Jobs like those of the vectors, under their ids, stored and recorded by the statements that the hub itself uses. */
import { LOCAL_OWNER, newWorkerId, parseId, type JobId } from '@omtx/contract';
import { manifestOf } from '../../src/catalog/registry.ts';
import { isRecord } from '../../src/domain/free-object.ts';
import { hubMetrics } from '../../src/domain/legacy/hub-metrics.ts';
import { ingestJob, type NewRow } from '../../src/storage/ingest.ts';
import { endRun } from '../../src/storage/runs/end-run.ts';
import { markInFlight } from '../../src/storage/runs/heartbeat.ts';
import { recordOutcomes, type CompletedRow } from '../../src/storage/runs/record-outcomes.ts';
import { registerWorker } from '../../src/storage/runs/workers.ts';
import type { TestHub } from '../hub.ts';
import { PLAIN_ROW, settledClaim } from '../jobs.ts';

export const INDIVIDUAL = '3b1f6f0e-5c1f-4b57-9d7e-0a4f6f1d2c01';
export const BATCH = '9a7c2d54-1f0b-4a86-8f35-6c2e9b7d4e02';
export const SECOND_BATCH = 'c4e8a1b2-77d3-4f19-a6b0-2d5f8e9c1a03';

export type RowFate = 'pending' | 'running' | 'completed' | 'failed';

const SEQUENCE = 'MSEQNKTHLAVDPERGWYFCTIKLMNPQ';
const LIGANDS = [
  { name: 'Aspirin', smiles: 'CC(=O)Oc1ccccc1C(=O)O' },
  { name: 'Caffeine', smiles: 'CN1C=NC2=C1C(=O)N(C(=O)N2C)C' },
  { name: 'Ibuprofen', smiles: 'CC(C)Cc1ccc(cc1)C(C)C(=O)O' },
];
const CIF = [
  'data_model',
  'loop_',
  ...[
    'group_PDB',
    'id',
    'type_symbol',
    'label_atom_id',
    'label_comp_id',
    'label_asym_id',
    'label_seq_id',
    'Cartn_x',
    'Cartn_y',
    'Cartn_z',
  ].map((name) => `_atom_site.${name}`),
  'ATOM 1 N N MET A 1 11.104 6.134 -6.504',
  '#',
  '',
].join('\n');

interface Filling {
  readonly id: string;
  readonly name: string;
  readonly taskType: string;
  readonly modelId?: string;
  readonly rows: readonly { readonly fate: RowFate; readonly input: Readonly<Record<string, unknown>>; readonly name?: string }[];
  readonly isBatch: boolean;
  readonly shared: Readonly<Record<string, unknown>>;
  /** A result in the old form. */
  readonly result: Readonly<Record<string, unknown>>;
  readonly tables?: CompletedRow['tables'];
}

/** One individual binding job. @param result of a vector */
export function fillIndividual(hub: TestHub, fate: RowFate, result: Readonly<Record<string, unknown>>): Promise<JobId> {
  return fill(hub, {
    id: INDIVIDUAL,
    name: 'EGFR pilot',
    taskType: 'protein_ligand_binding',
    isBatch: false,
    shared: { proteinSequence: SEQUENCE, proteinName: 'EGFR' },
    rows: [{ fate, input: { ligand: LIGANDS[0] }, name: 'Aspirin' }],
    result,
  });
}

/** A screening batch of three ligands. */
export function fillBatch(
  hub: TestHub,
  fates: readonly [RowFate, RowFate, RowFate],
  result: Readonly<Record<string, unknown>>,
  id = BATCH,
): Promise<JobId> {
  return fill(hub, {
    id,
    name: id === BATCH ? 'Kinase screen' : 'Second screen',
    taskType: 'batch_protein_ligand_screening',
    isBatch: true,
    shared: { proteinSequence: SEQUENCE, proteinName: 'EGFR' },
    rows: LIGANDS.map((ligand, index) => ({ fate: fates[index] ?? 'pending', input: { ligand }, name: ligand.name })),
    result,
  });
}

export async function fill(hub: TestHub, filling: Filling): Promise<JobId> {
  const { db } = hub.ctx;
  const modelId = filling.modelId ?? 'boltz2';
  const state = hub.ctx.registry().models.get(modelId);
  if (!state) throw new Error(`the hub does not know ${modelId}`);
  const manifest = manifestOf(state);
  const parsed = parseId(filling.id);
  if (parsed?.kind !== 'job') throw new Error(`"${filling.id}" is no id`);
  const rankBy = manifest.rankBy ?? null;
  await ingestJob(db, LOCAL_OWNER, {
    id: parsed.jobId,
    jobType: filling.isBatch ? 'batch_parent' : 'individual',
    taskType: filling.taskType,
    modelId,
    modelVersion: manifest.version,
    name: filling.name,
    routedBy: filling.isBatch ? 'explicit_batch_task' : 'single',
    tags: [],
    parameters: defaultsOf(manifest.parameters),
    rankBy,
    rankAscending: false,
    seed: 42,
    timeoutSeconds: 60,
    maxConcurrency: 5,
    idempotency: null,
    shared: filling.shared,
    sharedSha256: '',
    rows: filling.rows.map((row): NewRow => ({ ...PLAIN_ROW, input: row.input, name: row.name ?? null })),
  });
  await play(hub, modelId, manifest.version, rankBy, filling);
  return parsed.jobId;
}

/** Claims, starts and records what the fates say; a row that runs keeps its run open. */
async function play(hub: TestHub, modelId: string, modelVersion: string, rankBy: string | null, filling: Filling): Promise<void> {
  const { db } = hub.ctx;
  if (filling.rows.every((row) => row.fate === 'pending')) return;
  const workerId = newWorkerId();
  await registerWorker(db, {
    id: workerId,
    host: 'A100-40GB',
    bootId: 'b',
    pid: 1,
    processStart: '1',
    cpus: 8,
    gpus: [],
    offers: [],
    version: '',
  });
  const run = await settledClaim(db, { workerId, modelId, modelVersion, environmentDigest: null, freeSlots: 5, maxRows: 100 });
  if (!run) throw new Error('nothing was claimed');
  for (const [index, { fate }] of filling.rows.entries()) if (fate !== 'pending') await markInFlight(db, run.id, index);
  const metrics = hubMetrics(filling.result);
  const tables = isRecord(metrics['tables']) ? (metrics['tables'] as CompletedRow['tables']) : {};
  const numbers = Object.fromEntries(Object.entries(metrics).filter(([, value]) => typeof value === 'number')) as Record<string, number>;
  const structure = await hub.ctx.artifacts.put(Buffer.from(CIF));
  const base = { attempt: 1, startedSecondsAgo: 203.4 };
  const of = (fate: RowFate): number[] => [...filling.rows.keys()].filter((index) => filling.rows[index]?.fate === fate);
  await recordOutcomes(
    db,
    run.id,
    of('completed').map((index) => ({
      ...base,
      index,
      score: rankBy === null ? null : (numbers[rankBy] ?? null),
      metrics: numbers,
      tables: { ...tables, ...filling.tables },
      notes: [],
      artifacts: [{ name: 'best_model.cif', role: 'structure', mediaType: 'chemical/x-mmcif', ...structure }],
    })),
    of('failed').map((index) => ({ ...base, index, failure: { code: 'model_error', message: 'Invalid ligand geometry' } })),
  );
  if (of('running').length === 0) await endRun(db, run.id, 'finished');
}

function defaultsOf(schema: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, isRecord(property) ? property['default'] : null]));
}

/** Between tests of one hub. */
export async function emptyHub({ ctx: { db } }: TestHub): Promise<void> {
  await db.deleteFrom('jobs').execute();
  await db.deleteFrom('remote_calls').execute();
  await db.deleteFrom('legacy_usage').execute();
}
