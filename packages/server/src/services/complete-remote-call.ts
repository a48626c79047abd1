/** A result that a remote backend tells the hub: recorded once, under the same fence as the result of a worker. */
import { parseId, type JobId, type Manifest } from '@omtx/contract';
import { manifestOf } from '../catalog/registry.ts';
import { isRecord, type FreeObject } from '../domain/free-object.ts';
import { endRun } from '../storage/runs/end-run.ts';
import { recordOutcomes, type CompletedRow } from '../storage/runs/record-outcomes.ts';
import { findRemoteCall, openRemoteRun, rememberRemoteCall, type RemoteCallResult } from '../storage/remote-calls.ts';
import type { StoredArtifactLink, StoredNote } from '../storage/tables.ts';
import type { HubContext, Principal } from './context.ts';
import { readEntry, type RowEntry } from './read-entries.ts';

export interface RemoteCallReport {
  readonly callId: string;
  /** Id of the job or child that the call was made for; where it is not told the call id itself may be it. */
  readonly jobId: string | undefined;
  /** A failure carries its message. */
  readonly outcome:
    | { readonly kind: 'success'; readonly metrics: FreeObject; readonly structure: string | undefined }
    | { readonly kind: 'failure'; readonly message: string };
}

/** Name of the worker in the provenance of such results. */
const REMOTE_HOST = 'remote backend';
const CIF = 'chemical/x-mmcif';

/** @returns what became of it; the same call told again changes nothing and answers the same */
export async function completeRemoteCall(ctx: HubContext, principal: Principal, report: RemoteCallReport): Promise<RemoteCallResult> {
  const before = await findRemoteCall(ctx.db, report.callId);
  if (before) return before;
  const entry = await readEntry(ctx, principal, report.jobId ?? report.callId).catch(() => undefined);
  if (entry === undefined || entry.kind === 'batch_parent') {
    await rememberRemoteCall(ctx.db, report.callId, 'unknown_job', undefined);
    return 'unknown_job';
  }
  const place = placeOf(entry);
  const result = await record(ctx, principal, entry, place, report);
  await rememberRemoteCall(ctx.db, report.callId, result, place);
  return result;
}

function placeOf({ job, row }: RowEntry): { readonly jobId: JobId; readonly index: number } {
  const parsed = parseId(job.id);
  if (!parsed) throw new Error(`unreachable: "${job.id}" is the id of a job`);
  return { jobId: parsed.jobId, index: row.index };
}

async function record(
  ctx: HubContext,
  { owner }: Principal,
  entry: RowEntry,
  place: { readonly jobId: JobId; readonly index: number },
  { outcome }: RemoteCallReport,
): Promise<RemoteCallResult> {
  const startedSecondsAgo = Math.max(0, (Date.now() - Date.parse(entry.row.startedAt ?? entry.job.createdAt)) / 1_000);
  const run = await openRemoteRun(ctx.db, owner, place, REMOTE_HOST);
  if (!run) return 'not_open';
  const base = { index: place.index, attempt: run.attempt, startedSecondsAgo };
  const completed = outcome.kind === 'success' ? await completedRow(ctx, entry, outcome) : undefined;
  const failure =
    outcome.kind === 'failure'
      ? { code: 'model_error' as const, message: outcome.message }
      : { code: 'missing_output' as const, message: `The remote result has no ${entry.job.rankBy ?? 'metric'}.` };
  await recordOutcomes(ctx.db, run.id, completed ? [{ ...base, ...completed }] : [], completed ? [] : [{ ...base, failure }]);
  await endRun(ctx.db, run.id, 'finished');
  return completed ? 'completed' : 'failed';
}

/** @returns undefined where the number that ranks is missing: that is no result */
async function completedRow(
  ctx: HubContext,
  { job }: RowEntry,
  { metrics, structure }: Extract<RemoteCallReport['outcome'], { kind: 'success' }>,
): Promise<Omit<CompletedRow, 'index' | 'attempt' | 'startedSecondsAgo'> | undefined> {
  const state = ctx.registry().models.get(job.modelId);
  const manifest = state && manifestOf(state);
  const known = Object.entries(metrics).flatMap(([id, value]) =>
    typeof value === 'number' && Number.isFinite(value) && manifest?.metrics.includes(id) ? [[id, value] as const] : [],
  );
  const numbers = Object.fromEntries(known);
  const score = job.rankBy === null ? null : numbers[job.rankBy];
  if (score === undefined) return undefined;
  const notes: readonly StoredNote[] =
    structure === undefined ? [{ code: 'no_structure', message: 'The remote backend sent numbers and no structure.' }] : [];
  const artifacts = structure === undefined ? [] : [await storeStructure(ctx, manifest, structure)];
  return { score, metrics: numbers, tables: tablesOf(metrics, manifest), notes, artifacts };
}

async function storeStructure(ctx: HubContext, manifest: Manifest | undefined, structure: string): Promise<StoredArtifactLink> {
  const declared = manifest?.artifacts.find(({ role }) => role === 'structure');
  const stored = await ctx.artifacts.put(Buffer.from(structure));
  return { name: declared?.name ?? 'structure.cif', role: 'structure', mediaType: CIF, ...stored };
}

/** Tables that came along, where the manifest has them. */
function tablesOf(metrics: FreeObject, manifest: Manifest | undefined): CompletedRow['tables'] {
  const tables = isRecord(metrics['tables']) ? metrics['tables'] : {};
  return Object.fromEntries(
    Object.entries(tables).flatMap(([id, records]) =>
      Array.isArray(records) && manifest?.tables.some((table) => table.id === id) ? [[id, records.filter(isRecord)]] : [],
    ),
  );
}
