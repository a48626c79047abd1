/** Rows, runs and outcomes on a real PostgreSQL: the rules of docs/execution.md that the statements keep. */
import { newJobId, newWorkerId, LOCAL_OWNER, type JobId, type WorkerId } from '@omtx/contract';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts';
import { openDatabase, type Database } from '../database.ts';
import { readEvents } from '../events.ts';
import { ingestJob, type NewJob, type NewRow } from '../ingest.ts';
import { claimRun, type ClaimedRun } from './claim-run.ts';
import { endRun } from './end-run.ts';
import { recordOutcomes, type CompletedRow, type FailedRow } from './record-outcomes.ts';

let testDatabase: TestDatabase;
let db: Database;
let worker: WorkerId;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = openDatabase(testDatabase.url, 6);
});

afterAll(async () => {
  await db.destroy();
  await testDatabase.drop();
});

beforeEach(async () => {
  worker = newWorkerId();
  await db.insertInto('workers').values({ id: worker, host: 'h', boot_id: 'b', pid: 1, process_started_at: '1', offers: '[]' }).execute();
});

afterEach(async () => {
  await sql`delete from jobs`.execute(db);
});

const plain: NewRow = { line: null, name: null, input: {}, original: null, canonicalSmiles: null, rejection: null, reusedFrom: null };
const rejected: NewRow = { ...plain, rejection: { code: 'rejected_invalid_smiles', message: 'no' } };

async function submit(rows: readonly NewRow[], more: Partial<NewJob> = {}): Promise<JobId> {
  const job: NewJob = {
    id: newJobId(),
    jobType: 'batch_parent',
    taskType: 'echo',
    modelId: 'echo',
    modelVersion: '1',
    name: 'a job',
    routedBy: 'multiple_ligands',
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
    rows,
    ...more,
  };
  return (await ingestJob(db, LOCAL_OWNER, job)).id;
}

async function claim(freeSlots = 2, maxRows = 100): Promise<ClaimedRun | undefined> {
  return claimRun(db, { workerId: worker, modelId: 'echo', modelVersion: '1', environmentDigest: null, freeSlots, maxRows });
}

async function mustClaim(freeSlots = 2, maxRows = 100): Promise<ClaimedRun> {
  const run = await claim(freeSlots, maxRows);
  if (!run) throw new Error('nothing was claimed');
  return run;
}

function completed(index: number, attempt = 1): CompletedRow {
  return { index, attempt, startedSecondsAgo: 1, score: -index, metrics: { score: -index }, tables: {}, notes: [], artifacts: [] };
}

function failed(index: number, code: FailedRow['failure']['code'], attempt = 1): FailedRow {
  return { index, attempt, startedSecondsAgo: 1, failure: { code, message: `${code} of ${String(index)}` } };
}

async function outcomes(batchId: JobId): Promise<(string | null)[]> {
  const rows = await db.selectFrom('batch_rows').select('outcome').where('batch_id', '=', batchId).orderBy('index').execute();
  return rows.map((row) => row.outcome);
}

async function jobOf(batchId: JobId) {
  return db.selectFrom('jobs').selectAll().where('id', '=', batchId).executeTakeFirstOrThrow();
}

async function countersEqualFold(batchId: JobId): Promise<void> {
  const job = await jobOf(batchId);
  const all = await outcomes(batchId);
  const number = (...names: string[]) => all.filter((outcome) => outcome !== null && names.includes(outcome)).length;
  expect([job.completed_count, job.reused_count, job.failed_count, job.rejected_count, job.cancelled_count]).toEqual([
    number('completed', 'reused'),
    number('reused'),
    number('failed', 'rejected'),
    number('rejected'),
    number('cancelled'),
  ]);
}

test('rejected and repeated rows are not given out, and a repeated row shares the result of its original', async () => {
  const batch = await submit([plain, rejected, { ...plain, reusedFrom: 0 }, plain]);
  const run = await mustClaim();
  expect(run.indexes).toEqual([0, 3]);
  await recordOutcomes(db, run.id, [completed(0), completed(3)], []);
  await endRun(db, run.id, 'finished');
  expect(await outcomes(batch)).toEqual(['completed', 'rejected', 'reused', 'completed']);
  expect(await jobOf(batch)).toMatchObject({ status: 'completed', slots_in_use: 0 });
  await countersEqualFold(batch);
  const kinds = (await readEvents(db, LOCAL_OWNER, batch, 0, 10))?.map(({ sequence, kind }) => [sequence, kind]);
  expect(kinds).toEqual([
    [1, 'submitted'],
    [2, 'finished'],
  ]);
});

test('when an original fails, the first row that waited for it runs itself and the others wait for that one', async () => {
  const batch = await submit([plain, { ...plain, reusedFrom: 0 }, { ...plain, reusedFrom: 0 }]);
  const first = await mustClaim();
  await recordOutcomes(db, first.id, [], [failed(0, 'model_error')]);
  await endRun(db, first.id, 'finished');
  const second = await mustClaim();
  expect(second.indexes).toEqual([1]);
  await recordOutcomes(db, second.id, [completed(1)], []);
  expect(await outcomes(batch)).toEqual(['failed', 'completed', 'reused']);
  await countersEqualFold(batch);
});

test('an outcome of a run that has ended, of another attempt, or told twice changes nothing', async () => {
  const batch = await submit([plain, plain]);
  const lost = await mustClaim();
  expect(await recordOutcomes(db, lost.id, [completed(0, 2)], [])).toEqual({ written: [], requeued: [] });
  expect((await recordOutcomes(db, lost.id, [completed(0)], [])).written).toEqual([0]);
  expect((await recordOutcomes(db, lost.id, [completed(0)], [])).written).toEqual([]);
  expect(await endRun(db, lost.id, 'lost')).toBe(true);
  expect(await endRun(db, lost.id, 'lost')).toBe(false);
  expect((await recordOutcomes(db, lost.id, [completed(1)], [])).written).toEqual([]);
  expect(await outcomes(batch)).toEqual(['completed', null]);
  await countersEqualFold(batch);
});

test('a lost run puts its rows back, and only the one in flight is charged an attempt', async () => {
  const batch = await submit([plain, plain, plain]);
  const lost = await mustClaim();
  await db
    .updateTable('runs')
    .set({ in_flight: [1] })
    .where('id', '=', lost.id)
    .execute();
  await endRun(db, lost.id, 'lost');
  const next = await mustClaim();
  expect([next.indexes, next.attempts]).toEqual([
    [0, 1, 2],
    [1, 2, 1],
  ]);
  const history = await db.selectFrom('attempts').select(['index', 'attempt', 'code']).where('batch_id', '=', batch).execute();
  expect(history).toEqual([{ index: 1, attempt: 1, code: 'lease_lost' }]);
});

test('a row whose process died is run alone once, then failed', async () => {
  const batch = await submit([plain, plain]);
  const first = await mustClaim();
  expect(await recordOutcomes(db, first.id, [completed(0)], [failed(1, 'worker_lost')])).toEqual({ written: [0], requeued: [1] });
  await endRun(db, first.id, 'finished');
  const alone = await mustClaim();
  expect(alone).toMatchObject({ indexes: [1], attempts: [2], alone: true, slots: 1 });
  await recordOutcomes(db, alone.id, [], [failed(1, 'worker_lost', 2)]);
  expect(await outcomes(batch)).toEqual(['completed', 'failed']);
  await countersEqualFold(batch);
});

test('slots of the live runs of a batch never exceed its concurrency, however many workers claim at once', async () => {
  const batch = await submit(
    Array.from({ length: 40 }, () => plain),
    { maxConcurrency: 3 },
  );
  const runs = (await Promise.all(Array.from({ length: 12 }, () => claim(2, 4)))).filter((run) => run !== undefined);
  expect(runs.reduce((sum, run) => sum + run.slots, 0)).toBeLessThanOrEqual(3);
  const given = runs.flatMap((run) => run.indexes);
  expect(new Set(given).size).toBe(given.length);
  expect((await jobOf(batch)).slots_in_use).toBe(runs.reduce((sum, run) => sum + run.slots, 0));
});

test('a small job goes before a large one that came earlier', async () => {
  await submit(Array.from({ length: 20 }, () => plain));
  const single = await submit([plain], { jobType: 'individual' });
  expect((await mustClaim()).batchId).toBe(single);
});

test('nothing is given out of a paused, cancelled or foreign-model job, and no outcome of a cancelled job is stored', async () => {
  const batch = await submit([plain, plain]);
  const run = await mustClaim(1, 1);
  await sql`update jobs set cancelled_at = now() where id = ${batch}`.execute(db);
  expect(await claim()).toBeUndefined();
  expect((await recordOutcomes(db, run.id, [completed(0)], [])).written).toEqual([]);
  const paused = await submit([plain]);
  await sql`update jobs set paused_at = now() where id = ${paused}`.execute(db);
  await submit([plain], { modelId: 'other' });
  expect(await claim()).toBeUndefined();
});

test('the same idempotency key gives the same job, and another body with it is refused', async () => {
  const id = await submit([plain], { idempotency: { key: 'k', bodySha256: 'a' } });
  expect(await submit([plain], { idempotency: { key: 'k', bodySha256: 'a' } })).toBe(id);
  await expect(submit([plain], { idempotency: { key: 'k', bodySha256: 'b' } })).rejects.toThrow(/another body/);
});

test('a batch of rejected rows only has failed at once', async () => {
  const batch = await submit([rejected, rejected]);
  expect(await jobOf(batch)).toMatchObject({ status: 'failed', rejected_count: 2 });
  expect((await jobOf(batch)).finished_at).not.toBeNull();
});
