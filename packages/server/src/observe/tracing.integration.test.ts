/** One trace from the request of a client to the records of its outcomes, as a collector receives it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Api } from '../../test/api.ts';
import { openTestHub, type TestHub } from '../../test/hub.ts';
import { openOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '../../test/otlp/receiver.ts';
import { currentTraceparent, inSpan, startTracing } from './tracing.ts';

const CALLER = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };

let receiver: OtlpReceiver;
let hub: TestHub;
let stopTracing: () => Promise<void>;

beforeEach(async () => {
  receiver = await openOtlpReceiver();
  stopTracing = startTracing({ url: receiver.url, version: '0.0.0-test' });
  hub = await openTestHub();
}, 120_000);

afterEach(async () => {
  await hub.close();
  await stopTracing();
  await receiver.close();
});

async function sent(): Promise<readonly ReceivedSpan[]> {
  await stopTracing();
  return receiver.spans();
}

test('submit, run and record are one trace, which belongs to that of the caller', async () => {
  const answer = await hub.app.inject({
    method: 'POST',
    url: '/api/v4/jobs',
    headers: { traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-01` },
    payload: {
      name: 'a job',
      taskType: 'protein_ligand_docking',
      modelId: 'echo',
      input: { ligands: [{ smiles: 'C' }, { smiles: 'CC' }] },
    },
  });
  const { id } = answer.json<{ id: string }>();
  await new Api(hub).ended(id);
  // The run ends a moment after its last outcome.
  await expect.poll(() => hub.ctx.db.selectFrom('runs').select('id').where('ended_at', 'is', null).execute()).toEqual([]);
  const spans = (await sent()).filter(({ traceId }) => traceId === CALLER.traceId);
  const [request, run, record] = ['POST /api/v4/jobs', 'run', 'record'].map((name) => spans.find((span) => span.name === name));
  expect(request).toMatchObject({ parentSpanId: CALLER.spanId, service: { 'service.name': 'omtx-hub' }, isFault: false });
  expect(request?.attributes).toMatchObject({ 'http.route': '/api/v4/jobs', 'http.response.status_code': 202 });
  expect(run).toMatchObject({ parentSpanId: request?.spanId, attributes: { 'omtx.job': id, 'omtx.model': 'echo 1.0.0', 'omtx.rows': 2 } });
  expect(record).toMatchObject({ parentSpanId: run?.spanId });
  expect(JSON.stringify(spans)).not.toContain('smiles');
});

test('a fault marks its span and is thrown on', async () => {
  await expect(inSpan('work', {}, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect((await sent()).find(({ name }) => name === 'work')).toMatchObject({ isFault: true, parentSpanId: '' });
});

test('where nothing is traced, work goes on and no job names a span', async () => {
  await stopTracing();
  expect(await inSpan('work', {}, () => Promise.resolve(currentTraceparent()))).toBeNull();
});

test('a collector that is away keeps no job from running and no process from stopping', async () => {
  await receiver.close();
  const api = new Api(hub);
  const { id } = await api.submit({ input: { ligands: [{ smiles: 'C' }] } });
  expect((await api.ended(id)).progress.completed).toBe(1);
  await stopTracing();
});
