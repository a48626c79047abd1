/** Lists of jobs: filters together, orders, totals and pages, and answers that are kept and never stale. */
import { LOCAL_OWNER, ownerId, type JobId } from '@omtx/contract';
import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { Batches, completed, failed, plain } from '../../test/batches.ts';
import { testContext } from '../../test/context.ts';
import { endRun } from '../storage/runs/end-run.ts';
import { recordOutcomes } from '../storage/runs/record-outcomes.ts';
import { cancelJob } from './cancel-job.ts';
import { changeJob } from './change-job.ts';
import type { HubContext } from './context.ts';
import { readFullStatistics, readJobs, type JobsQuery } from './list-jobs.ts';
import { readJob } from './read-jobs.ts';

const batches = Batches.use();
const principal = { owner: LOCAL_OWNER };
let ctx: HubContext;

beforeEach(async () => {
  await sql`insert into owners (id) values ('other') on conflict do nothing`.execute(batches.db);
  ctx = testContext(batches.db);
});

async function names(query: Partial<JobsQuery> = {}): Promise<string[]> {
  return (await readJobs(ctx, principal, { limit: 10, ...query })).jobs.map(({ name }) => name);
}

/** b is completed with the best score -3, a with -1, both with a weight; c waits; another owner's d is never seen. */
async function three(): Promise<{ readonly a: JobId; readonly b: JobId; readonly c: JobId }> {
  const a = await batches.submit([plain], { name: 'a', jobType: 'individual', tags: ['x', 'y'] });
  const b = await batches.submit([plain, plain, plain, plain], { name: 'b', tags: ['y'] });
  for (const id of [a, b]) {
    const run = await batches.mustClaim(2, 100);
    const rows = run.indexes.map((index) => ({ ...completed(index), score: id === a ? -1 : -index, metrics: { weight: 100 - index } }));
    await recordOutcomes(batches.db, run.id, rows, []);
    await endRun(batches.db, run.id, 'finished');
  }
  const c = await batches.submit([plain, plain], { name: 'C', taskType: 'other', modelId: 'slow' });
  await batches.submit([plain], { name: 'd' }, ownerId('other'));
  return { a, b, c };
}

test.each<[string, Partial<JobsQuery>, string[]]>([
  ['nothing', {}, ['C', 'b', 'a']],
  ['status and type', { status: 'completed', jobType: 'batch_parent' }, ['b']],
  ['task and model', { taskType: 'other', modelId: 'slow' }, ['C']],
  ['part of the name in any case', { name: 'c' }, ['C']],
  ['a tag', { tag: 'x' }, ['a']],
  ['a tag and a status', { tag: 'y', status: 'completed' }, ['b', 'a']],
  ['a range of scores', { minScore: -3, maxScore: -2 }, ['b']],
  ['a time that is to come', { createdFrom: '2100-01-01T00:00:00Z' }, []],
  ['a time that has been', { createdBefore: '2100-01-01T00:00:00Z', modelId: 'echo' }, ['b', 'a']],
  ['the name as the order', { sort: 'name' }, ['a', 'b', 'C']],
  ['the score as the order, jobs without one last', { sort: 'score' }, ['b', 'a', 'C']],
  ['a metric of the best row as the order', { sort: '-weight' }, ['a', 'b', 'C']],
  ['the oldest first', { sort: 'created' }, ['a', 'b', 'C']],
])('by %s', async (_what, query, expected) => {
  await three();
  expect(await names(query)).toEqual(expected);
  expect((await readJobs(ctx, principal, { ...query, limit: 1 })).total).toBe(expected.length);
  const paged: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await readJobs(ctx, principal, { ...query, limit: 1, ...(cursor === undefined ? {} : { cursor }) });
    paged.push(...page.jobs.map(({ name }) => name));
    cursor = page.nextCursor;
  }
  expect(paged).toEqual(expected);
  expect(await names({ ...query, limit: 1, page: 2 })).toEqual(expected.slice(1, 2));
});

test('an id is found by its beginning', async () => {
  const { b } = await three();
  expect(await names({ search: b.slice(0, 34) })).toContain('b');
  expect(await names({ search: 'ffffffff' })).toEqual([]);
});

test('the best row is the one that ranks first, whichever way the metric ranks', async () => {
  const id = await batches.submit([plain, plain], { rankAscending: false });
  const run = await batches.mustClaim();
  await recordOutcomes(batches.db, run.id, [{ ...completed(0), score: 1 }], []);
  expect(await batches.job(id)).toMatchObject({ best_index: 0, best_score: 1 });
  await recordOutcomes(batches.db, run.id, [{ ...completed(1), score: 5 }], []);
  expect(await batches.job(id)).toMatchObject({ best_index: 1, best_score: 5 });
});

test('a job is renamed, tagged, noted and put into a project, and found by them; a foreign one is not found', async () => {
  const { c } = await three();
  const changed = await changeJob(ctx, principal, c, { name: 'new name', tags: ['z', 'z'], notes: 'look again', project: 'COX-2' });
  expect(changed).toMatchObject({ name: 'new name', tags: ['z'], ownNotes: 'look again', project: 'COX-2' });
  expect(await names({ project: 'COX-2', tag: 'z' })).toEqual(['new name']);
  expect(await changeJob(ctx, principal, c, { project: null })).toMatchObject({ name: 'new name', project: null });
  await expect(changeJob(ctx, { owner: ownerId('other') }, c, { name: 'mine' })).rejects.toMatchObject({ code: 'job_not_found' });
});

test('statistics follow each change and are those of the owner alone', async () => {
  await three();
  const statistics = await readFullStatistics(ctx, principal);
  expect(statistics.jobs).toEqual({
    total: 3,
    byStatus: { completed: 2, pending: 1 },
    byJobType: { individual: 1, batch_parent: 2 },
    byTaskType: { echo: 2, other: 1 },
    byModel: { echo: 2, slow: 1 },
  });
  expect(statistics.rows).toEqual({ total: 7, byOutcome: { completed: 5 } });
  expect(statistics.models.find(({ modelId }) => modelId === 'echo')).toMatchObject({ rows: 5, successRate: 1, rowSeconds: { count: 5 } });
  const run = await batches.mustClaim(2, 100, { modelId: 'slow' });
  await recordOutcomes(batches.db, run.id, [], [failed(0, 'invalid_input'), failed(1, 'invalid_input')]);
  expect((await readFullStatistics(ctx, principal)).jobs.byStatus).toEqual({ completed: 2, failed: 1 });
});

test('two processes: what one writes the other shows at its next read, whatever it has kept', async () => {
  const other = testContext(batches.db);
  const { c } = await three();
  for (let round = 0; round < 3; round++) {
    expect((await readJobs(other, principal, { limit: 10 })).total).toBe(3 + round);
    await batches.submit([plain], { name: `new ${String(round)}` });
    expect((await readJobs(other, principal, { limit: 10 })).jobs[0]?.name).toBe(`new ${String(round)}`);
  }
  expect((await readJobs(other, principal, { limit: 10, status: 'cancelled' })).total).toBe(0);
  await readJob(other, principal, c);
  await cancelJob(ctx, principal, c);
  expect((await readJob(other, principal, c)).status).toBe('cancelled');
  expect((await readJobs(other, principal, { limit: 10, status: 'cancelled' })).total).toBe(1);
});

test('readers that poll while little happens are answered from what is kept, and one load serves all who ask at once', async () => {
  await three();
  await Promise.all(Array.from({ length: 20 }, () => readJobs(ctx, principal, { limit: 10 })));
  expect(ctx.caches.jobs.figures()).toMatchObject({ hits: 19, misses: 1 });
  for (let round = 0; round < 40; round++) {
    if (round % 20 === 0) await batches.submit([plain]);
    await readJobs(ctx, principal, { limit: 10 });
    await readJobs(ctx, principal, { limit: 10, status: 'completed' });
    await readFullStatistics(ctx, principal);
  }
  expect(ctx.caches.jobs.figures().hitRatio).toBeGreaterThan(0.9);
  expect(ctx.caches.statistics.figures().hitRatio).toBeGreaterThan(0.9);
});
