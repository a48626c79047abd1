/** Whose turn it is: lanes, shares, starvation, priorities and limits, as the claim statement decides them. */
import { LOCAL_OWNER, ownerId, type JobId } from '@omtx/contract';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { Batches, completed } from '../../../test/batches.ts';
import { setModelLimit, setOwnerShare } from '../limits.ts';
import { endRun } from './end-run.ts';
import { markInFlight } from './heartbeat.ts';
import { recordOutcomes } from './record-outcomes.ts';
import { recountSlots, repairFinished } from './watch.ts';

const batches = Batches.use();
const ada = ownerId('ada');
const bob = ownerId('bob');

async function weigh(ofAda: number, ofBob: number): Promise<void> {
  await setOwnerShare(batches.db, ada, { weight: ofAda, maxSlots: null });
  await setOwnerShare(batches.db, bob, { weight: ofBob, maxSlots: null });
}

/** Claims one row, ends it, and says whose it was. */
async function next(): Promise<JobId> {
  const run = await batches.mustClaim(1, 1);
  await recordOutcomes(
    batches.db,
    run.id,
    run.indexes.map((index) => completed(index)),
    [],
  );
  await endRun(batches.db, run.id, 'finished');
  return run.batchId;
}

test('over a thousand starts two owners with weights 3 to 1 get three and one part of four', async () => {
  await weigh(3, 1);
  const first = await batches.submit(1_000, { maxConcurrency: 999 }, ada);
  await batches.submit(1_000, { maxConcurrency: 999 }, bob);
  let ofAda = 0;
  for (let start = 0; start < 1_000; start++) if ((await batches.mustClaim(1, 1)).batchId === first) ofAda += 1;
  expect(ofAda).toBeGreaterThan(675);
  expect(ofAda).toBeLessThan(825);
}, 120_000);

test('an owner who was away does not catch up on what others had meanwhile', async () => {
  await weigh(1, 1);
  const long = await batches.submit(100, {}, ada);
  for (let time = 0; time < 40; time++) await next();
  const late = await batches.submit(100, {}, bob);
  const turns: JobId[] = [];
  for (let time = 0; time < 20; time++) turns.push(await next());
  expect(turns.filter((id) => id === late).length).toBeLessThan(13);
  expect(turns.filter((id) => id === long).length).toBeLessThan(13);
});

test('an interactive job goes before every bulk one, of whomever, and a starved bulk job before it', async () => {
  await weigh(1, 100);
  const bulk = await batches.submit(20, {}, bob);
  const single = await batches.submit(1, { jobType: 'individual' }, ada);
  await batches.submit(1, { jobType: 'individual' }, ada);
  expect(await next()).toBe(single);
  await sql`update jobs set waiting_since = now() - interval '11 minutes' where id = ${bulk}`.execute(batches.db);
  expect(await next()).toBe(bulk);
  expect(await next()).not.toBe(bulk);
});

test('among the jobs of an owner the priority decides, then the age', async () => {
  const older = await batches.submit(20);
  const low = await batches.submit(20, { priority: -1 });
  const urgent = await batches.submit(20, { priority: 2 });
  expect(await next()).toBe(urgent);
  await sql`update jobs set cancelled_at = now() where id = ${urgent}`.execute(batches.db);
  expect(await next()).toBe(older);
  await sql`update jobs set cancelled_at = now() where id = ${older}`.execute(batches.db);
  expect(await next()).toBe(low);
});

test('a single job behind a batch of ten thousand rows is the next one that is given out', async () => {
  await batches.submit(10_000);
  await batches.mustClaim(2, 100);
  const single = await batches.submit(1, { jobType: 'individual' });
  expect((await batches.mustClaim(2, 100)).batchId).toBe(single);
});

test('no owner and no model has more slots than its limit, however many workers claim at once', async () => {
  await setOwnerShare(batches.db, ada, { weight: 1, maxSlots: 3 });
  await setModelLimit(batches.db, 'echo', 5);
  for (let job = 0; job < 4; job++) await batches.submit(20, {}, ada);
  for (let job = 0; job < 4; job++) await batches.submit(20);
  for (let round = 0; round < 4; round++) await Promise.all(Array.from({ length: 6 }, () => batches.claim(2, 2)));
  const { rows } = await sql<{ owner: string; slots: number }>`
    select jobs.owner, sum(runs.slots)::int as slots from runs join jobs on jobs.id = runs.batch_id where ended_at is null group by 1`.execute(
    batches.db,
  );
  expect(rows.find((row) => row.owner === 'ada')?.slots ?? 0).toBeLessThanOrEqual(3);
  expect(rows.reduce((sum, row) => sum + row.slots, 0)).toBe(5);
  expect(await recountSlots(batches.db)).toEqual([]);
  const runs = await batches.db.selectFrom('runs').select('id').where('ended_at', 'is', null).execute();
  for (const { id } of runs) await endRun(batches.db, id, 'finished');
  expect(await recountSlots(batches.db)).toEqual([]);
  const owner = await batches.db.selectFrom('owners').select('slots_in_use').where('id', '=', ada).executeTakeFirst();
  expect(owner?.slots_in_use).toBe(0);
});

test('slots that were counted wrong are counted anew and told', async () => {
  await batches.submit(4);
  await batches.mustClaim(2, 2);
  await sql`update owners set slots_in_use = 7 where id = ${LOCAL_OWNER}`.execute(batches.db);
  expect(await recountSlots(batches.db)).toEqual(['owner local']);
  const owner = await batches.db.selectFrom('owners').select('slots_in_use').where('id', '=', LOCAL_OWNER).executeTakeFirst();
  expect(owner?.slots_in_use).toBe(2);
});

test('a row that is lost with its host goes back with growing delay, and has failed after the third time', async () => {
  const id = await batches.submit(2);
  const delays: number[] = [];
  for (let time = 0; time < 3; time++) {
    const run = await batches.mustClaim();
    await markInFlight(batches.db, run.id, 0);
    await endRun(batches.db, run.id, 'lost');
    const { rows } = await sql<{ seconds: number }>`
      select round(extract(epoch from not_before - now()))::int as seconds from requeued_rows where batch_id = ${id} and index = 0`.execute(
      batches.db,
    );
    delays.push(...rows.map((row) => row.seconds));
    await sql`update requeued_rows set not_before = now()`.execute(batches.db);
  }
  expect(delays).toEqual([5, 10]);
  expect(await batches.outcomes(id)).toEqual(['failed', null]);
  expect(await batches.attempts(id)).toEqual([3, 1]);
  await batches.countersEqualFold(id);
  const run = await batches.mustClaim();
  expect(run.indexes).toEqual([1]);
  await recordOutcomes(batches.db, run.id, [completed(1)], []);
  expect((await batches.job(id)).status).toBe('completed');
});

test('a parent that was not finished although no child is open is finished by the monitor', async () => {
  const id = await batches.submit(1);
  const run = await batches.mustClaim();
  await recordOutcomes(batches.db, run.id, [completed(0)], []);
  await sql`update jobs set finished_at = null where id = ${id}`.execute(batches.db);
  expect(await repairFinished(batches.db)).toEqual([id]);
});

test('the end of a batch is spread over the slots that hosts offer, in shards that are worth their set-up', async () => {
  await batches.addWorker();
  await batches.submit(40, { maxConcurrency: 4 });
  expect((await batches.mustClaim(2, 100)).indexes).toHaveLength(20);
  expect((await batches.mustClaim(2, 100, { leastRows: 15 })).indexes).toHaveLength(15);
});
