/** Reads go on when the cache or the search fails, and say so. */
import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Api } from '../../../test/api.ts';
import { openTestHub, type TestHub } from '../../../test/hub.ts';
import { runTestRows, registerTestWorker, submitTestBatch } from '../../../test/jobs.ts';

let hub: TestHub;
let api: Api;
let id: string;

beforeAll(async () => {
  hub = await openTestHub({ works: false });
  api = new Api(hub);
  const job = await submitTestBatch(hub.ctx.db, 3);
  await runTestRows(
    hub.ctx.db,
    await registerTestWorker(hub.ctx.db),
    [0, 1, 2].map((index) => ({ index, metrics: { score: index } })),
  );
  id = job;
});

afterEach(() => vi.restoreAllMocks());
afterAll(() => hub.close());

const READS = (): readonly string[] => [
  '/api/v4/jobs',
  `/api/v4/jobs/${id}`,
  `/api/v4/jobs/${id}/rows?sort=-seconds`,
  `/api/v4/jobs/${id}/rows/order?sort=-seconds`,
  `/api/v4/jobs/${id}/rows/columns?names=score`,
  '/api/v4/statistics',
];

/** Statistics tell of the cache itself. */
function contentOf({ rawPayload, headers }: Awaited<ReturnType<TestHub['app']['inject']>>): unknown {
  if (headers['content-type']?.toString().startsWith('application/json') !== true) return rawPayload.toString('base64');
  const { cache, ...content } = JSON.parse(rawPayload.toString()) as Record<string, unknown>;
  return { ...content, hasCache: cache !== undefined };
}

function breakCaches(): void {
  for (const use of ['get', 'set', 'delete', 'clear'] as const)
    vi.spyOn(LRUCache.prototype, use).mockImplementation(() => {
      throw new Error('out of memory');
    });
}

test('with a cache that fails every read is answered as without, and each answer says what it did without', async () => {
  const before = await Promise.all(READS().map((url) => hub.app.inject(url)));
  expect(before.map(({ headers }) => headers['omtx-degraded'])).toEqual(READS().map(() => undefined));
  expect((await hub.app.inject('/health/ready')).json()).toMatchObject({ status: 'ready', cache: 'ok' });

  breakCaches();
  const after = await Promise.all(READS().map((url) => hub.app.inject(url)));
  expect(after.map(({ statusCode }) => statusCode)).toEqual(READS().map(() => 200));
  expect(after.map(contentOf)).toEqual(before.map(contentOf));
  expect(after.map(({ headers }) => headers['omtx-degraded'])).toEqual(READS().map(() => 'cache'));
  expect((await hub.app.inject('/health/ready')).json()).toMatchObject({ status: 'ready', cache: expect.stringContaining('fails') });
  const faults = /omtx_cache_faults\{kind="job"\} (\d+)/.exec((await hub.app.inject('/metrics')).body)?.[1];
  expect(Number(faults)).toBeGreaterThan(0);

  vi.restoreAllMocks();
  expect((await api.job(id)).status).toBe('completed');
  expect((await hub.app.inject(`/api/v4/jobs/${id}`)).headers['omtx-degraded']).toBeUndefined();
});

test('a change is seen while the cache fails, and notices of it do no harm', async () => {
  breakCaches();
  await api.call({ method: 'PATCH', url: `/api/v4/jobs/${id}`, payload: { name: 'another name' } }, 200);
  expect((await api.job(id)).name).toBe('another name');
});

test('a search whose parts fail looks for the words as they were typed, says so, and is not kept', async () => {
  await api.call({ method: 'PATCH', url: `/api/v4/jobs/${id}`, payload: { name: 'kinase screen' } }, 200);
  const search = async (text: string) => {
    const answer = await hub.app.inject(`/api/v4/jobs?search=${encodeURIComponent(text)}`);
    expect(answer.statusCode, answer.body).toBe(200);
    return { found: answer.json<{ jobs: { id: string }[] }>().jobs.map((job) => job.id), degraded: answer.headers['omtx-degraded'] };
  };
  const whole = { found: [id], degraded: undefined };
  const partial = { found: [id], degraded: 'search' };

  const chemistry = vi.spyOn(hub.ctx.chemistry, 'read').mockRejectedValue(new Error('no worker starts'));
  expect((await search('CCO')).degraded).toBe('search');
  chemistry.mockRestore();
  expect((await search('CCO')).degraded).toBeUndefined();

  await sql`alter table search_words rename to search_words_away`.execute(hub.ctx.db);
  try {
    expect(await search('kinase')).toEqual(partial);
  } finally {
    await sql`alter table search_words_away rename to search_words`.execute(hub.ctx.db);
  }
  expect(await search('kinase')).toEqual(whole);
});
