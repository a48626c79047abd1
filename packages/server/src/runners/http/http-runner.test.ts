/** The HTTP runner against a server that behaves as real ones do. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { newRunId, type HttpRunner as HttpSettings, type Manifest } from '@omtx/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ModelServer, SECRET } from '../../../test/remote/model-server.ts';
import { ACCEPTED, httpRunner, remoteManifest } from '../../../test/remote/write-model.ts';
import { readManifest } from '../../catalog/read-manifest.ts';
import { ALWAYS, testShard } from '../../../test/shards.ts';
import { MemoryLedger } from '../remote-ledger.ts';
import type { RunnerEvent, RunnerHooks, RunnerOutcome, Shard } from '../runner.ts';
import { HttpRunner } from './http-runner.ts';

const CONTAINER = join(import.meta.dirname, '..', '..', '..', '..', '..', 'models', 'boltz2-nim');
let server: ModelServer;
let ledger: MemoryLedger;
let runner: HttpRunner;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omtx-http-'));
  server = await ModelServer.start();
  ledger = new MemoryLedger();
  runner = new HttpRunner({ hosts: [server.host], secrets: { fake: SECRET } }, ledger);
});

afterEach(async () => {
  await runner.stop();
  await server.goAway();
  await rm(folder, { recursive: true, force: true });
});

async function shard(
  smiles: readonly string[],
  change: Partial<HttpSettings> = {},
  more: Partial<Shard> = {},
  manifest: Partial<Manifest> = {},
): Promise<Shard> {
  const remote = await remoteManifest(httpRunner(server.url, change), manifest);
  const ligands = smiles.map((each) => ({ smiles: each }));
  return testShard(remote, folder, folder, ligands, { seed: 7, ...more });
}

async function run(given: Shard, hooks = ALWAYS, signal = new AbortController().signal): Promise<readonly RunnerEvent[]> {
  const events: RunnerEvent[] = [];
  for await (const event of runner.run(given, hooks, signal)) events.push(event);
  return events;
}

function outcomes(events: readonly RunnerEvent[]): Readonly<Record<number, RunnerOutcome>> {
  return Object.fromEntries(events.flatMap((event) => (event.kind === 'outcome' ? [[event.index, event.outcome] as const] : [])));
}

function failureOf(events: readonly RunnerEvent[], index = 0) {
  const outcome = outcomes(events)[index];
  return outcome?.kind === 'failed' ? outcome.failure : undefined;
}

const busy = (status: number, headers: Record<string, string> = {}) => ({ kind: 'answer', status, headers }) as const;

test('work that is taken is looked at until it is done, and its numbers, tables and files are those of the answer', async () => {
  server.looksUntilDone = 3;
  const events = await run(await shard(['CCO', 'CCCC']));
  expect(outcomes(events)).toMatchObject({
    0: {
      kind: 'completed',
      metrics: { 'remote.score': -3 },
      // The padding of the server is no row and no file.
      tables: { poses: [{ confidence: 0.5 }, { confidence: 0.25 }] },
      files: [{ name: 'pose-1.pdb', role: 'pose' }, { name: 'pose-2.pdb' }, { name: 'report.json' }],
    },
    1: { kind: 'completed', metrics: { 'remote.score': -4 } },
  });
  const first = outcomes(events)[0];
  const file = first?.kind === 'completed' ? await readFile(first.files[1]?.absolutePath ?? '', 'utf8') : '';
  expect(file).toBe('ATOM 2\n');
  expect(server.works.map(({ looks, request }) => [looks, request])).toEqual([
    [3, { smiles: 'CCO', seed: 7 }],
    [3, { smiles: 'CCCC', seed: 7 }],
  ]);
});

test('a server that answers at once is asked once for each row', async () => {
  const { accepted: _, ...sync } = httpRunner(server.url, {
    submit: { path: '/sync', body: { smiles: { $from: '/input/ligand/smiles' } } },
  });
  const given = await shard(['CCO']);
  const events = await run({ ...given, model: { ...given.model, manifest: { ...given.model.manifest, runner: sync } } });
  expect(outcomes(events)[0]).toMatchObject({ kind: 'completed', metrics: { 'remote.score': -3 } });
  expect(server.works).toHaveLength(1);
});

test('a failure inside a 200 is a failure with what the server says, and its neighbour is not touched', async () => {
  const events = await run(await shard(['CCI', 'CCO']));
  expect(failureOf(events)).toEqual({
    code: 'model_error',
    message: 'The server says that it failed (/status is failed): no pose was found',
  });
  expect(outcomes(events)[1]).toMatchObject({ kind: 'completed' });
});

test('503 and 429 are asked again when Retry-After says and no sooner, by every row of the server', async () => {
  server.mishaps.push(busy(503, { 'retry-after': '1' }), busy(429, { 'retry-after': new Date(Date.now() + 3_000).toUTCString() }));
  const startedAt = performance.now();
  const events = await run(await shard(['CCO', 'CCCC']));
  expect(Object.values(outcomes(events)).map(({ kind }) => kind)).toEqual(['completed', 'completed']);
  // Both rows heard no; neither came back within the second that the first answer asked for.
  expect(server.requestTimes.filter((at) => at - startedAt > 500 && at - startedAt < 1_000)).toEqual([]);
  expect(server.works).toHaveLength(2);
});

test('a server that takes nothing for the whole time fails the row as unavailable, with what it said', async () => {
  server.mishaps.push(...Array.from({ length: 20 }, () => busy(503, { 'retry-after': '0.5' })));
  const events = await run(await shard(['CCO'], {}, {}, { setupTimeoutSeconds: 1 }));
  expect(failureOf(events)).toMatchObject({
    code: 'model_unavailable',
    message: expect.stringMatching(/took no work within 1 s: it answers 503/) as string,
  });
  expect(server.works).toHaveLength(0);
});

test('a connection that breaks while work is sent costs nothing twice where the server knows the request again by its key', async () => {
  for (const repeat of [{ header: 'Idempotency-Key' }, { pointer: '/idempotency_key' }] as const) {
    server.works.length = 0;
    server.mishaps.push({ kind: 'break_before' }, { kind: 'break_after' });
    const { submit } = httpRunner(server.url);
    const events = await run(await shard(['CCO'], { submit: { ...submit, repeat } }));
    expect(outcomes(events)[0]).toMatchObject({ kind: 'completed' });
    expect(server.works).toHaveLength(1);
  }
});

test('where the server cannot know it again, a row whose request may have arrived fails as unknown and is not sent twice', async () => {
  const submit = { path: '/work', body: { smiles: { $from: '/input/ligand/smiles' } } };
  server.mishaps.push({ kind: 'break_after' });
  const events = await run(await shard(['CCO'], { submit }));
  expect(failureOf(events)).toMatchObject({ code: 'remote_unknown', message: expect.stringContaining('could be paid twice') as string });
  expect(server.works).toHaveLength(1);
});

test('a server that is away while work runs there is looked at again until it is back', async () => {
  server.looksUntilDone = undefined;
  const running = run(await shard(['CCO']));
  await expect.poll(() => server.works[0]?.looks ?? 0, { timeout: 10_000 }).toBeGreaterThan(0);
  await server.goAway();
  server.finish();
  await server.listen();
  expect(outcomes(await running)[0]).toMatchObject({ kind: 'completed' });
  expect(server.works).toHaveLength(1);
});

test('a row that takes longer than its limit fails as late, and release stops it at the server', async () => {
  server.looksUntilDone = undefined;
  const given = await shard(['CCO'], {}, { timeoutSeconds: 1 });
  expect(failureOf(await run(given))).toMatchObject({ code: 'timeout' });
  const [task] = await ledger.tasksOf(given.batchId, given.rows);
  expect(task).toMatchObject({ remoteId: 'work/1', isEnded: false });
  expect(task && (await runner.release(task, given.model, new AbortController().signal))).toBe(true);
  expect(server.works[0]?.state).toBe('stopped');
});

test('a run that is stopped leaves its work at the server, and the next run of the row goes on with it', async () => {
  server.looksUntilDone = undefined;
  const stop = new AbortController();
  const given = await shard(['CCO']);
  const first = run(given, ALWAYS, stop.signal);
  await expect.poll(() => server.works[0]?.looks ?? 0, { timeout: 10_000 }).toBeGreaterThan(0);
  stop.abort();
  expect(outcomes(await first)).toEqual({});
  expect(server.works[0]?.state).toBe('running');
  server.finish();
  expect(outcomes(await run({ ...given, runId: newRunId() }))[0]).toMatchObject({ kind: 'completed' });
  expect(server.works).toHaveLength(1);
});

test('an answer that was kept is read again, and the server is not asked', async () => {
  const given = await shard(['CCO']);
  await run(given);
  await server.goAway();
  expect(outcomes(await run({ ...given, runId: newRunId() }))[0]).toMatchObject({ kind: 'completed', metrics: { 'remote.score': -3 } });
  await server.listen();
});

test('what the server calls work is learned even when the row is left while it is sent, so that it can be stopped', async () => {
  server.looksUntilDone = undefined;
  const rowStop = new AbortController();
  const hooks: RunnerHooks = {
    beforeRow: () => Promise.resolve(true),
    rowSignal: () => {
      queueMicrotask(() => {
        setImmediate(() => {
          rowStop.abort();
        });
      });
      return rowStop.signal;
    },
  };
  const given = await shard(['CCO']);
  expect(outcomes(await run(given, hooks))).toEqual({});
  await runner.stop();
  const [task] = await ledger.tasksOf(given.batchId, given.rows);
  expect(task?.remoteId).toBe(server.works[0]?.id);
});

test("what is wrong with the input is the row's failure; a wrong key is not, and no message or log repeats it", async () => {
  server.mishaps.push({ kind: 'answer', status: 422, body: { detail: [{ loc: ['body', 'smiles'], msg: 'no molecule' }] } });
  expect(failureOf(await run(await shard(['CCO'])))).toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining('no molecule') as string,
  });
  runner = new HttpRunner({ hosts: [server.host], secrets: { fake: 'a-wrong-key' } }, ledger);
  const events = await run(await shard(['CCO']));
  expect(failureOf(events)).toMatchObject({
    code: 'model_unavailable',
    message: expect.stringMatching(/401: unknown key Bearer \[secret\].*secret "fake"/) as string,
  });
  const log = events.find((event) => event.kind === 'log');
  expect(log?.kind === 'log' ? await readFile(log.file.absolutePath, 'utf8') : '').not.toContain('a-wrong-key');
});

test('nothing is sent to a host that is not allowed, nor to one that the server points to', async () => {
  const elsewhere = await ModelServer.start();
  try {
    const outside = await run(await shard(['CCO'], { baseUrl: elsewhere.url }));
    expect(failureOf(outside)).toMatchObject({
      code: 'model_unavailable',
      message: expect.stringMatching(/Nothing may be sent to 127.0.0.1:\d+.*OMTX_EGRESS/) as string,
    });
    server.mishaps.push({ kind: 'answer', status: 307, headers: { location: `${elsewhere.url}/work` } });
    expect(failureOf(await run(await shard(['CCO'])))).toMatchObject({
      code: 'model_unavailable',
      message: expect.stringContaining('sends on to') as string,
    });
    expect(elsewhere.requestTimes).toEqual([]);
  } finally {
    await elsewhere.goAway();
  }
});

test('a file behind an address is fetched at once, without the key', async () => {
  const artifacts = [{ name: 'pose-1.pdb', role: 'pose', mediaType: 'chemical/x-pdb', pointer: '/file', form: 'url' as const }];
  const events = await run(
    await shard(['CCO'], { result: { metrics: { 'remote.score': { pointer: '/score', scale: -2, offset: 1 } }, artifacts } }),
  );
  const outcome = outcomes(events)[0];
  expect(outcome).toMatchObject({ kind: 'completed', metrics: { 'remote.score': 7 } });
  const file = outcome?.kind === 'completed' ? await readFile(outcome.files[0]?.absolutePath ?? '') : Buffer.alloc(0);
  expect(createHash('sha256').update(file).digest('hex')).toBe(createHash('sha256').update('# a pose\n').digest('hex'));
});

test('rows wait until the server is ready, and fail as unavailable when it never is', async () => {
  server.isReady = false;
  const ready = { path: '/health' };
  const never = await run(await shard(['CCO'], { ready }, {}, { setupTimeoutSeconds: 1 }));
  expect(failureOf(never)).toMatchObject({ code: 'model_unavailable', message: expect.stringContaining('/health answers 503') as string });
  const running = run(await shard(['CCO'], { ready }));
  setTimeout(() => {
    server.isReady = true;
  }, 500);
  expect(outcomes(await running)[0]).toMatchObject({ kind: 'completed' });
});

test('work that a server no longer knows, or says has failed, is told so', async () => {
  server.looksUntilDone = undefined;
  const running = run(await shard(['CCO']));
  await expect.poll(() => server.works.length, { timeout: 10_000 }).toBe(1);
  server.works.length = 0;
  expect(failureOf(await running)).toMatchObject({
    code: 'worker_lost',
    message: expect.stringContaining('does not know work/1 any more') as string,
  });
  const state = { pointer: '/status', running: ['running'], failed: ['failed', 'stopped'] };
  const failing = run(await shard(['CCO'], { accepted: { ...ACCEPTED, state } }));
  await expect.poll(() => server.works.length, { timeout: 10_000 }).toBe(1);
  server.finish('failed');
  expect(failureOf(await failing)).toEqual({ code: 'model_error', message: 'The server says that work/1 is failed: the work broke' });
});

test('the ids of work may come in a header', async () => {
  const events = await run(await shard(['CCO'], { accepted: { ...ACCEPTED, id: { header: 'X-Work-Id' } } }));
  expect(outcomes(events)[0]).toMatchObject({ kind: 'completed' });
});

/** Lists of one sample, as nim.md of the container's documentation has them; numbers made up. */
const CONTAINER_ANSWER = {
  structures: [{ format: 'mmcif', structure: 'data_model\n', name: 'model', source: 'sample 0' }],
  confidence_scores: [0.81],
  ptm_scores: [0.72],
  iptm_scores: [0.63],
  ligand_iptm_scores: [0.63],
  protein_iptm_scores: [0],
  complex_plddt_scores: [0.905],
  complex_iplddt_scores: [0.85],
  complex_pde_scores: [0.4],
  complex_ipde_scores: [1.2],
  affinities: {
    B: {
      affinity_pred_value: [-0.5],
      affinity_probability_binary: [0.7],
      model_1_affinity_pred_value: [-0.4],
      model_1_affinity_probability_binary: [0.6],
      model_2_affinity_pred_value: [-0.6],
      model_2_affinity_probability_binary: [0.8],
      affinity_pic50: [8.9],
    },
  },
};

test('the container of Boltz-2 is asked in its own words, and its documented answer is read in the units of the hub', async () => {
  const reading = await readManifest(CONTAINER);
  if (reading.kind !== 'manifest') throw new Error(reading.reasons.join('; '));
  const { manifest } = reading;
  const asked: unknown[] = [];
  const container = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.url === '/biology/mit/boltz2/predict') asked.push(JSON.parse(body));
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(CONTAINER_ANSWER));
    });
  }).listen(0, '127.0.0.1');
  await once(container, 'listening');
  const host = `127.0.0.1:${String((container.address() as AddressInfo).port)}`;
  runner = new HttpRunner({ hosts: [host], secrets: {} }, ledger);
  const given = await shard(['CCO']);
  const events = await run({
    ...given,
    model: { ...given.model, manifest, settings: { address: `http://${host}` } },
    rankBy: 'affinity_probability',
    shared: { proteinSequence: 'MKVLAAGIVG', useMsa: false },
    parameters: { recyclingSteps: 3, samplingSteps: 50, diffusionSamples: 1 },
  });
  container.close();
  expect(asked).toMatchObject([
    { polymers: [{ id: 'A', sequence: 'MKVLAAGIVG' }], ligands: [{ id: 'B', smiles: 'CCO', predict_affinity: true }] },
  ]);
  const outcome = outcomes(events)[0];
  expect(outcome).toMatchObject({
    kind: 'completed',
    metrics: { affinity: -0.5, affinity_probability: 0.7, confidence_score: 0.81, complex_plddt: 90.5, 'boltz2.pic50': 6.5 },
    files: [{ name: 'best_model.cif', role: 'structure' }],
  });
  // What the container cannot do is told, and nothing is lost without a word.
  const codes = outcome?.kind === 'completed' ? outcome.notes.map(({ code }) => code) : [];
  expect(codes).toContain('translation_lost');
});
