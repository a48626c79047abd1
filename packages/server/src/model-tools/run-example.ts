/** Runs one example of an installed model as the hub would, without database and server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newJobId, newRunId, rankingOf, type Failure } from '@omtx/contract';
import type { InstalledModel } from '../catalog/registry.ts';
import { HostCapacity, type Gpu } from '../domain/host-capacity.ts';
import type { Outbound } from '../runners/http/endpoint.ts';
import { HttpRunner } from '../runners/http/http-runner.ts';
import { ProcessRunner } from '../runners/process/process-runner.ts';
import { MemoryLedger } from '../runners/remote-ledger.ts';
import { RunnerByKind } from '../runners/runner-by-kind.ts';
import type { RunnerEvent, RunnerHooks, RunnerOutcome } from '../runners/runner.ts';
import { isReady, readExample, type ReadyExample } from './read-example.ts';

export interface RunSettings {
  readonly cpus: number;
  readonly gpus: readonly Gpu[];
  readonly pythonPath: string;
  readonly programPath: string;
  readonly outbound: Outbound;
  readonly signal: AbortSignal;
}

export interface ExampleRun {
  readonly file: string;
  readonly seconds: number;
  readonly outcome: RunnerOutcome;
  /** What the example expected and did not get; none means passed. */
  readonly unmet: readonly string[];
}

const ALWAYS: RunnerHooks = { beforeRow: () => Promise.resolve(true), rowSignal: () => new AbortController().signal };

export async function runExample(model: InstalledModel, file: string, settings: RunSettings): Promise<ExampleRun> {
  const startedAt = performance.now();
  const example = await readExample(model.folder, file, model.manifest);
  const outcome = isReady(example)
    ? await runReady(model, example, settings)
    : failed({ code: 'invalid_input', message: example.join('; ') });
  const seconds = (performance.now() - startedAt) / 1_000;
  return { file, seconds, outcome, unmet: isReady(example) ? unmetOf(example, outcome) : [] };
}

async function runReady(
  model: InstalledModel,
  example: ReadyExample,
  { signal, outbound, ...settings }: RunSettings,
): Promise<RunnerOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'omtx-example-'));
  const processes = new ProcessRunner({ ...settings, folder: join(folder, 'workers'), idleSeconds: 60 });
  const runner = new RunnerByKind(processes, [new HttpRunner(outbound, new MemoryLedger())]);
  const shard = {
    runId: newRunId(),
    batchId: newJobId(),
    model,
    shared: example.shared,
    parameters: example.parameters,
    seed: example.seed,
    rankBy: rankingOf(model.manifest, example.task) ?? null,
    timeoutSeconds: model.manifest.timeoutSeconds,
    rows: [{ index: 0, attempt: 1, input: example.own }],
    slots: 1,
    gpus: gpusFor(model, settings),
    folder: join(folder, 'run'),
  };
  try {
    let last: RunnerOutcome = failed({ code: 'worker_lost', message: 'The run ended without an outcome.' });
    for await (const event of runner.run(shard, ALWAYS, signal)) last = outcomeOf(event) ?? last;
    return last;
  } finally {
    await runner.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** As many as a run of the model would have on this machine. */
export function gpusFor({ manifest }: InstalledModel, { cpus, gpus }: Pick<RunSettings, 'cpus' | 'gpus'>): readonly string[] {
  const room = new HostCapacity(cpus, gpus).room(manifest.resources, true);
  return gpus.slice(0, room?.gpus ?? 0).map(({ device }) => device);
}

function outcomeOf(event: RunnerEvent): RunnerOutcome | undefined {
  if (event.kind === 'outcome') return event.outcome;
  return event.kind === 'lost' ? failed(event.failure) : undefined;
}

function failed(failure: Failure): RunnerOutcome {
  return { kind: 'failed', failure };
}

/** What the example expects and the outcome has not. */
export function unmetOf({ expect }: ReadyExample, outcome: RunnerOutcome): readonly string[] {
  if (outcome.kind !== 'completed') return [];
  return Object.entries(expect).flatMap(([metric, [min, max]]) => {
    const value = outcome.metrics[metric];
    if (value === undefined) return [`${metric} is missing`];
    return value >= min && value <= max ? [] : [`${metric} is ${String(value)}, not in ${String(min)} to ${String(max)}`];
  });
}
