/** What an operator sees: queues by model and lane, hosts with their state, and jobs that stand still with the reason of each. */
import { newWorkerId, ROUTES, type QueuesAnswer, type WorkerView } from '@omtx/contract';
import type { Static } from 'typebox';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Api } from '../../test/api.ts';
import { openTestHub, type TestHub } from '../../test/hub.ts';
import { runTestRows, registerTestWorker, submitTestBatch } from '../../test/jobs.ts';
import { VERSION } from '../machine/version.ts';
import { heartbeat } from '../storage/runs/heartbeat.ts';
import { markWorkerDraining, registerWorker } from '../storage/runs/workers.ts';

let hub: TestHub;
let api: Api;

beforeEach(async () => {
  hub = await openTestHub({ works: false });
  api = new Api(hub);
});

afterEach(() => hub.close());

const queues = () => api.call<Static<typeof QueuesAnswer>>({ url: '/api/v4/operator/queues' }, 200, ROUTES.getQueues.answer);
const workers = async () =>
  (await api.call<{ workers: Static<typeof WorkerView>[] }>({ url: '/api/v4/workers' }, 200, ROUTES.listWorkers.answer)).workers;

const OFFER = { modelId: 'served', modelVersion: '1', slots: 4 };

test('queues are told by model and lane with their depth and the age of the oldest, and hosts by what they offer and run', async () => {
  const worker = await registerTestWorker(hub.ctx.db, [OFFER]);
  const [old] = [
    await submitTestBatch(hub.ctx.db, 3, { modelId: 'served', lane: 'interactive' }),
    await submitTestBatch(hub.ctx.db, 2, { modelId: 'other', lane: 'bulk' }),
  ];
  await runTestRows(hub.ctx.db, worker, [{ index: 0 }], 'served');
  await hub.ctx.db
    .updateTable('jobs')
    .set({ created_at: new Date(Date.now() - 3_600_000) })
    .where('id', '=', old)
    .execute();
  const { queues: lanes, models } = await queues();
  expect(lanes.map(({ modelId, lane, openJobs, openRows }) => ({ modelId, lane, openJobs, openRows }))).toEqual([
    { modelId: 'served', lane: 'interactive', openJobs: 1, openRows: 2 },
    { modelId: 'other', lane: 'bulk', openJobs: 1, openRows: 2 },
  ]);
  expect(Math.round((lanes[0]?.oldestSeconds ?? 0) / 60)).toBe(60);
  expect(models).toEqual([{ modelId: 'served', hosts: 1, slotsOffered: 4, slotsInUse: 0, liveRuns: 0, rowsInFlight: 0 }]);
});

test('a job that stands still is told with its reason, those first that only a person can move on', async () => {
  await registerTestWorker(hub.ctx.db, [OFFER]);
  const waits = await submitTestBatch(hub.ctx.db, 1, { modelId: 'served' });
  const paused = await submitTestBatch(hub.ctx.db, 1, { modelId: 'served' });
  const unserved = await submitTestBatch(hub.ctx.db, 2, { modelId: 'nobody' });
  await hub.ctx.db.updateTable('jobs').set({ paused_at: new Date() }).where('id', '=', paused).execute();
  const { standing, standingCount } = await queues();
  expect(standingCount).toBe(3);
  expect(standing.map(({ id, needsSomebody }) => [id, needsSomebody])).toEqual([
    [paused, true],
    [unserved, true],
    [waits, false],
  ]);
  expect(standing.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/paused since/),
    expect.stringMatching(/No worker has offered nobody 1 yet\. Start one with "omtx work"/),
    expect.stringMatching(/Waiting for a free slot, 1st in line/),
  ]);
  expect(standing[1]).toMatchObject({ openRows: 2, lane: 'interactive', owner: 'local' });
});

test('a host that drains is listed as such with its version and clock, and its offer counts no more', async () => {
  const id = newWorkerId();
  const life = { id, host: 'h', bootId: 'b', pid: 1, processStart: '1', cpus: 2, gpus: [], version: VERSION };
  await registerWorker(hub.ctx.db, { ...life, offers: [{ ...OFFER, hardware: '2 CPUs' }] });
  const job = await submitTestBatch(hub.ctx.db, 1, { modelId: 'served' });
  expect(await workers()).toMatchObject([{ version: VERSION, drainingSince: null, clockAheadSeconds: null }]);
  expect((await queues()).standing).toMatchObject([{ id: job, needsSomebody: false }]);

  await heartbeat(hub.ctx.db, id, []);
  await markWorkerDraining(hub.ctx.db, id);
  const [told] = await workers();
  expect(told?.drainingSince).not.toBeNull();
  expect(Math.abs(told?.clockAheadSeconds ?? Number.NaN)).toBeLessThan(60);
  const { standing, models } = await queues();
  expect(models).toEqual([]);
  expect(standing).toMatchObject([{ id: job, needsSomebody: true, reason: expect.stringMatching(/No worker offers served 1 since/) }]);
});
