/** Gives each shard to the runner of its model's kind. */
import type { InstalledModel } from '../catalog/registry.ts';
import type { RemoteTask } from '../domain/remote-task.ts';
import type { RemoteRunner, Runner, RunnerEvent, RunnerHooks, Shard } from './runner.ts';

export class RunnerByKind implements Runner {
  readonly #process: Runner;
  readonly #remote: readonly RemoteRunner[];

  constructor(process: Runner, remote: readonly RemoteRunner[]) {
    this.#process = process;
    this.#remote = remote;
  }

  run(shard: Shard, hooks: RunnerHooks, signal: AbortSignal): AsyncIterable<RunnerEvent> {
    return this.#runnerOf(shard.model).run(shard, hooks, signal);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#process, ...this.#remote].map((runner) => runner.stop()));
  }

  /** As the runner that has begun the task does it. */
  async release(task: RemoteTask, model: InstalledModel, signal: AbortSignal): Promise<boolean> {
    const runner = this.#remote.find(({ kind }) => kind === task.kind);
    return runner ? runner.release(task, model, signal) : false;
  }

  #runnerOf({ manifest }: InstalledModel): Runner {
    return this.#remote.find(({ kind }) => kind === manifest.runner.kind) ?? this.#process;
  }
}
