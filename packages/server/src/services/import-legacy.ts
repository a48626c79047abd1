/** Jobs of the first OMTX-Hub, from its exported records. A second import of the same records changes nothing. */
import { createHash } from 'node:crypto';
import { isJobId, SHARED_METRICS_BY_ID, type JobId, type OwnerId } from '@omtx/contract';
import { isRecord, type FreeObject } from '../domain/free-object.ts';
import { assembleLegacyJobs, type AssembledJob, type LegacyRow } from '../domain/legacy/assemble-jobs.ts';
import type { ArtifactStore } from '../storage/artifacts/artifact-store.ts';
import type { Database } from '../storage/database.ts';
import { importEndedJob, type EndedJob, type EndedRow } from '../storage/import-job.ts';
import type { StoredArtifactLink } from '../storage/tables.ts';

export interface ImportedRecord {
  /** Of the record in the file, from 0. */
  readonly place: number;
  /** In the old store. */
  readonly id: string | null;
  readonly outcome: 'imported' | 'known' | 'deleted' | 'refused';
  /** Here; of a child that of its batch. */
  readonly jobId: JobId | null;
  readonly notes: readonly string[];
}

/** Version of the model under which old results stand: which one made them the old store does not say. */
const MODEL_VERSION = 'first-hub';
/** What an old result is ranked by, the first that it has. */
const RANKING = ['affinity', 'confidence_score'] as const;
const TIMEOUT_SECONDS = 1_800;
const CONCURRENCY = 5;
const SEED = 42;
const CIF = 'chemical/x-mmcif';
/** Keys under which exports hold their records. */
const LISTS = ['jobs', 'records', 'documents', 'results', 'my_results'];

/** A file that holds no records at all. */
export class UnreadableRecords extends Error {}

/** An array, an object that holds one, records by their ids, one record, or a record per line. @throws UnreadableRecords */
export function readLegacyRecords(text: string): readonly unknown[] {
  const whole = parsed(text);
  if (Array.isArray(whole)) return whole;
  if (isRecord(whole)) {
    const list = LISTS.map((name) => whole[name]).find(Array.isArray);
    if (list) return list;
    const entries = Object.entries(whole);
    if (entries.length > 0 && entries.every(([, value]) => isRecord(value) && !isInput(value)))
      return entries.map(([id, value]) => (isRecord(value) ? { id, ...value } : value));
    return [whole];
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const records = lines.map(parsed);
  const bad = records.findIndex((record) => record === undefined);
  if (records.length === 0) throw new UnreadableRecords('The file is empty.');
  if (bad !== -1) throw new UnreadableRecords(`The file is neither JSON nor JSON lines: record ${String(bad + 1)} cannot be read.`);
  return records;
}

/** A record has a field of its own beside its objects; a map of records has none. */
function isInput(value: FreeObject): boolean {
  return !['id', 'job_id', 'status', 'name', 'job_name', 'task_type', 'type', 'created_at'].some((name) => Object.hasOwn(value, name));
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined; // It is then read line by line, and a line that cannot be read is told.
  }
}

/** One report per record, in their order. */
export async function importLegacy(
  { db, artifacts }: { readonly db: Database; readonly artifacts: ArtifactStore },
  owner: OwnerId,
  records: readonly unknown[],
  now: Date,
): Promise<readonly ImportedRecord[]> {
  const { jobs, refused } = assembleLegacyJobs(records, now);
  const reports: ImportedRecord[] = refused.map(({ place, id, reason }) => ({
    place,
    id: id ?? null,
    outcome: 'refused',
    jobId: null,
    notes: [reason],
  }));
  for (const job of jobs) {
    const id = hubId(job.legacyId);
    const outcome = await importEndedJob(db, owner, await endedJob(artifacts, id, job));
    const [first] = job.places;
    for (const place of job.places) {
      const record = records[place];
      const told = isRecord(record) ? (record['id'] ?? record['job_id']) : undefined;
      reports.push({ place, id: typeof told === 'string' ? told : null, outcome, jobId: id, notes: place === first ? job.notes : [] });
    }
  }
  return reports.sort((a, b) => a.place - b.place);
}

/** A UUID stays; another id gives always the same one (UUIDv8, RFC 9562). */
export function hubId(legacyId: string): JobId {
  const lower = legacyId.toLowerCase();
  if (isJobId(lower)) return lower;
  const hex = createHash('sha256').update(`first-hub ${legacyId}`).digest('hex');
  const id = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
  if (!isJobId(id)) throw new Error('unreachable: the digest is a UUID');
  return id;
}

async function endedJob(artifacts: ArtifactStore, id: JobId, job: AssembledJob): Promise<EndedJob> {
  const { legacy, jobType, shared, rows } = job;
  const rankBy = RANKING.find((metric) =>
    rows.some(({ outcome }) => outcome.kind === 'completed' && outcome.metrics[metric] !== undefined),
  );
  const sharedText = JSON.stringify(shared);
  const stored: EndedRow[] = [];
  for (const row of rows) stored.push(await endedRow(artifacts, row, rankBy));
  return {
    id,
    jobType,
    taskType: legacy.taskType,
    modelId: legacy.modelId.slice(0, 64),
    modelVersion: MODEL_VERSION,
    name: legacy.name,
    routedBy: jobType === 'individual' ? 'single' : 'multiple_ligands',
    tags: ['imported', ...(legacy.isPartial ? ['partially_completed'] : [])],
    parameters: {},
    rankBy: rankBy ?? null,
    rankAscending: rankBy !== undefined && SHARED_METRICS_BY_ID.get(rankBy)?.direction === 'lower',
    seed: SEED,
    timeoutSeconds: TIMEOUT_SECONDS,
    maxConcurrency: CONCURRENCY,
    idempotency: null,
    shared,
    sharedSha256: createHash('sha256').update(sharedText).digest('hex'),
    createdAt: legacy.createdAt,
    notes: `Imported from the first hub, where it was ${job.legacyId} of user ${legacy.userId}.`.slice(0, 20_000),
    rows: stored,
  };
}

async function endedRow(
  store: ArtifactStore,
  { legacyId, name, own, outcome, startedAt, finishedAt }: LegacyRow,
  rankBy: string | undefined,
): Promise<EndedRow> {
  const isDone = outcome.kind === 'completed';
  const structure = isDone ? outcome.structure : undefined;
  const artifacts: readonly StoredArtifactLink[] =
    structure === undefined
      ? []
      : [{ name: 'structure.cif', role: 'structure', mediaType: CIF, ...(await store.put(Buffer.from(structure))) }];
  return {
    name,
    input: own,
    original: legacyId === null ? null : { legacy_id: legacyId },
    status: outcome.kind,
    failure: outcome.kind === 'failed' ? outcome.failure : null,
    score: isDone && rankBy !== undefined ? (outcome.metrics[rankBy] ?? null) : null,
    metrics: isDone ? outcome.metrics : null,
    tables: isDone ? outcome.tables : {},
    artifacts,
    startedAt,
    finishedAt,
  };
}
