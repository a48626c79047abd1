/** Rows, runs and outcomes on a real PostgreSQL: the rules of docs/execution.md that the statements keep. */
import { LOCAL_OWNER } from '@omtx/contract';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { Batches, completed, failed, plain, rejected } from '../../../test/batches.ts';
import { cancelRows } from '../cancel.ts';
import { readEvents } from '../events.ts';
import { endRun } from './end-run.ts';
import { claimRun } from './claim-run.ts';
import { lockLiveRun, recordOutcomes, settleFailures } from './record-outcomes.ts';

const batches = Batches.use();

test('rejected and repeated rows are not given out, and a repeated row shares the result of its original', async () => {
  const batch = await batches.submit([plain, rejected, { ...plain, reusedFrom: 0 }, plain]);
  const run = await batches.mustClaim();
  expect(run.indexes).toEqual([0, 3]);
  await recordOutcomes(batches.db, run.id, [completed(0), completed(3)], []);
  await endRun(batches.db, run.id, 'finished');
  expect(await batches.outcomes(batch)).toEqual(['completed', 'rejected', 'reused', 'completed']);
  expect(await batches.job(batch)).toMatchObject({ status: 'completed', slots_in_use: 0 });
  await batches.countersEqualFold(batch);
  const kinds = (await readEvents(batches.db, LOCAL_OWNER, batch, 0, 10))?.map(({ sequence, kind }) => [sequence, kind]);
  expect(kinds).toEqual([
    [1, 'submitted'],
    [2, 'finished'],
  ]);
});

test('when an original fails, the first row that waited for it runs itself and the others wait for that one', async () => {
  const batch = await batches.submit([plain, { ...plain, reusedFrom: 0 }, { ...plain, reusedFrom: 0 }]);
  const first = await batches.mustClaim();
  await recordOutcomes(batches.db, first.id, [], [failed(0, 'model_error')]);
  await endRun(batches.db, first.id, 'finished');
  const second = await batches.mustClaim();
  expect(second.indexes).toEqual([1]);
  await recordOutcomes(batches.db, second.id, [completed(1)], []);
  expect(await batches.outcomes(batch)).toEqual(['failed', 'completed', 'reused']);
  await batches.countersEqualFold(batch);
});

test('an outcome of a run that has ended, of another attempt, or told twice changes nothing', async () => {
  const batch = await batches.submit([plain, plain]);
  const lost = await batches.mustClaim();
  expect(await recordOutcomes(batches.db, lost.id, [completed(0, 2)], [])).toEqual({ written: [], requeued: [] });
  expect((await recordOutcomes(batches.db, lost.id, [completed(0)], [])).written).toEqual([0]);
  expect((await recordOutcomes(batches.db, lost.id, [completed(0)], [])).written).toEqual([]);
  expect(await endRun(batches.db, lost.id, 'lost')).toBe(true);
  expect(await endRun(batches.db, lost.id, 'lost')).toBe(false);
  expect((await recordOutcomes(batches.db, lost.id, [completed(1)], [])).written).toEqual([]);
  expect(await batches.outcomes(batch)).toEqual(['completed', null]);
  await batches.countersEqualFold(batch);
});

test('of a group with completed and failed rows none stays in flight', async () => {
  await batches.submit([plain, plain, plain]);
  const run = await batches.mustClaim();
  await batches.db
    .updateTable('runs')
    .set({ in_flight: [0, 1, 2] })
    .where('id', '=', run.id)
    .execute();
  await recordOutcomes(batches.db, run.id, [completed(1)], [failed(0, 'model_error')]);
  const left = await batches.db.selectFrom('runs').select('in_flight').where('id', '=', run.id).executeTakeFirstOrThrow();
  expect(left.in_flight).toEqual([2]);
});

test('a lost run puts its rows back, and only the one in flight is charged an attempt', async () => {
  const batch = await batches.submit([plain, plain, plain]);
  const lost = await batches.mustClaim();
  await batches.db
    .updateTable('runs')
    .set({ in_flight: [1] })
    .where('id', '=', lost.id)
    .execute();
  await endRun(batches.db, lost.id, 'lost');
  await sql`update requeued_rows set not_before = now()`.execute(batches.db);
  const next = await batches.mustClaim();
  expect([next.indexes, next.attempts]).toEqual([
    [0, 1, 2],
    [1, 2, 1],
  ]);
  const history = await batches.db.selectFrom('attempts').select(['index', 'attempt', 'code']).where('batch_id', '=', batch).execute();
  expect(history).toEqual([{ index: 1, attempt: 1, code: 'lease_lost' }]);
});

test('a row whose process died is run alone once, then failed', async () => {
  const batch = await batches.submit([plain, plain]);
  const first = await batches.mustClaim();
  expect(await recordOutcomes(batches.db, first.id, [completed(0)], [failed(1, 'worker_lost')])).toEqual({ written: [0], requeued: [1] });
  await endRun(batches.db, first.id, 'finished');
  const alone = await batches.mustClaim();
  expect(alone).toMatchObject({ indexes: [1], attempts: [2], alone: true, slots: 1 });
  await recordOutcomes(batches.db, alone.id, [], [failed(1, 'worker_lost', 2)]);
  expect(await batches.outcomes(batch)).toEqual(['completed', 'failed']);
  await batches.countersEqualFold(batch);
});

test('slots of the live runs of a batch never exceed its concurrency, however many workers claim at once', async () => {
  const batch = await batches.submit(
    Array.from({ length: 40 }, () => plain),
    { maxConcurrency: 3 },
  );
  const runs = (await Promise.all(Array.from({ length: 12 }, () => batches.claim(2, 4)))).filter((run) => run !== undefined);
  expect(runs.reduce((sum, run) => sum + run.slots, 0)).toBeLessThanOrEqual(3);
  const given = runs.flatMap((run) => run.indexes);
  expect(new Set(given).size).toBe(given.length);
  expect((await batches.job(batch)).slots_in_use).toBe(runs.reduce((sum, run) => sum + run.slots, 0));
});

test('a small job goes before a large one that came earlier', async () => {
  await batches.submit(Array.from({ length: 20 }, () => plain));
  const single = await batches.submit([plain], { jobType: 'individual' });
  expect((await batches.mustClaim()).batchId).toBe(single);
});

test('nothing is given out of a paused, cancelled or foreign-model job, and no outcome of a cancelled job is stored', async () => {
  const batch = await batches.submit([plain, plain]);
  const run = await batches.mustClaim(1, 1);
  await sql`update jobs set cancelled_at = now() where id = ${batch}`.execute(batches.db);
  expect(await batches.claim()).toBeUndefined();
  expect((await recordOutcomes(batches.db, run.id, [completed(0)], [])).written).toEqual([]);
  const paused = await batches.submit([plain]);
  await sql`update jobs set paused_at = now() where id = ${paused}`.execute(batches.db);
  await batches.submit([plain], { modelId: 'other' });
  expect(await batches.claim()).toBeUndefined();
});

test('the same idempotency key gives the same job, and another body with it is refused', async () => {
  const id = await batches.submit([plain], { idempotency: { key: 'k', bodySha256: 'a' } });
  expect(await batches.submit([plain], { idempotency: { key: 'k', bodySha256: 'a' } })).toBe(id);
  await expect(batches.submit([plain], { idempotency: { key: 'k', bodySha256: 'b' } })).rejects.toThrow(/another body/);
});

test('a batch of rejected rows only has failed at once', async () => {
  const batch = await batches.submit([rejected, rejected]);
  expect(await batches.job(batch)).toMatchObject({ status: 'failed', rejected_count: 2 });
  expect((await batches.job(batch)).finished_at).not.toBeNull();
});

test('runs of a batch record side by side while rows are cancelled and runs end: nobody waits in a circle, and counters equal the fold', async () => {
  const batch = await batches.submit(
    Array.from({ length: 240 }, () => plain),
    { maxConcurrency: 6 },
  );
  const runs: Awaited<ReturnType<typeof batches.mustClaim>>[] = [];
  for (let run = 0; run < 6; run++) runs.push(await batches.mustClaim(1, 40));
  const recordAll = async (run: (typeof runs)[number]): Promise<void> => {
    for (let start = 0; start < run.indexes.length; start += 5) {
      const group = run.indexes.slice(start, start + 5);
      await recordOutcomes(
        batches.db,
        run.id,
        group.slice(1).map((index) => completed(index)),
        group.slice(0, 1).map((index) => failed(index, 'model_error')),
      );
    }
    await endRun(batches.db, run.id, 'finished');
  };
  const cancelSome = async (): Promise<void> => {
    for (let index = 0; index < 240; index += 12) await cancelRows(batches.db, LOCAL_OWNER, batch, [index, 239 - index]);
  };
  await Promise.all([...runs.map(recordAll), cancelSome()]);
  const stored = await batches.outcomes(batch);
  expect(runs.flatMap((run) => run.indexes).filter((index) => stored[index] === null)).toEqual([]);
  expect(await batches.job(batch)).toMatchObject({ slots_in_use: 0 });
  await batches.countersEqualFold(batch);
});

async function untilOneWaits(): Promise<void> {
  const waiting = sql`select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
  await expect.poll(async () => (await waiting.execute(batches.db)).rows.length, { timeout: 20_000, interval: 5 }).toBeGreaterThan(0);
}

test('a claim waits for the only job that has rows while another transaction holds it, and takes it then', async () => {
  const batch = await batches.submit(2);
  const claiming = await batches.db.transaction().execute(async (tx) => {
    await sql`select from jobs where id = ${batch} for update`.execute(tx);
    const claim = batches.claim();
    await untilOneWaits();
    return { claim };
  });
  expect((await claiming.claim)?.indexes).toEqual([0, 1]);
});

test('a job that another transaction holds for long is told as busy, and other jobs are given out meanwhile', async () => {
  const held = await batches.submit(2);
  const request = { workerId: batches.worker, modelId: 'echo', modelVersion: '1', environmentDigest: null, freeSlots: 2, maxRows: 2 };
  await batches.db.transaction().execute(async (tx) => {
    await sql`select from jobs where id = ${held} for update`.execute(tx);
    expect(await claimRun(batches.db, request)).toBe('busy');
    const other = await batches.submit(1);
    expect(await claimRun(batches.db, request)).toMatchObject({ batchId: other });
  });
  expect(await claimRun(batches.db, request)).toMatchObject({ batchId: held });
});

test('a repeat that is freed while a claim waits for the job is given out by that claim, and not passed over for ever', async () => {
  await batches.submit([plain, plain, { ...plain, reusedFrom: 0 }]);
  const first = await batches.mustClaim(1, 1);
  const claiming = await batches.db.transaction().execute(async (tx) => {
    await sql`select from jobs where id = ${first.batchId} for update`.execute(tx);
    const claim = batches.claim();
    await untilOneWaits();
    const run = await lockLiveRun(tx, first.id);
    if (!run) throw new Error('the run is live');
    await settleFailures(tx, first.id, run, [failed(0, 'model_error')]);
    return { claim };
  });
  expect((await claiming.claim)?.indexes).toEqual([1, 2]);
});

test('a repeat that is freed while a claim passes over it is put on the list', async () => {
  const batch = await batches.submit([plain, plain, { ...plain, reusedFrom: 0 }]);
  const first = await batches.mustClaim(1, 1);
  const recording = await batches.db.transaction().execute(async (tx) => {
    await sql`update jobs set next_index = 3 where id = ${batch}`.execute(tx);
    const record = recordOutcomes(batches.db, first.id, [], [failed(0, 'model_error')]);
    await untilOneWaits();
    return { record };
  });
  await recording.record;
  expect((await batches.mustClaim()).indexes).toEqual([2]);
});
