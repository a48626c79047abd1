/** The process runner with a worker that obeys its input. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newJobId, type Manifest } from '@omtx/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ALWAYS, testShard } from '../../../test/shards.ts';
import { readManifest } from '../../catalog/read-manifest.ts';
import type { RunnerEvent, RunnerHooks, Shard } from '../runner.ts';
import { ProcessRunner } from './process-runner.ts';

const ECHO = join(import.meta.dirname, '..', '..', '..', 'test', 'models', 'echo');

let folder: string;
let runner: ProcessRunner;
let manifest: Manifest;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omtx-runner-'));
  const reading = await readManifest(ECHO);
  if (reading.kind !== 'manifest') throw new Error(reading.reasons.join('; '));
  manifest = reading.manifest;
  const settings = { folder: join(folder, 'workers'), cpus: 2, pythonPath: '', programPath: '/usr/bin:/bin' };
  runner = new ProcessRunner({ ...settings, idleSeconds: 60 });
});

afterEach(async () => {
  await runner.stop();
  await rm(folder, { recursive: true, force: true });
});

function shard(ligands: readonly object[], more: Partial<Shard> = {}, changed: Partial<Manifest> = {}): Shard {
  return testShard({ ...manifest, ...changed }, ECHO, folder, ligands, { rankBy: manifest.rankBy ?? null, ...more });
}

async function run(
  of: Shard,
  hooks = ALWAYS,
  signal = new AbortController().signal,
  onEvent: (event: RunnerEvent) => void = () => undefined,
) {
  const events: RunnerEvent[] = [];
  for await (const event of runner.run(of, hooks, signal)) {
    events.push(event);
    onEvent(event);
  }
  return events;
}

/** `index: outcome` of each row, in input order. */
function outcomes(events: readonly RunnerEvent[]): Readonly<Record<number, string>> {
  const told = events.flatMap((event) => (event.kind === 'outcome' ? [event] : []));
  return Object.fromEntries(told.map(({ index, outcome }) => [index, outcome.kind === 'failed' ? outcome.failure.code : outcome.kind]));
}

test('a shard is opened, its rows come back with files and metrics, and the worker stays warm for the next', async () => {
  const first = await run(shard([{ smiles: 'CCO' }, { smiles: 'C', print: 'engine says hello' }, { fail: 'no_result' }]));
  expect(first[0]).toMatchObject({ kind: 'opened', files: [{ name: 'shared.json' }], notes: [{ code: 'opened' }] });
  expect(outcomes(first)).toEqual({ 0: 'completed', 1: 'completed', 2: 'no_result' });
  const result = first.find((event) => event.kind === 'outcome' && event.index === 0);
  expect(result).toMatchObject({ attempt: 1, outcome: { metrics: { 'echo.score': -3 }, files: [{ name: 'echo.json', role: 'echo' }] } });
  const log = first.at(-1);
  expect(log?.kind === 'log' && (await readFile(log.file.absolutePath, 'utf8'))).toBe('engine says hello\n');
  const second = await run(shard([{ smiles: 'CC' }]));
  expect(outcomes(second)).toEqual({ 0: 'completed' });
  expect(second.some((event) => event.kind === 'log')).toBe(false);
});

test('rows in flight finish on the worker they began with, while new ones get the model as it was changed meanwhile', async () => {
  const changed = join(folder, 'model');
  await cp(ECHO, changed, { recursive: true });
  const of = (ligand: object, revision: string): Shard => {
    const made = shard([ligand]);
    return { ...made, model: { ...made.model, folder: changed, revision } };
  };
  let next: Promise<readonly RunnerEvent[]> | undefined;
  const before = await run(of({ smiles: 'CCO', sleep: 2 }, 'before'), ALWAYS, undefined, ({ kind }) => {
    next ??= kind === 'opened' ? changeAndRun() : undefined;
  });
  async function changeAndRun(): Promise<readonly RunnerEvent[]> {
    const worker = join(changed, 'worker.ts');
    await writeFile(worker, (await readFile(worker, 'utf8')).replace('-smiles.length', '100 - smiles.length'));
    return run(of({ smiles: 'CCO' }, 'after'));
  }
  const scores = (events: readonly RunnerEvent[] = []) =>
    events.flatMap((event) =>
      event.kind === 'outcome' && event.outcome.kind === 'completed' ? [event.outcome.metrics['echo.score']] : [],
    );
  expect(scores(await next)).toEqual([97]);
  expect(scores(before)).toEqual([-3]);
});

test('the next run of the same batch finds its shard open, and one of another batch opens its own', async () => {
  const batchId = newJobId();
  const kinds = (events: readonly RunnerEvent[]) => events.map((event) => event.kind).filter((kind) => kind === 'opened');
  expect(kinds(await run(shard([{ smiles: 'C' }], { batchId })))).toHaveLength(1);
  const second = await run(shard([{ smiles: 'CC' }], { batchId }));
  expect([kinds(second), outcomes(second)]).toEqual([[], { 0: 'completed' }]);
  expect(kinds(await run(shard([{ smiles: 'C' }])))).toHaveLength(1);
});

test('as many rows are in flight as there are slots', async () => {
  let inFlight = 0;
  let most = 0;
  const hooks: RunnerHooks = {
    ...ALWAYS,
    beforeRow: () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      return Promise.resolve(true);
    },
  };
  const ligands = Array.from({ length: 7 }, () => ({ sleep: 0.05 }));
  await run(shard(ligands), hooks, undefined, (event) => {
    if (event.kind === 'outcome') inFlight -= 1;
  });
  expect(most).toBe(2);
});

test.each([
  ['a declared file that is not there', { noFile: true }, 'missing_output'],
  ['a file outside the folder of the row', { path: '../../../../../../etc/passwd' }, 'missing_output'],
  ['an absolute path', { path: '/etc/passwd' }, 'missing_output'],
  ['no score', { metrics: {} }, 'missing_output'],
  ['a metric that the manifest does not declare', { metrics: { 'echo.score': 1, other: 2 } }, 'protocol_error'],
  ['a failure code that the hub does not know', { fail: 'bad_luck' }, 'model_error'],
  ['an engine that says it is out of memory', { fail: 'model_error', message: 'CUDA out of memory. Tried to' }, 'out_of_memory'],
])('%s is no success', async (_, ligand, code) => {
  expect(outcomes(await run(shard([ligand, { smiles: 'C' }])))).toEqual({ 0: code, 1: 'completed' });
});

test('a worker that dies blames the rows in flight, and no other', async () => {
  const events = await run(shard([{ sleep: 0.2, crash: true }, { sleep: 5 }, { smiles: 'C' }]));
  expect(outcomes(events)).toEqual({});
  expect(events.at(-1)).toMatchObject({ kind: 'lost', inFlight: [{ index: 0 }, { index: 1 }], failure: { code: 'worker_lost' } });
  expect(outcomes(await run(shard([{ smiles: 'C' }])))).toEqual({ 0: 'completed' });
});

test('a worker that dies of GPU memory is known by its log, also where a long table follows the words', async () => {
  const print = `torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB.\n${'  block of 2.0 MiB in use\n'.repeat(200)}`;
  const events = await run(shard([{ print, sleep: 0.2, exit: 1 }]));
  expect(events.find((event) => event.kind === 'lost')).toMatchObject({ inFlight: [{ index: 0 }], failure: { code: 'out_of_memory' } });
});

test('lines that are no messages end the worker, and the rows in flight are told so', async () => {
  const events = await run(shard([{ raw: 'oops\n', sleep: 5 }]));
  expect(events.at(-1)).toMatchObject({ kind: 'lost', inFlight: [{ index: 0 }], failure: { code: 'protocol_error' } });
});

test('a shared input that the worker refuses, or does not prepare in time, fails every row, once', async () => {
  const failing = shard([{}, {}], { shared: { openFail: 'setup_failed' } });
  expect(outcomes(await run(failing))).toEqual({ 0: 'setup_failed', 1: 'setup_failed' });
  const slow = shard([{}], { shared: { openSleepSeconds: 20 } }, { setupTimeoutSeconds: 1 });
  expect(outcomes(await run(slow))).toEqual({ 0: 'setup_failed' });
});

test.each([
  ['ends', { openCrash: true }],
  ['takes more memory than it may', { openBytes: 700 * 1024 * 1024, openSleepSeconds: 20 }],
  ['writes what is no message', { openRaw: 'oops\n', openSleepSeconds: 20 }],
])(
  'a worker that %s while it prepares the shared input leaves each row an attempt more: it may be chance, and must not go on for ever',
  async (_, shared) => {
    const resources = { cpus: 1, memoryBytes: 400 * 1024 * 1024, gpus: 0 };
    const events = await run(shard([{}, {}], { shared, slots: 1 }, { resources }));
    expect(outcomes(events)).toEqual({ 0: 'model_unavailable', 1: 'model_unavailable' });
  },
);

test('a program that does not start fails the rows as model_unavailable, with the reason', async () => {
  const events = await run(
    shard([{}], {}, { runner: { kind: 'process', command: ['{node}', '-e', 'console.error("no engine"); process.exit(4)'] } }),
  );
  expect(outcomes(events)).toEqual({ 0: 'model_unavailable' });
  expect(JSON.stringify(events)).toMatch(/exit code 4.*no engine/);
});

test('a late row has a timeout, its neighbour goes on, and the worker stays', async () => {
  const events = await run(shard([{ sleep: 30 }, { smiles: 'C' }, { smiles: 'CC' }], { timeoutSeconds: 1 }));
  expect(outcomes(events)).toEqual({ 0: 'timeout', 1: 'completed', 2: 'completed' });
});

test('memory over the limit ends the worker, and the row in flight is told so', async () => {
  const resources = { cpus: 1, memoryBytes: 400 * 1024 * 1024, gpus: 0 };
  const events = await run(shard([{ bytes: 700 * 1024 * 1024, sleep: 30 }], { slots: 1 }, { resources }));
  expect(events.at(-1)).toMatchObject({ kind: 'lost', inFlight: [{ index: 0 }], failure: { code: 'out_of_memory' } });
});

test('a row that is cancelled stops alone and has no outcome of the run', async () => {
  const cancelled = new AbortController();
  const hooks: RunnerHooks = { ...ALWAYS, rowSignal: (index) => (index === 0 ? cancelled.signal : new AbortController().signal) };
  const events = await run(shard([{ sleep: 30 }, { smiles: 'C' }, { smiles: 'C' }]), hooks, undefined, (event) => {
    if (event.kind === 'started' && event.index === 0) cancelled.abort();
  });
  expect(outcomes(events)).toEqual({ 1: 'completed', 2: 'completed' });
});

test('an abort stops rows in flight, blames none, and kills a worker that does not obey', async () => {
  for (const cancelRow of ['cooperative', 'kill'] as const) {
    const aborted = new AbortController();
    const stop = { ...manifest.stop, cancelRow };
    const events = await run(shard([{ sleep: 30 }, { sleep: 30 }, {}], {}, { stop }), ALWAYS, aborted.signal, (event) => {
      if (event.kind === 'started') aborted.abort();
    });
    expect(events.filter((event) => event.kind === 'lost' || event.kind === 'outcome')).toEqual([]);
  }
});

test('a row that must not start any more is passed over', async () => {
  const hooks: RunnerHooks = { ...ALWAYS, beforeRow: (index) => Promise.resolve(index !== 0) };
  expect(outcomes(await run(shard([{}, {}]), hooks))).toEqual({ 1: 'completed' });
  expect(outcomes(await run(shard([{}, {}]), { ...ALWAYS, beforeRow: () => Promise.resolve(false) }))).toEqual({});
});
