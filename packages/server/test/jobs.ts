/** Jobs and outcomes for tests of reading: stored and recorded by the statements that the hub itself uses. */
import { LOCAL_OWNER, newJobId, newWorkerId, type JobId, type OwnerId, type WorkerId } from '@omtx/contract';
import type { Database } from '../src/storage/database.ts';
import { ingestJob, type NewJob, type NewRow } from '../src/storage/ingest.ts';
import { claimRun, type ClaimedRun, type ClaimRequest } from '../src/storage/runs/claim-run.ts';
import { endRun } from '../src/storage/runs/end-run.ts';
import { recordOutcomes, type CompletedRow, type FailedRow } from '../src/storage/runs/record-outcomes.ts';

export const PLAIN_ROW: NewRow = {
  line: null,
  name: null,
  input: {},
  original: null,
  canonicalSmiles: null,
  rejection: null,
  reusedFrom: null,
};

/** A batch of any number of rows, also of one. */
export function submitTestBatch(
  db: Database,
  rows: readonly Partial<NewRow>[] | number,
  more: Partial<NewJob> = {},
  owner: OwnerId = LOCAL_OWNER,
): Promise<JobId> {
  const given = typeof rows === 'number' ? Array.from({ length: rows }, () => ({})) : rows;
  return submitTestJob(db, given, { jobType: 'batch_parent', routedBy: 'multiple_ligands', ...more }, owner);
}

export async function submitTestJob(
  db: Database,
  rows: readonly Partial<NewRow>[],
  more: Partial<NewJob> = {},
  owner: OwnerId = LOCAL_OWNER,
): Promise<JobId> {
  const job: NewJob = {
    id: newJobId(),
    jobType: rows.length > 1 ? 'batch_parent' : 'individual',
    taskType: 'echo',
    modelId: 'echo',
    modelVersion: '1',
    name: 'a job',
    routedBy: rows.length > 1 ? 'multiple_ligands' : 'single',
    tags: [],
    parameters: {},
    rankBy: 'score',
    rankAscending: true,
    seed: 42,
    timeoutSeconds: 60,
    maxConcurrency: 5,
    idempotency: null,
    shared: {},
    sharedSha256: '',
    rows: rows.map((row) => ({ ...PLAIN_ROW, ...row })),
    ...more,
  };
  return (await ingestJob(db, owner, job)).id;
}

export async function registerTestWorker(db: Database, offers: readonly object[] = []): Promise<WorkerId> {
  const id = newWorkerId();
  const row = { id, host: 'h', boot_id: 'b', pid: 1, process_started_at: '1', offers: JSON.stringify(offers) };
  await db.insertInto('workers').values(row).execute();
  return id;
}

/** As a host claims: again, while another transaction holds the job. */
export async function settledClaim(db: Database, request: ClaimRequest): Promise<ClaimedRun | undefined> {
  for (;;) {
    const claimed = await claimRun(db, request);
    if (claimed !== 'busy') return claimed;
  }
}

export interface TestOutcome {
  readonly index: number;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly fails?: FailedRow['failure']['code'];
  /** Seconds that the row took. */
  readonly seconds?: number;
}

/** Claims rows of the model `echo` and records what is given for them; rows without an outcome go back when the run ends. */
export async function runTestRows(db: Database, worker: WorkerId, outcomes: readonly TestOutcome[], modelId = 'echo'): Promise<void> {
  const run = await settledClaim(db, {
    workerId: worker,
    modelId,
    modelVersion: '1',
    environmentDigest: null,
    freeSlots: 5,
    maxRows: 10_000,
  });
  if (!run) throw new Error('nothing was claimed');
  const completed = outcomes.flatMap((outcome): CompletedRow[] => {
    const { index, metrics = {}, fails, seconds = 1 } = outcome;
    if (fails !== undefined) return [];
    const score = metrics['score'] ?? null;
    return [{ index, attempt: 1, startedSecondsAgo: seconds, score, metrics, tables: {}, notes: [], artifacts: [] }];
  });
  const failed = outcomes.flatMap((outcome): FailedRow[] =>
    outcome.fails === undefined
      ? []
      : [
          {
            index: outcome.index,
            attempt: 1,
            startedSecondsAgo: outcome.seconds ?? 1,
            failure: { code: outcome.fails, message: 'it broke' },
          },
        ],
  );
  await recordOutcomes(db, run.id, completed, failed);
  await endRun(db, run.id, 'finished');
}
