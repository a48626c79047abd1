/** Retry, cancel of rows, and pause, between claims and outcomes: nothing runs twice, nothing late counts, counters equal the fold. */
import { LOCAL_OWNER, ownerId, type JobId } from '@omtx/contract';
import { expect, test } from 'vitest';
import { Batches, completed, failed, plain, rejected } from '../../test/batches.ts';
import { cancelRows, markCancelled, writeDownCancelledRows } from './cancel.ts';
import { setPaused } from './pause.ts';
import { retryRows, type RetryChanges, type RetryChoice, type RetryResult } from './retry.ts';
import { endRun } from './runs/end-run.ts';
import { heartbeat, markInFlight } from './runs/heartbeat.ts';
import { recordOutcomes } from './runs/record-outcomes.ts';
import { readRunInput } from './runs/run-input.ts';

const batches = Batches.use();
const asBefore: RetryChanges = { parameters: null, timeoutSeconds: null, memoryBytes: null, alone: false };

function retry(id: JobId, choice: Partial<RetryChoice> = {}, changes: Partial<RetryChanges> = {}): Promise<RetryResult> {
  return retryRows(batches.db, LOCAL_OWNER, id, { statuses: ['failed'], ...choice }, { ...asBefore, ...changes });
}

async function shown(id: JobId): Promise<string[]> {
  const rows = await batches.db.selectFrom('row_states').select('shown_status').where('batch_id', '=', id).orderBy('index').execute();
  return rows.map((row) => row.shown_status);
}

/** Five rows: completed, failed by model_error, failed by timeout, rejected, completed. */
async function finishedBatch(): Promise<JobId> {
  const id = await batches.submit([plain, plain, plain, rejected, plain]);
  const run = await batches.mustClaim();
  await recordOutcomes(batches.db, run.id, [completed(0), completed(4)], [failed(1, 'model_error'), failed(2, 'timeout')]);
  await endRun(batches.db, run.id, 'finished');
  expect((await batches.job(id)).finished_at).not.toBeNull();
  return id;
}

test('a retry runs all failed rows again in place, keeps their attempts, and leaves refused rows as they are', async () => {
  const id = await finishedBatch();
  expect(await retry(id)).toMatchObject({ kind: 'retried', rows: 2 });
  expect(await batches.job(id)).toMatchObject({ status: 'running', finished_at: null, failed_count: 1, rejected_count: 1 });
  await batches.countersEqualFold(id);
  const run = await batches.mustClaim();
  expect([run.indexes, run.attempts]).toEqual([
    [1, 2],
    [2, 2],
  ]);
  await recordOutcomes(batches.db, run.id, [completed(1, 2), completed(2, 2)], []);
  expect(await batches.outcomes(id)).toEqual(['completed', 'completed', 'completed', 'rejected', 'completed']);
  await batches.countersEqualFold(id);
  const history = await batches.db.selectFrom('attempts').select(['index', 'attempt', 'code']).where('batch_id', '=', id).execute();
  expect(history).toEqual([
    { index: 1, attempt: 1, code: 'model_error' },
    { index: 2, attempt: 1, code: 'timeout' },
  ]);
});

test('rows are chosen by index and by code, and a retry of nothing changes nothing', async () => {
  const id = await finishedBatch();
  expect(await retry(id, { codes: ['timeout'] })).toMatchObject({ rows: 1 });
  expect(await batches.attempts(id)).toEqual([1, 1, 2, 1, 1]);
  expect(await retry(id, { indexes: [0, 3] })).toEqual({ kind: 'nothing' });
  expect(await batches.db.selectFrom('retries').select('id').execute()).toHaveLength(1);
  expect(await retryRows(batches.db, ownerId('mallory'), id, { statuses: ['failed'] }, asBefore)).toEqual({ kind: 'not_found' });
});

test('rows run with what their retry changed, and rows of different retries are never in one run', async () => {
  const id = await finishedBatch();
  await retry(id, { indexes: [1] }, { parameters: { effort: 9 }, timeoutSeconds: 7, memoryBytes: 5 });
  await retry(id, { indexes: [2] }, { alone: true });
  const alone = await batches.mustClaim();
  expect(alone).toMatchObject({ indexes: [2], alone: true, slots: 1 });
  const changed = await batches.mustClaim();
  expect(changed).toMatchObject({ indexes: [1], alone: false });
  expect(await readRunInput(batches.db, id, [1], changed.retryId)).toMatchObject({
    parameters: { effort: 9 },
    timeoutSeconds: 7,
    memoryBytes: 5,
  });
  expect(await readRunInput(batches.db, id, [2], alone.retryId)).toMatchObject({
    parameters: {},
    timeoutSeconds: 60,
    memoryBytes: undefined,
  });
});

test('a retry keeps its settings when its run is lost', async () => {
  const id = await finishedBatch();
  await retry(id, { indexes: [1] }, { parameters: { effort: 9 } });
  const lost = await batches.mustClaim();
  await markInFlight(batches.db, lost.id, 1);
  await endRun(batches.db, lost.id, 'lost');
  await batches.db
    .updateTable('requeued_rows')
    .set({ not_before: new Date(0) })
    .execute();
  expect(await batches.mustClaim()).toMatchObject({ indexes: [1], attempts: [3], retryId: lost.retryId });
});

test('a cancelled batch can be retried: it is open again, and nothing its old run says counts', async () => {
  const id = await batches.submit(4);
  const old = await batches.mustClaim(2, 3);
  await markInFlight(batches.db, old.id, 0);
  await markCancelled(batches.db, LOCAL_OWNER, id);
  expect(await retry(id, { statuses: ['cancelled'] })).toEqual({ kind: 'cancel_unwritten' });
  await writeDownCancelledRows(batches.db, id);
  expect(await retry(id, { statuses: ['cancelled'] })).toMatchObject({ rows: 4 });
  expect(await batches.job(id)).toMatchObject({ status: 'running', cancelled_at: null, cancelled_count: 0, slots_in_use: 0 });
  expect(await shown(id)).toEqual(['pending', 'pending', 'pending', 'pending']);
  expect((await recordOutcomes(batches.db, old.id, [completed(0)], [failed(1, 'model_error')])).written).toEqual([]);
  expect(await endRun(batches.db, old.id, 'cancelled')).toBe(false);
  const run = await batches.mustClaim();
  expect([run.indexes, run.attempts]).toEqual([
    [0, 1, 2, 3],
    [2, 2, 2, 2],
  ]);
  expect(await batches.claim()).toBeUndefined();
});

test('a row that was cancelled before its turn and retried is given out once', async () => {
  const id = await batches.submit(6);
  await cancelRows(batches.db, LOCAL_OWNER, id, [4]);
  await retry(id, { statuses: ['cancelled'] });
  const given: number[] = [];
  for (let run = await batches.claim(1, 2); run; run = await batches.claim(1, 2)) given.push(...run.indexes);
  expect(given.sort()).toEqual([0, 1, 2, 3, 4, 5]);
});

test('a row put back by a failure is not put back again when its run ends', async () => {
  await batches.submit(2);
  const first = await batches.mustClaim();
  await recordOutcomes(batches.db, first.id, [], [failed(1, 'missing_output')]);
  const alone = await batches.mustClaim();
  expect(alone).toMatchObject({ indexes: [1], attempts: [2] });
  await endRun(batches.db, first.id, 'finished');
  expect(await batches.mustClaim()).toMatchObject({ indexes: [0], attempts: [1] });
  expect(await batches.claim()).toBeUndefined();
});

test('rows that are cancelled end at once, whatever their run says later, and their neighbours go on', async () => {
  const id = await batches.submit(4);
  const run = await batches.mustClaim(2, 3);
  await markInFlight(batches.db, run.id, 0);
  await markInFlight(batches.db, run.id, 1);
  expect(await cancelRows(batches.db, LOCAL_OWNER, id, [1, 3, 99])).toEqual({ kind: 'cancelled', rows: 2 });
  expect(await shown(id)).toEqual(['running', 'cancelled', 'pending', 'cancelled']);
  expect(await markInFlight(batches.db, run.id, 1)).toBe(false);
  const state = await heartbeat(batches.db, batches.worker, [{ id: run.id, inFlight: [0, 1].map((index) => ({ index, attempt: 1 })) }]);
  expect(state.get(run.id)).toEqual({ isPaused: false, stale: [1] });
  expect(await shown(id)).toEqual(['running', 'cancelled', 'pending', 'cancelled']);
  expect((await recordOutcomes(batches.db, run.id, [completed(0), completed(1), completed(2)], [])).written).toEqual([0, 2]);
  expect(await batches.job(id)).toMatchObject({ status: 'completed', cancelled_count: 2 });
  await batches.countersEqualFold(id);
  expect(await cancelRows(batches.db, LOCAL_OWNER, id, [0, 1])).toEqual({ kind: 'cancelled', rows: 0 });
});

test('when a row that others repeat is cancelled, the first of them runs itself, once', async () => {
  const id = await batches.submit([plain, { ...plain, reusedFrom: 0 }, plain, { ...plain, reusedFrom: 0 }]);
  await cancelRows(batches.db, LOCAL_OWNER, id, [0]);
  const run = await batches.mustClaim();
  expect(run.indexes).toEqual([1, 2]);
  expect(await batches.claim()).toBeUndefined();
  await recordOutcomes(batches.db, run.id, [completed(1), completed(2)], []);
  expect(await batches.outcomes(id)).toEqual(['cancelled', 'completed', 'completed', 'reused']);
});

test('repeated rows that are retried with their original wait for it; alone they run themselves', async () => {
  const rows = [plain, { ...plain, reusedFrom: 0 }];
  const both = await batches.submit(rows);
  await markCancelled(batches.db, LOCAL_OWNER, both);
  await writeDownCancelledRows(batches.db, both);
  await retry(both, { statuses: ['cancelled'] });
  const run = await batches.mustClaim();
  expect(run.indexes).toEqual([0]);
  await recordOutcomes(batches.db, run.id, [completed(0, 2)], []);
  expect(await batches.outcomes(both)).toEqual(['completed', 'reused']);

  const one = await batches.submit(rows);
  await markCancelled(batches.db, LOCAL_OWNER, one);
  await writeDownCancelledRows(batches.db, one);
  await retry(one, { statuses: ['cancelled'], indexes: [1] });
  expect((await batches.mustClaim()).indexes).toEqual([1]);
});

test('while a job is paused nothing starts and what runs may end; resumed, it goes on where it stopped', async () => {
  const id = await batches.submit(4);
  const run = await batches.mustClaim(1, 2);
  await markInFlight(batches.db, run.id, 0);
  expect(await setPaused(batches.db, LOCAL_OWNER, id, true)).toBe('changed');
  expect(await setPaused(batches.db, LOCAL_OWNER, id, true)).toBe('unchanged');
  expect(await batches.claim()).toBeUndefined();
  expect(await markInFlight(batches.db, run.id, 1)).toBe(false);
  expect((await heartbeat(batches.db, batches.worker, [{ id: run.id, inFlight: [{ index: 0, attempt: 1 }] }])).get(run.id)).toEqual({
    isPaused: true,
    stale: [],
  });
  expect((await recordOutcomes(batches.db, run.id, [completed(0)], [])).written).toEqual([0]);
  await endRun(batches.db, run.id, 'finished');
  expect(await batches.claim()).toBeUndefined();
  await setPaused(batches.db, LOCAL_OWNER, id, false);
  expect((await batches.mustClaim()).indexes).toEqual([1]);
  expect((await batches.mustClaim()).indexes).toEqual([2, 3]);
});

test('a job that has ended is neither paused nor resumed', async () => {
  const id = await finishedBatch();
  expect(await setPaused(batches.db, LOCAL_OWNER, id, true)).toBe('final');
  expect(await setPaused(batches.db, ownerId('mallory'), id, true)).toBe('not_found');
});
