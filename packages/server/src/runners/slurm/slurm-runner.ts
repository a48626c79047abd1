/** Runs rows as jobs of a Slurm cluster: each slot of a run is a job of one array, which does its share of the rows in a worker on a node. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InstalledModel } from '../../catalog/registry.ts';
import type { RemoteTask } from '../../domain/remote-task.ts';
import type { RemoteLedger } from '../remote-ledger.ts';
import type { RemoteRunner, RunnerEvent, RunnerHooks, Shard } from '../runner.ts';
import { isOver } from './job-state.ts';
import type { SlurmCommands } from './slurm-commands.ts';
import { SlurmRun, type SlurmSettings } from './slurm-run.ts';
import { nameOf } from './submit-job.ts';

/** Most end at once; one that does not has KillWait seconds (30), and is looked at again later. */
const END_LIMIT_MS = 2_000;
const LOOK_MS = 500;

export class SlurmRunner implements RemoteRunner {
  readonly kind = 'slurm';
  readonly #settings: SlurmSettings;
  readonly #commands: SlurmCommands;
  readonly #ledger: RemoteLedger;

  constructor(settings: SlurmSettings, commands: SlurmCommands, ledger: RemoteLedger) {
    this.#settings = settings;
    this.#commands = commands;
    this.#ledger = ledger;
  }

  run(shard: Shard, hooks: RunnerHooks, signal: AbortSignal): AsyncIterable<RunnerEvent> {
    return new SlurmRun({ settings: this.#settings, commands: this.#commands, ledger: this.#ledger, shard, hooks, signal }).run();
  }

  /** Jobs go on in the cluster. */
  stop(): Promise<void> {
    return Promise.resolve();
  }

  /** Its folder goes when no job writes there any more. */
  async release(task: RemoteTask, _: InstalledModel, signal: AbortSignal): Promise<boolean> {
    const name = nameOf(task.id);
    if (!task.isEnded && !(await this.#commands.cancel(name))) return false;
    for (const deadlineMs = performance.now() + END_LIMIT_MS; ;) {
      const states = await this.#commands.statesOf({ name });
      if (states?.every(isOver) === true) break;
      if (signal.aborted || performance.now() > deadlineMs) return false;
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined); // Aborted: seen by the next look.
    }
    await rm(join(this.#settings.folder, task.id), { recursive: true, force: true });
    return true;
  }
}
