/** Views of a batch: pages, order vectors, columns and ranges agree with each other and with the rows. */
import { LOCAL_OWNER, newRunId, ownerId, SHARED_METRICS, type JobId, type RowViewText, type WorkerId } from '@omtx/contract';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EMPTY_REGISTRY } from '../catalog/registry.ts';
import { testContext } from '../../test/context.ts';
import { createTestDatabase, type TestDatabase } from '../../test/database.ts';
import { registerTestWorker, runTestRows, submitTestJob } from '../../test/jobs.ts';
import { markCancelled, writeDownCancelledRows } from '../storage/cancel.ts';
import { openDatabase, type Database } from '../storage/database.ts';
import type { HubContext } from './context.ts';
import { readBatch, readColumns, readRowOrder, readRows } from './read-rows.ts';

const principal = { owner: LOCAL_OWNER };
const METRICS = new Map(
  SHARED_METRICS.slice(0, 2).map((metric, place) => {
    const id = place === 0 ? 'score' : 'weight';
    return [id, { ...metric, id }];
  }),
);

let testDatabase: TestDatabase;
let db: Database;
let ctx: HubContext;
let worker: WorkerId;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = openDatabase(testDatabase.url, 4);
  worker = await registerTestWorker(db);
});

beforeEach(async () => {
  await sql`delete from jobs`.execute(db);
  ctx = testContext(db, { registry: () => ({ ...EMPTY_REGISTRY, metrics: METRICS }) });
});

afterAll(async () => {
  await db.destroy();
  await testDatabase.drop();
});

/** 0 rejected; 1, 3, 5 scored; 2 failed; 4 completed without a score; 6 pending. */
async function screen(): Promise<JobId> {
  const names = ['bad', 'Aspirin', 'celecoxib', 'aspirin sodium', 'x', 'ibuprofen', 'late'];
  const id = await submitTestJob(
    db,
    names.map((name, index) => ({ name, ...(index === 0 ? { rejection: { code: 'rejected_invalid_smiles', message: 'no' } } : {}) })),
  );
  await runTestRows(db, worker, [
    { index: 1, metrics: { score: -7, weight: 300 }, seconds: 3 },
    { index: 2, fails: 'invalid_input', seconds: 1 },
    { index: 3, metrics: { score: -9, weight: 100 }, seconds: 9 },
    { index: 4, metrics: { weight: 200 }, seconds: 2 },
    { index: 5, metrics: { score: -7, weight: 50 }, seconds: 4 },
  ]);
  return id;
}

async function order(id: JobId, query: RowViewText): Promise<number[]> {
  return [...(await readRowOrder(ctx, principal, id, query)).indexes];
}

test.each<[string, RowViewText, number[]]>([
  ['input order', {}, [0, 1, 2, 3, 4, 5, 6]],
  ['the rank, equal scores in input order and rows without one last', { sort: 'rank' }, [3, 1, 5, 0, 2, 4, 6]],
  ['the rank turned around, rows without a score still last', { sort: '-rank' }, [1, 5, 3, 0, 2, 4, 6]],
  ['another metric', { sort: 'weight' }, [5, 3, 4, 1, 0, 2, 6]],
  ['two keys', { sort: 'score,-weight' }, [3, 1, 5, 4, 0, 2, 6]],
  ['names whatever their case', { sort: 'name', text: 'ASPIRIN' }, [1, 3]],
  ['outcomes in the order of the contract', { sort: 'outcome' }, [1, 3, 4, 5, 2, 0, 6]],
  ['seconds that a row took, the longest first', { sort: '-seconds', outcome: 'completed' }, [3, 5, 1, 4]],
  ['rows of an outcome', { outcome: 'failed,rejected' }, [0, 2]],
  ['rows of a status, which counts rejected ones as failed', { status: 'failed' }, [0, 2]],
  ['rows of a code', { code: 'invalid_input' }, [2]],
  ['a range with both ends in it', { where: 'weight:50..200' }, [3, 4, 5]],
  ['two ranges at once', { where: 'weight:..200,score:..-8' }, [3]],
  ['rows that have a metric at all', { where: 'score:..' }, [1, 3, 5]],
  ['the last row first', { sort: '-index' }, [6, 5, 4, 3, 2, 1, 0]],
])('the order vector is that of %s', async (_rule, query, expected) => {
  const id = await screen();
  expect(await order(id, query)).toEqual(expected);
  // The pages of the same view, joined, are the same rows.
  const paged: number[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await readRows(ctx, principal, id, { ...query, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
    paged.push(...page.rows.map(({ index }) => index));
    cursor = page.nextCursor;
  }
  expect(paged).toEqual(expected);
});

test('a metric where more is better ranks the other way around', async () => {
  const id = await submitTestJob(db, [{}, {}, {}], { rankAscending: false });
  await runTestRows(db, worker, [
    { index: 0, metrics: { score: 1 } },
    { index: 1, metrics: { score: 3 } },
    { index: 2, metrics: { score: 3 } },
  ]);
  const { rows } = await readRows(ctx, principal, id, { sort: 'rank' });
  expect(rows.map(({ index, rank }) => [index, rank])).toEqual([
    [1, 1],
    [2, 1],
    [0, 3],
  ]);
});

test('a row has the same rank on every page: equal scores share it and the next is skipped', async () => {
  const id = await screen();
  const all = await readRows(ctx, principal, id, {});
  expect(all.rows.map(({ rank }) => rank)).toEqual([null, 2, null, 1, null, 2, null]);
  const some = await readRows(ctx, principal, id, { indexes: '5,3' });
  expect(some.rows.map(({ index, rank }) => [index, rank])).toEqual([
    [5, 2],
    [3, 1],
  ]);
});

test('columns are floats in input order, with no number where a row has no value', async () => {
  const id = await screen();
  const { bytes, rows } = await readColumns(ctx, principal, id, 'weight,rank,outcome,index');
  expect(rows).toBe(7);
  const floats = new Float32Array(new Uint8Array(bytes).buffer);
  const columns = [0, 1, 2, 3].map((place) => [...floats.subarray(place * 7, place * 7 + 7)]);
  expect(columns).toEqual([
    [NaN, 300, NaN, 100, 200, 50, NaN],
    [NaN, 2, NaN, 1, NaN, 2, NaN],
    [3, 0, 2, 0, 0, 0, NaN],
    [0, 1, 2, 3, 4, 5, 6],
  ]);
});

test('a number beyond 32 bits is given as infinite', async () => {
  const id = await submitTestJob(db, [{}, {}, {}]);
  await runTestRows(db, worker, [
    { index: 0, metrics: { score: 1e300 } },
    { index: 1, metrics: { score: -1e39 } },
    { index: 2, metrics: { score: 1e-300 } },
  ]);
  const { bytes } = await readColumns(ctx, principal, id, 'score');
  expect([...new Float32Array(new Uint8Array(bytes).buffer)]).toEqual([Infinity, -Infinity, 0]);
});

test('the batch as one answer: parent, page, counts of all and of those that pass', async () => {
  const id = await screen();
  const batch = await readBatch(ctx, principal, id, { sort: 'rank', outcome: 'completed', limit: 2 });
  expect(batch.job.progress).toMatchObject({ total: 7, completed: 4, failed: 2, rejected: 1, pending: 1 });
  expect(batch.rows.map(({ index }) => index)).toEqual([3, 1]);
  expect(batch.statistics).toEqual({
    matching: 4,
    byCode: { invalid_input: 1, rejected_invalid_smiles: 1 },
    score: { min: -9, max: -7 },
  });
});

test('rows in flight show as running in order, filter and column, and the version changes with them', async () => {
  const id = await submitTestJob(db, [{}, {}, {}]);
  const before = await readRowOrder(ctx, principal, id, { status: 'running' });
  expect([...before.indexes]).toEqual([]);
  await sql`
    insert into runs (id, batch_id, worker_id, model_version, slots, indexes, attempts, in_flight, lease_until)
    values (${newRunId()}, ${id}, ${worker}, '1', 1, '{0,1}', '{1,1}', '{1}', now() + interval '1 minute')`.execute(db);
  const after = await readRowOrder(ctx, principal, id, { status: 'running' });
  expect([...after.indexes]).toEqual([1]);
  expect(after.version).not.toBe(before.version);
  expect(await order(id, { sort: '-status' })).toEqual([1, 0, 2]);
});

test('after a cancel the open rows are cancelled in every view at once', async () => {
  const id = await screen();
  await markCancelled(db, LOCAL_OWNER, id);
  expect(await order(id, { outcome: 'cancelled' })).toEqual([6]);
  await writeDownCancelledRows(db, id);
  expect(await order(id, { outcome: 'cancelled' })).toEqual([6]);
});

test('places of an order that is kept are given after the rows have changed, and are refused as stale once it is gone', async () => {
  const id = await submitTestJob(db, [{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
  const { version } = await readRowOrder(ctx, principal, id, { sort: '-index' });
  await runTestRows(db, worker, [{ index: 0, metrics: { score: 1 } }]);
  const page = await readRows(ctx, principal, id, { sort: '-index', from: 1, to: 3, version });
  expect(page.rows.map(({ index, status }) => [index, status])).toEqual([
    [1, 'pending'],
    [0, 'completed'],
  ]);
  expect(page.version).not.toBe(version);
  ctx.caches.order.clear();
  await expect(readRows(ctx, principal, id, { sort: '-index', from: 1, to: 3, version })).rejects.toMatchObject({ code: 'view_stale' });
});

test('what is no index, column, cursor or range is refused by name, and a foreign job is not found', async () => {
  const id = await screen();
  const refused = (query: Parameters<typeof readRows>[3]) => readRows(ctx, principal, id, query);
  await expect(refused({ cursor: 'x' })).rejects.toMatchObject({ code: 'invalid_query', errors: [{ pointer: 'cursor' }] });
  await expect(refused({ from: 0, to: 2_000 })).rejects.toMatchObject({ code: 'invalid_query', errors: [{ pointer: 'to' }] });
  for (const [query, pointer, detail] of [
    [{ sort: '-scroe' }, 'sort', /no metric "scroe"\. Did you mean "score"/],
    [{ where: 'affinity:..-8' }, 'where', /no metric "affinity"; GET/],
  ] as const)
    await expect(refused(query)).rejects.toMatchObject({
      code: 'invalid_query',
      errors: [{ pointer, detail: expect.stringMatching(detail) as string }],
    });
  await expect(readColumns(ctx, principal, id, 'scroe')).rejects.toMatchObject({ code: 'invalid_query', errors: [{ pointer: 'names' }] });
  // A metric of a model that was taken away is still that of its old jobs.
  await expect(refused({ sort: '-gone.score' })).resolves.toMatchObject({ rows: { length: 7 } });
  await expect(readColumns(ctx, principal, id, "score'")).rejects.toMatchObject({ code: 'invalid_query', errors: [{ pointer: 'names' }] });
  const stranger = { owner: ownerId('stranger') };
  await expect(readRowOrder(ctx, stranger, id, {})).rejects.toMatchObject({ code: 'job_not_found' });
  await expect(readColumns(ctx, stranger, id, 'score')).rejects.toMatchObject({ code: 'job_not_found' });
  await expect(readBatch(ctx, stranger, id, {})).rejects.toMatchObject({ code: 'job_not_found' });
});
