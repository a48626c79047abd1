/** The Slurm runner against a real Slurm: jobs that succeed, fail, run out of time and memory, are ended from outside, and outlive their run. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newJobId, newRunId, type JobId, type Manifest } from '@omtx/contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readManifest } from '../../packages/server/src/catalog/read-manifest.ts';
import { MemoryLedger } from '../../packages/server/src/runners/remote-ledger.ts';
import type { RunnerEvent, Shard } from '../../packages/server/src/runners/runner.ts';
import { SlurmCommands } from '../../packages/server/src/runners/slurm/slurm-commands.ts';
import { SlurmRunner } from '../../packages/server/src/runners/slurm/slurm-runner.ts';
import { ALWAYS, testShard } from '../../packages/server/test/shards.ts';
import { TEST_MODELS } from '../support/hub-process.ts';
import { hasSlurm, needsSlurm, startSlurm, type SlurmCluster } from '../support/slurm.ts';

const ECHO = join(TEST_MODELS, 'echo');
const LIMIT = { timeout: 60_000, interval: 250 };
let cluster: SlurmCluster;
let folder: string;
let echo: Manifest;
const ledger = new MemoryLedger();

beforeAll(async () => {
  if (!hasSlurm()) return;
  cluster = await startSlurm();
  folder = await mkdtemp(join(tmpdir(), 'omtx-slurm-runs-'));
  const reading = await readManifest(ECHO);
  if (reading.kind !== 'manifest') throw new Error(reading.reasons.join('; '));
  echo = reading.manifest;
});

afterAll(async () => {
  if (!hasSlurm()) return;
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach((context) => {
  needsSlurm(context);
});

/** A new one each time, as after a restart: what it knows is in the ledger, in Slurm and in the shared folder. */
function newRunner(): SlurmRunner {
  const programPath = process.env['PATH'] ?? '';
  const defaults = { partition: undefined, account: 'chemistry', qos: undefined };
  const settings = { ...defaults, folder: join(folder, 'shared'), pythonPath: '', programPath, lookSeconds: 1 };
  return new SlurmRunner(settings, new SlurmCommands({ programPath, configFile: cluster.configFile }), ledger);
}

interface Asked {
  readonly slots?: number;
  readonly batchId?: JobId;
  readonly runner?: object;
  readonly resources?: Manifest['resources'];
}

function shardOf(
  ligands: readonly object[],
  { slots = 1, batchId = newJobId(), runner = {}, resources = echo.resources }: Asked = {},
): Shard {
  const slurm = { kind: 'slurm' as const, command: ['{node}', '{model}/worker.ts'], ...runner };
  const manifest = { ...echo, resources, runner: slurm };
  return testShard(manifest, ECHO, folder, ligands, { batchId, slots, timeoutSeconds: 600, rankBy: 'echo.score' });
}

async function run(shard: Shard, signal = new AbortController().signal, hooks = ALWAYS): Promise<readonly RunnerEvent[]> {
  const events: RunnerEvent[] = [];
  for await (const event of newRunner().run(shard, hooks, signal)) events.push(event);
  return events;
}

/** By row: its outcome, its failure, or the failure of the job that was lost with it. */
function ends(events: readonly RunnerEvent[]): Readonly<Record<number, string>> {
  const told = events.flatMap((event): readonly (readonly [number, string])[] => {
    if (event.kind === 'lost') return event.inFlight.map(({ index }) => [index, event.failure.code]);
    if (event.kind !== 'outcome') return [];
    return [[event.index, event.outcome.kind === 'completed' ? 'completed' : event.outcome.failure.code]];
  });
  return Object.fromEntries(told);
}

function messages(events: readonly RunnerEvent[]): string {
  return events.flatMap((event) => (event.kind === 'lost' ? [event.failure.message] : [])).join('\n');
}

async function jobOf(shard: Shard): Promise<string> {
  const jobId = async () => (await ledger.tasksOf(shard.batchId, shard.rows))[0]?.remoteId;
  await expect.poll(jobId, LIMIT).toBeDefined();
  return (await jobId()) ?? '';
}

async function release(shard: Shard): Promise<boolean[]> {
  const tasks = await ledger.tasksOf(shard.batchId, shard.rows);
  return Promise.all(tasks.map((task) => newRunner().release(task, shard.model, new AbortController().signal)));
}

async function statesOf(jobId: string): Promise<readonly string[]> {
  const text = await cluster.ask('squeue', ['--noheader', '--states=all', '--array', `--jobs=${jobId}`, '--format=%T']);
  return text.split('\n').filter((line) => line !== '');
}

test('rows run as one array with a job for each slot; results with files, failures of rows and a worker that dies come back as from any runner', async () => {
  const shard = shardOf(
    [{ smiles: 'C' }, { smiles: 'CC', fail: 'no_result' }, { smiles: 'CCC', exit: 7 }, { smiles: 'CCCC', print: 'hello' }],
    {
      slots: 2,
    },
  );
  const events = await run(shard);
  expect(ends(events)).toEqual({ 0: 'completed', 1: 'no_result', 2: 'worker_lost', 3: 'completed' });
  const first = events.find((event) => event.kind === 'outcome' && event.index === 0);
  const outcome = first?.kind === 'outcome' && first.outcome.kind === 'completed' ? first.outcome : undefined;
  expect(outcome?.metrics).toEqual({ 'echo.score': -1 });
  expect(JSON.parse(await readFile(outcome?.files[0]?.absolutePath ?? '', 'utf8'))).toMatchObject({ asked: { smiles: 'C' }, seed: 42 });
  const jobId = await jobOf(shard);
  await expect.poll(() => statesOf(jobId), LIMIT).toEqual(['COMPLETED', 'COMPLETED']);
  expect(await release(shard)).toEqual([true]);
  await expect(
    readFile(join(folder, 'shared', (await ledger.tasksOf(shard.batchId, shard.rows))[0]?.id ?? '', 'shard.json')),
  ).rejects.toThrow('ENOENT');
});

test('a job has the GPUs, CPUs, memory, account and partition that were asked for', async () => {
  const resources = { cpus: 2, memoryBytes: 300 * 1024 ** 2, gpus: 1 };
  const shard = shardOf([{ smiles: 'C', sleep: 3 }], { resources, runner: { partition: 'other' } });
  const running = run(shard);
  const told = await cluster.ask('scontrol', ['show', 'job', '-o', await jobOf(shard)]);
  for (const part of ['gpu:1', 'NumCPUs=2', 'MinMemoryNode=556M', 'Account=chemistry', 'Partition=other', 'Requeue=0'])
    expect(told).toContain(part);
  expect(ends(await running)).toEqual({ 0: 'completed' });
});

test('a run that ends leaves its job, the next one goes on with it and tells its rows, and nothing is submitted twice', async () => {
  const shard = shardOf([{ smiles: 'C', sleep: 6 }, { smiles: 'CC' }]);
  const stop = new AbortController();
  const first = run(shard, stop.signal);
  const jobId = await jobOf(shard);
  await expect.poll(() => statesOf(jobId), LIMIT).toEqual(['RUNNING']);
  stop.abort();
  expect(ends(await first)).toEqual({});
  expect(await statesOf(jobId)).toEqual(['RUNNING']);
  expect(ends(await run({ ...shard, runId: newRunId() }))).toEqual({ 0: 'completed', 1: 'completed' });
  expect(await jobOf(shard)).toBe(jobId);
  const name = `omtx-${(await ledger.tasksOf(shard.batchId, shard.rows))[0]?.id ?? ''}`;
  const all = await cluster.ask('squeue', ['--noheader', '--states=all', `--name=${name}`, '--format=%A']);
  expect(new Set(all.trim().split('\n')).size).toBe(1);
});

test('a job that takes more memory than it asked for is ended by Slurm; the row in work is to blame and no other', async () => {
  const events = await run(shardOf([{ smiles: 'C', bytes: 900_000_000, sleep: 60 }, { smiles: 'CC' }]));
  expect(ends(events)).toEqual({ 0: 'out_of_memory' });
  expect(messages(events)).toMatch(/^Job \d+_0 needed more memory than it had asked for/);
});

test('a job that runs out of time fails its row as late with the remedy; one that is ended from outside leaves its row to another try', async () => {
  const [late, ended] = [shardOf([{ smiles: 'C', sleep: 300 }], { runner: { maxMinutes: 1 } }), shardOf([{ smiles: 'CC', sleep: 300 }])];
  const running = [run(late), run(ended)] as const;
  const jobId = await jobOf(ended);
  await expect.poll(() => statesOf(jobId), LIMIT).toEqual(['RUNNING']);
  await cluster.ask('scancel', [jobId]);
  const [lateEvents, endedEvents] = await Promise.all(running);
  expect(ends(endedEvents)).toEqual({ 0: expect.stringMatching(/worker_lost|model_unavailable/) as string });
  expect(ends(lateEvents)).toEqual({ 0: 'timeout' });
  expect(messages(lateEvents)).toMatch(/came to its time limit \(TIMEOUT\).*maxMinutes/);
  expect((await cluster.finished()).filter((line) => line.includes('JobState=TIMEOUT'))).toHaveLength(1);
});

test('a job for which nobody waits is stopped in the cluster, and its folder goes', async () => {
  const shard = shardOf([{ smiles: 'C', sleep: 300 }]);
  const stop = new AbortController();
  const first = run(shard, stop.signal);
  const jobId = await jobOf(shard);
  await expect.poll(() => statesOf(jobId), LIMIT).toEqual(['RUNNING']);
  stop.abort();
  await first;
  await expect.poll(() => release(shard), LIMIT).toEqual([true]);
  expect(await statesOf(jobId)).toEqual(['CANCELLED']);
});

test('a job that Slurm does not take fails its rows in the words of Slurm', async () => {
  const events = await run(shardOf([{ smiles: 'C' }], { runner: { partition: 'nowhere' } }));
  expect(ends(events)).toEqual({ 0: 'model_unavailable' });
  const refused = events.find((event) => event.kind === 'outcome');
  const failure = refused?.kind === 'outcome' && refused.outcome.kind === 'failed' ? refused.outcome.failure : undefined;
  expect(failure?.message).toMatch(/Slurm does not take the job: .*partition/i);
});
