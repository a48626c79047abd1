/**
 * Stops work elsewhere for which nobody waits, and forgets what is told: rows that were cancelled, retried, deleted, or have their outcome.
 * It is the only one that stops such work, so it makes no difference whether the hub ran when the row was cancelled.
 */
import type { Logger } from 'pino';
import type { InstalledModel } from '../catalog/registry.ts';
import type { RemoteTask } from '../domain/remote-task.ts';
import type { Database } from '../storage/database.ts';
import { forgetRemoteTask, unwantedRemoteTasks } from '../storage/runs/remote-tasks.ts';
import { isRemote } from './host-slots.ts';

/** Runs of a host, of which some leave work elsewhere. */
export interface Releasing {
  release(task: RemoteTask, model: InstalledModel, signal: AbortSignal): Promise<boolean>;
}

export interface RemoteSweeperParts {
  readonly db: Database;
  readonly log: Logger;
  readonly releasing: Releasing;
  /** Those that this host can run. */
  readonly models: () => Iterable<InstalledModel>;
}

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 5 * 60_000;
const AT_ONCE = 8;
const TOLD_FROM = 3;

export class RemoteSweeper {
  readonly #parts: RemoteSweeperParts;
  readonly #stopping = new AbortController();
  /** Of tasks that could not be stopped: when it is tried again, by this process's own clock. */
  readonly #later = new Map<string, { readonly times: number; readonly atMs: number }>();
  #looking: Promise<void> | undefined;
  #isAsked = false;

  constructor(parts: RemoteSweeperParts) {
    this.#parts = parts;
  }

  /** Looks now, or once more when a look is under way. Never rejects. */
  look(): Promise<void> {
    this.#isAsked = true;
    this.#looking ??= this.#lookUntilDone().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
  }

  async #lookUntilDone(): Promise<void> {
    while (this.#isAsked && !this.#stopping.signal.aborted) {
      this.#isAsked = false;
      await this.#round().catch((error: unknown) => {
        this.#parts.log.warn({ event: 'remote_sweep_failed', err: error }, 'work elsewhere could not be looked through; it is tried again');
      });
    }
  }

  async #round(): Promise<void> {
    const models = new Map([...this.#parts.models()].filter(isRemote).map((model) => [keyOf(model.manifest), model]));
    if (models.size === 0) return;
    const versions = [...models.values()].map(({ manifest }) => ({ modelId: manifest.id, modelVersion: manifest.version }));
    const tasks = await unwantedRemoteTasks(this.#parts.db, versions);
    const now = performance.now();
    const due = tasks.filter(({ id }) => (this.#later.get(id)?.atMs ?? 0) <= now).values();
    const next = async (): Promise<void> => {
      for (const task of due) {
        const model = models.get(keyOf({ id: task.modelId, version: task.modelVersion }));
        if (model) await this.#release(task, model);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }

  async #release(task: RemoteTask, model: InstalledModel): Promise<void> {
    const { db, log, releasing } = this.#parts;
    if (await releasing.release(task, model, this.#stopping.signal)) {
      await forgetRemoteTask(db, task.id);
      this.#later.delete(task.id);
      if (!task.isEnded && task.remoteId !== undefined)
        log.info({ event: 'remote_stopped', taskId: task.id, remoteId: task.remoteId }, 'work elsewhere that nobody waits for was stopped');
      return;
    }
    // A job that has just been told to stop takes a while; that is no news.
    const times = (this.#later.get(task.id)?.times ?? 0) + 1;
    this.#later.set(task.id, { times, atMs: performance.now() + Math.min(FIRST_PAUSE_MS * 2 ** (times - 1), LONGEST_PAUSE_MS) });
    if (times < TOLD_FROM) return;
    log.warn(
      { event: 'remote_not_stopped', taskId: task.id, remoteId: task.remoteId },
      'work elsewhere could not be stopped; it is tried again',
    );
  }
}

function keyOf({ id, version }: { readonly id: string; readonly version: string }): string {
  return `${id} ${version}`;
}
