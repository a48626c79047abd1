/** Answers that a reader holds: 304 while they hold, and never after a change that any API process has answered. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { testContext } from '../../test/context.ts';
import { openTestHub, type TestHub } from '../../test/hub.ts';
import { submitTestBatch } from '../../test/jobs.ts';
import { openListener, type Listener } from '../storage/listener.ts';
import { buildApp } from './app.ts';

let hub: TestHub;
/** A second API process on the same database: caches, version reads and listener of its own. */
let other: FastifyInstance;
let listener: Listener;

beforeAll(async () => {
  hub = await openTestHub({ works: false, checks: false });
  listener = openListener('postgres://nobody@127.0.0.1:1/none', () => undefined);
  other = await buildApp(testContext(hub.ctx.db, { registry: hub.ctx.registry }), listener, '0.0.0-test');
});
beforeEach(() => hub.ctx.db.deleteFrom('jobs').execute());
afterAll(async () => {
  await other.close();
  await listener.close();
  await hub.close();
});

async function get(app: FastifyInstance, url: string, etag?: string) {
  const { statusCode, headers, body } = await app.inject({ url, ...(etag === undefined ? {} : { headers: { 'if-none-match': etag } }) });
  return { status: statusCode, etag: String(headers['etag']), body };
}

const READS = ['/api/v4/jobs?limit=5', '/api/v4/jobs?limit=5&search=kinase', '/api/v4/jobs/:id/rows?sort=rank'] as const;

test.each(READS)('%s: unchanged is 304 without a body, on each process; changed is the new answer', async (path) => {
  const id = await submitTestBatch(hub.ctx.db, 3, { name: 'kinase' });
  const url = path.replace(':id', id);
  const first = await get(hub.app, url);
  expect(first.status).toBe(200);
  for (const app of [hub.app, other]) expect(await get(app, url, first.etag)).toMatchObject({ status: 304, body: '' });
  const cancelled = await hub.app.inject({ method: 'POST', url: `/api/v4/jobs/${id}/cancel` });
  expect(cancelled.statusCode).toBe(202);
  for (const app of [other, hub.app]) {
    const changed = await get(app, url, first.etag);
    expect([changed.status, changed.body.includes('"status":"cancelled"')]).toEqual([200, true]);
  }
});

test('what one process has answered, the other never contradicts, without any notice between them', async () => {
  for (let round = 1; round <= 5; round += 1) {
    const [writer, reader] = round % 2 === 0 ? [other, hub.app] : [hub.app, other];
    const id = await submitTestBatch(hub.ctx.db, 2, { name: `job ${String(round)}` });
    expect((await reader.inject('/api/v4/jobs?limit=50')).json<{ total: number }>().total).toBe(round);
    const renamed = await writer.inject({ method: 'PATCH', url: `/api/v4/jobs/${id}`, payload: { name: `renamed ${String(round)}` } });
    expect(renamed.statusCode).toBe(200);
    const { jobs } = (await reader.inject('/api/v4/jobs?limit=50')).json<{ jobs: readonly { readonly name: string }[] }>();
    expect(jobs[0]?.name).toBe(`renamed ${String(round)}`);
    expect((await reader.inject(`/api/v4/jobs/${id}`)).json<{ name: string }>().name).toBe(`renamed ${String(round)}`);
    expect((await reader.inject('/api/v4/statistics')).json<{ jobs: { total: number } }>().jobs.total).toBe(round);
  }
});
