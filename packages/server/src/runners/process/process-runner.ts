/** Runs shards in warm worker processes: a model is loaded once and takes one shard after another, until it has been idle for a while. */
import { writeFile } from 'node:fs/promises';
import type { Runner, RunnerEvent, RunnerHooks, Shard } from '../runner.ts';
import { logFile, ShardRun } from './shard-run.ts';
import { WarmWorker, WorkerDidNotStart } from './warm-worker.ts';
import type { WorkerSettings } from './worker-launch.ts';

export interface ProcessRunnerOptions extends WorkerSettings {
  /** A worker without work is ended after this time, which gives its memory back. */
  readonly idleSeconds: number;
}

interface IdleWorker {
  readonly key: string;
  readonly gpus: readonly string[];
  readonly worker: WarmWorker;
  readonly timer: NodeJS.Timeout;
}

export class ProcessRunner implements Runner {
  readonly #options: ProcessRunnerOptions;
  readonly #idle = new Set<IdleWorker>();
  readonly #ending = new Set<Promise<void>>();
  #isStopped = false;

  constructor(options: ProcessRunnerOptions) {
    this.#options = options;
  }

  async *run(shard: Shard, hooks: RunnerHooks, signal: AbortSignal): AsyncGenerator<RunnerEvent> {
    let worker: WarmWorker;
    try {
      worker = this.#takeIdle(shard) ?? (await this.#start(shard, signal));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof WorkerDidNotStart)) throw error;
      yield* didNotStart(shard, error.message);
      return;
    }
    try {
      yield* new ShardRun(worker, shard, hooks).run(signal);
      const file = await logFile(worker, shard.folder, writeFile);
      if (file) yield { kind: 'log', file };
    } finally {
      this.#giveBack(shard, worker);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const idle of this.#idle) {
      clearTimeout(idle.timer);
      this.#end(idle.worker);
    }
    this.#idle.clear();
    await Promise.all(this.#ending);
  }

  /** What another model left on the GPUs goes first, because its memory is needed. */
  async #start({ model, gpus }: Shard, signal: AbortSignal): Promise<WarmWorker> {
    for (const idle of this.#idle) {
      if (!idle.gpus.some((gpu) => gpus.includes(gpu))) continue;
      clearTimeout(idle.timer);
      this.#idle.delete(idle);
      this.#end(idle.worker);
    }
    if (gpus.length > 0) await Promise.all(this.#ending);
    signal.throwIfAborted();
    return WarmWorker.start(model, this.#options, gpus, signal);
  }

  #takeIdle(shard: Shard): WarmWorker | undefined {
    const key = keyOf(shard);
    for (const idle of this.#idle) {
      if (idle.key !== key) continue;
      this.#idle.delete(idle);
      clearTimeout(idle.timer);
      if (idle.worker.process.isRunning) return idle.worker;
    }
    return undefined;
  }

  #giveBack(shard: Shard, worker: WarmWorker): void {
    if (this.#isStopped || !worker.process.isRunning) {
      this.#end(worker);
      return;
    }
    const idle: IdleWorker = {
      key: keyOf(shard),
      gpus: shard.gpus,
      worker,
      timer: setTimeout(() => {
        this.#idle.delete(idle);
        this.#end(worker);
      }, this.#options.idleSeconds * 1_000).unref(),
    };
    this.#idle.add(idle);
  }

  #end(worker: WarmWorker): void {
    const ending = worker.stop().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

/** A worker keeps its GPUs for as long as it lives. */
function keyOf({ model, gpus }: Shard): string {
  const { manifest, folder, environmentDigest, revision, settings } = model;
  return JSON.stringify([manifest.id, manifest.version, folder, environmentDigest, revision, settings, gpus]);
}

function* didNotStart({ rows }: Shard, message: string): Generator<RunnerEvent> {
  const startedAtMs = performance.now();
  for (const { index, attempt } of rows) {
    yield { kind: 'outcome', index, attempt, startedAtMs, outcome: { kind: 'failed', failure: { code: 'model_unavailable', message } } };
  }
}
