/** Figures as Prometheus reads them, over real jobs, a real worker, and a database that goes away. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Api } from '../../../test/api.ts';
import { openTestHub, type TestHub } from '../../../test/hub.ts';
import { openPrometheusParser, type Sample } from '../../../test/prometheus/parse.ts';
import { registerTestWorker, settledClaim, submitTestBatch } from '../../../test/jobs.ts';
import { openDatabase } from '../../storage/database.ts';
import { buildMetricsServer } from './metrics-server.ts';

const OBSERVE = join(import.meta.dirname, '..', '..', '..', '..', '..', 'docs', 'observe.md');

let parse: (text: string) => Promise<readonly Sample[]>;
let hub: TestHub;
let api: Api;

beforeAll(async () => {
  parse = await openPrometheusParser();
}, 120_000);

beforeEach(async () => {
  hub = await openTestHub();
  api = new Api(hub);
});

afterEach(() => hub.close());

async function scrape(): Promise<readonly Sample[]> {
  const answer = await hub.app.inject('/metrics');
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toContain('text/plain');
  return parse(answer.body);
}

function valueOf(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  const found = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  expect(found.length, `${name} ${JSON.stringify(labels)}`).toBeLessThanOrEqual(1);
  return found[0]?.value;
}

test('what ran, failed, waits and was asked is there by model, lane, code and route', async () => {
  const ligands = [{ smiles: 'C' }, { smiles: 'CC' }, { smiles: 'CCC', fail: 'model_error' }];
  await api.ended((await api.submit({ input: { ligands } })).id);
  const { id: waiting } = await api.submit({
    input: { ligands: Array.from({ length: 11 }, (_, size) => ({ smiles: 'C'.repeat(size + 4), sleep: 30 })) },
  });
  await expect.poll(async () => (await api.job(waiting)).progress.running, { timeout: 10_000 }).toBe(2);
  const samples = await scrape();
  expect({
    completed: valueOf(samples, 'omtx_rows_run_total', { model: 'echo', result: 'completed' }),
    failed: valueOf(samples, 'omtx_rows_run_total', { model: 'echo', result: 'failed' }),
    codes: valueOf(samples, 'omtx_row_failures_total', { model: 'echo', code: 'model_error' }),
    submits: valueOf(samples, 'omtx_http_request_duration_seconds_count', { method: 'POST', route: '/api/v4/jobs', status: '202' }),
    queued: valueOf(samples, 'omtx_queue_rows', { model: 'echo', lane: 'bulk' }),
    inFlight: valueOf(samples, 'omtx_rows_in_flight', { model: 'echo' }),
    slots: valueOf(samples, 'omtx_slots_in_use', { model: 'echo' }),
    offered: valueOf(samples, 'omtx_slots_offered', { model: 'echo' }),
    jobs: valueOf(samples, 'omtx_jobs', { status: 'running' }),
    database: valueOf(samples, 'omtx_database_up'),
  }).toEqual({ completed: 2, failed: 1, codes: 1, submits: 2, queued: 11, inFlight: 2, slots: 2, offered: 2, jobs: 1, database: 1 });
  expect(valueOf(samples, 'omtx_queue_oldest_seconds', { lane: 'bulk' })).toBeGreaterThan(0);
  expect(valueOf(samples, 'omtx_cache_misses', { kind: 'job' })).toBeGreaterThan(0);
  const described = new Set(readFileSync(OBSERVE, 'utf8').match(/omtx_[a-z_]+/g));
  const told = samples.map(({ name }) => name.replace(/_(bucket|count|sum)$/, '')).filter((name) => name.startsWith('omtx_'));
  expect(told.filter((name) => !described.has(name))).toEqual([]);
  // Paths are told by their pattern: a series for each job would fill the memory of who reads them.
  expect(samples.filter(({ labels }) => labels['route']?.includes(waiting))).toEqual([]);
  await api.post(`/jobs/${waiting}/cancel`, undefined);
});

test('a run that was lost is counted by the process that puts its rows back', async () => {
  const { ctx, monitor } = hub;
  const workerId = await registerTestWorker(ctx.db);
  await submitTestBatch(ctx.db, 2, { modelId: 'elsewhere' });
  const request = {
    workerId,
    modelId: 'elsewhere',
    modelVersion: '1',
    environmentDigest: null,
    freeSlots: 1,
    maxRows: 2,
    rowSeconds: 1,
    leastRows: 1,
  };
  await settledClaim(ctx.db, request);
  await ctx.db
    .updateTable('runs')
    .set({ lease_until: new Date(0) })
    .where('ended_at', 'is', null)
    .execute();
  await monitor.look();
  expect(valueOf(await scrape(), 'omtx_leases_lost_total')).toBe(1);
});

test('without its database a process still tells its own figures, and that the database is away', async () => {
  const db = openDatabase('postgres://nobody@127.0.0.1:1/none', 1);
  const server = buildMetricsServer({ ...hub.ctx, db });
  try {
    const samples = await parse((await server.inject('/metrics')).body);
    expect(valueOf(samples, 'omtx_database_up')).toBe(0);
    expect(valueOf(samples, 'omtx_leases_lost_total')).toBe(0);
    expect(samples.filter(({ name }) => name === 'omtx_jobs')).toEqual([]);
    expect((await server.inject('/health/ready')).statusCode).toBe(503);
    expect((await server.inject('/health/live')).statusCode).toBe(200);
  } finally {
    await server.close();
    await db.destroy();
  }
});
