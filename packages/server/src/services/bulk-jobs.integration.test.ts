/** Many jobs at once: counted first, changed only where the number is confirmed, and only those of the owner. */
import { LOCAL_OWNER, ownerId, type BulkJobs, type JobId } from '@omtx/contract';
import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { Batches, plain } from '../../test/batches.ts';
import { testContext } from '../../test/context.ts';
import { bulkJobs } from './bulk-jobs.ts';
import type { HubContext } from './context.ts';
import { changeJob } from './change-job.ts';
import { readJobs } from './list-jobs.ts';

const batches = Batches.use();
const me = { owner: LOCAL_OWNER };
let ctx: HubContext;

beforeEach(async () => {
  await sql`insert into owners (id) values ('other') on conflict do nothing`.execute(batches.db);
  ctx = testContext(batches.db);
});

async function fill(): Promise<readonly JobId[]> {
  const ids = [];
  for (const name of ['kinase a', 'kinase b', 'lipase']) ids.push(await batches.submit([plain, plain], { name, tags: ['old'] }));
  await batches.submit([plain], { name: 'kinase of another' }, ownerId('other'));
  return ids;
}

const tagsOf = async (): Promise<unknown> =>
  Object.fromEntries((await readJobs(ctx, me, { limit: 10, sort: 'name' })).jobs.map(({ name, tags }) => [name, tags]));

const KINASES = { filter: { search: 'kinase' } } as const;

test('without a number nothing is changed, and the answer is the number to confirm', async () => {
  await fill();
  const wishes: readonly BulkJobs[] = [
    { action: 'delete', ...KINASES },
    { action: 'cancel', ...KINASES },
    { action: 'tag', tags: ['x'], ...KINASES },
  ];
  for (const wish of wishes) expect(await bulkJobs(ctx, me, wish)).toEqual({ found: 2, changed: 0, unchanged: 2 });
  expect(await tagsOf()).toEqual({ 'kinase a': ['old'], 'kinase b': ['old'], lipase: ['old'] });
});

test('a number that is no longer true changes nothing', async () => {
  await fill();
  await batches.submit([plain], { name: 'a new kinase' });
  await expect(bulkJobs(ctx, me, { action: 'delete', ...KINASES, confirm: 2 })).rejects.toMatchObject({ code: 'count_changed' });
  expect((await readJobs(ctx, me, { limit: 10 })).total).toBe(4);
});

test('tags are set and taken away once each, and found from then on', async () => {
  const [a] = await fill();
  if (!a) throw new Error('no job');
  await changeJob(ctx, me, a, { tags: ['old', 'x'] });
  expect(await bulkJobs(ctx, me, { action: 'tag', tags: ['x', 'x'], ...KINASES, confirm: 2 })).toEqual({
    found: 2,
    changed: 1,
    unchanged: 1,
  });
  expect(await tagsOf()).toEqual({ 'kinase a': ['old', 'x'], 'kinase b': ['old', 'x'], lipase: ['old'] });
  expect((await readJobs(ctx, me, { limit: 10, search: 'x' })).total).toBe(2);
  expect(await bulkJobs(ctx, me, { action: 'untag', tags: ['old'], filter: { tag: 'old' }, confirm: 3 })).toMatchObject({ changed: 3 });
  expect(await tagsOf()).toEqual({ 'kinase a': ['x'], 'kinase b': ['x'], lipase: [] });
});

test('a job never has more than fifty tags', async () => {
  const [a, b] = await fill();
  if (!a || !b) throw new Error('no job');
  await changeJob(ctx, me, a, { tags: Array.from({ length: 50 }, (_, n) => `t${String(n)}`) });
  expect(await bulkJobs(ctx, me, { action: 'tag', tags: ['more'], ids: [a, b], confirm: 2 })).toEqual({
    found: 2,
    changed: 1,
    unchanged: 1,
  });
});

test('cancel ends open jobs and leaves those that have ended', async () => {
  const [a] = await fill();
  if (!a) throw new Error('no job');
  expect(await bulkJobs(ctx, me, { action: 'cancel', ids: [a], confirm: 1 })).toEqual({ found: 1, changed: 1, unchanged: 0 });
  expect(await bulkJobs(ctx, me, { action: 'cancel', ...KINASES, confirm: 2 })).toEqual({ found: 2, changed: 1, unchanged: 1 });
  expect((await readJobs(ctx, me, { limit: 10, status: 'cancelled' })).total).toBe(2);
});

test('delete takes those that are meant, and nobody else their own', async () => {
  await fill();
  expect(await bulkJobs(ctx, me, { action: 'delete', ...KINASES, confirm: 2 })).toEqual({ found: 2, changed: 2, unchanged: 0 });
  expect((await readJobs(ctx, me, { limit: 10 })).jobs.map(({ name }) => name)).toEqual(['lipase']);
  expect((await readJobs(ctx, { owner: ownerId('other') }, { limit: 10 })).total).toBe(1);
});

test('ids are those of own jobs, each counted once', async () => {
  const [a] = await fill();
  if (!a) throw new Error('no job');
  const foreign = await batches.submit([plain], {}, ownerId('other'));
  expect(await bulkJobs(ctx, me, { action: 'cancel', ids: [a, a] })).toMatchObject({ found: 1 });
  for (const ids of [[a, foreign], [`${a}-0001`], ['x']])
    await expect(bulkJobs(ctx, me, { action: 'delete', ids, confirm: ids.length })).rejects.toMatchObject({ code: 'job_not_found' });
});

test.each([{}, { ids: ['x'], filter: { search: 'x' } }])('%o says not which jobs', async (which) => {
  await expect(bulkJobs(ctx, me, { action: 'delete', ...which })).rejects.toMatchObject({ code: 'invalid_body' });
});
