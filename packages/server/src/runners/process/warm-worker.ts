/**
 * A worker process of one model that has said `ready` and can take one shard after another.
 *
 * States: starting -> ready (idle or in one run) -> ended. Only `start` makes one, so whoever holds it may open a shard.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { protocol } from '@omtx/contract';
import type { InstalledModel } from '../../catalog/registry.ts';
import { commandOf, environmentOf, parseMessage, type WorkerSettings } from './worker-launch.ts';
import { WorkerProcess, type WorkerEnd } from './worker-process.ts';

export type Happening =
  | { readonly kind: 'message'; readonly message: protocol.WorkerMessage }
  /** What came is no message of the protocol. */
  | { readonly kind: 'broken'; readonly reason: string }
  | { readonly kind: 'ended'; readonly end: WorkerEnd };

type Listener = (happening: Happening) => void;

/** It could not be started; the message is for the rows. */
export class WorkerDidNotStart extends Error {}

/** A shard that the worker holds open between runs of the same batch, so that its maps are built once. */
export interface OpenShard {
  /** Equal for runs that have everything in common. */
  readonly key: string;
  /** The worker's name for it. */
  readonly id: string;
  readonly folder: string;
}

export class WarmWorker {
  readonly process: WorkerProcess;
  readonly ready: protocol.Ready;
  readonly #folder: string;
  #shard: OpenShard | undefined;
  #listener: Listener | undefined;

  private constructor(started: WorkerProcess, ready: protocol.Ready, folder: string) {
    this.process = started;
    this.ready = ready;
    this.#folder = folder;
  }

  /** @throws WorkerDidNotStart when it ends, says something else, or is late; the reason of the signal when aborted */
  static async start(model: InstalledModel, settings: WorkerSettings, gpus: readonly string[], signal: AbortSignal): Promise<WarmWorker> {
    const { manifest } = model;
    await mkdir(settings.folder, { recursive: true });
    const folder = await mkdtemp(join(settings.folder, `${manifest.id}-`));
    const started = WorkerProcess.start({
      command: commandOf(model),
      environment: environmentOf(model, settings, folder, gpus),
      folder,
      stop: manifest.stop,
    });
    const lines = started.lines[Symbol.asyncIterator]();
    const kill = (): void => void started.stop(0);
    signal.addEventListener('abort', kill, { once: true });
    const late = setTimeout(kill, manifest.setupTimeoutSeconds * 1_000);
    try {
      const first = await lines.next();
      signal.throwIfAborted();
      const message = first.done === true ? undefined : parseMessage(first.value);
      if (message === undefined || typeof message === 'string' || message.type !== 'ready') {
        if (message !== undefined) await started.stop(0);
        throw new WorkerDidNotStart(whyNotReady(manifest, await started.ended, message, started.log.end(1_000)));
      }
      const worker = new WarmWorker(started, message, folder);
      void worker.#follow(lines);
      return worker;
    } catch (error) {
      await started.stop(0);
      await rm(folder, { recursive: true, force: true });
      throw error;
    } finally {
      clearTimeout(late);
      signal.removeEventListener('abort', kill);
    }
  }

  /** Everything that happens from now on goes to this listener; undefined where nobody runs a shard. */
  listen(listener: Listener | undefined): void {
    this.#listener = listener;
  }

  get openShard(): OpenShard | undefined {
    return this.#shard;
  }

  /** Gives the shard that is about to be opened a folder; another one that is open is closed. */
  async prepareShard(key: string, id: string): Promise<OpenShard> {
    await this.closeShard();
    const folder = join(this.#folder, 'shards', id);
    await mkdir(folder, { recursive: true });
    this.#shard = { key, id, folder };
    return this.#shard;
  }

  /** Gives its memory and its folder back. */
  async closeShard(): Promise<void> {
    if (!this.#shard) return;
    const { id, folder } = this.#shard;
    this.#shard = undefined;
    this.process.send({ type: 'close', shard: id });
    await rm(folder, { recursive: true, force: true });
  }

  async stop(graceSeconds?: number): Promise<void> {
    await this.process.stop(graceSeconds);
    await this.#removeFolder();
  }

  async #follow(lines: AsyncIterator<string>): Promise<void> {
    try {
      for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
        const message = parseMessage(line.value);
        this.#listener?.(typeof message === 'string' ? { kind: 'broken', reason: message } : { kind: 'message', message });
      }
    } catch (error) {
      this.#listener?.({ kind: 'broken', reason: error instanceof Error ? error.message : String(error) });
      void this.process.stop(0);
    }
    const end = await this.process.ended;
    this.#listener?.({ kind: 'ended', end });
    await this.#removeFolder();
  }

  /** An engine that left the group may still write; what is left is swept when the host starts. */
  async #removeFolder(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

function whyNotReady(
  { id, setupTimeoutSeconds }: InstalledModel['manifest'],
  end: WorkerEnd,
  message: protocol.WorkerMessage | string | undefined,
  log: string,
): string {
  const said = typeof message === 'string' ? `It wrote ${message}.` : message ? `It said "${message.type}" before "ready".` : '';
  const how =
    end.wasStopped && message === undefined
      ? `did not say "ready" within ${String(setupTimeoutSeconds)} s`
      : message === undefined
        ? `ended before "ready" (${describeEnd(end)})`
        : 'does not speak the protocol';
  return [`The worker of ${id} ${how}.`, said, log === '' ? '' : `Its log ends: ${log}`].filter((part) => part !== '').join(' ');
}

export function describeEnd({ code, signal }: WorkerEnd): string {
  if (signal !== null) return `signal ${signal}`;
  return code === null ? 'it could not be started' : `exit code ${String(code)}`;
}
