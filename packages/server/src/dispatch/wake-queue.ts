/**
 * The durable messages that say that a worker of a model is wanted, taken one at a time by Graphile Worker.
 *
 * States: idle (nothing is offered) | running -> (ended by a fault) -> starting again -> running; stopped.
 * The engine gives up for good when the database goes away while it writes that a message is done; the queue then starts it again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger as GraphileLogger, run as runGraphile, type Runner as GraphileRunner } from 'graphile-worker';
import type pg from 'pg';
import type { Logger } from 'pino';
import { openPool } from '../storage/connect.ts';
import { QUEUE_SCHEMA, wakeTask } from '../storage/wake.ts';

export interface WakeQueueOptions {
  readonly databaseUrl: string;
  readonly log: Logger;
  /** Handles one message. A fault brings the message back later, twice at most. */
  readonly onWake: (modelId: string) => Promise<void>;
}

const CONNECTIONS = 3;
const POLL_MS = 1_000;
const RESTART_MS = 1_000;

export class WakeQueue {
  readonly #options: WakeQueueOptions;
  readonly #pool: pg.Pool;
  #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: WakeQueueOptions) {
    this.#options = options;
    this.#pool = openPool(options.databaseUrl, 'omtx-queue', CONNECTIONS);
  }

  /** Takes messages of these models, and of no other from now on. Resolves when the engine runs. */
  async offer(modelIds: readonly string[]): Promise<void> {
    await this.#halt();
    if (modelIds.length === 0) return;
    const engine = await this.#start(modelIds);
    this.#running = this.#keepRunning(engine, modelIds, this.#stopping.signal);
  }

  /** Resolves when the message in work is handled. */
  async stop(): Promise<void> {
    await this.#halt();
    await this.#pool.end();
  }

  async #halt(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#stopping = new AbortController();
  }

  async #keepRunning(first: GraphileRunner, modelIds: readonly string[], signal: AbortSignal): Promise<void> {
    for (let engine: GraphileRunner | undefined = first; !signal.aborted;) {
      if (engine) await this.#untilEnded(engine, signal);
      await sleep(RESTART_MS, undefined, { signal }).catch(() => undefined); // Stopped.
      if (signal.aborted) return;
      engine = await this.#start(modelIds).catch((error: unknown) => {
        this.#options.log.warn({ event: 'queue_delayed', err: error }, 'the queue engine could not start; it is tried again');
        return undefined;
      });
    }
  }

  async #untilEnded(engine: GraphileRunner, signal: AbortSignal): Promise<void> {
    const stop = (): void => {
      engine.stop().catch(() => undefined); // It had ended by itself a moment before.
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    try {
      await engine.promise;
    } catch (error) {
      this.#options.log.warn({ event: 'queue_failed', err: error }, 'the queue engine ended by a fault; it is started again');
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #start(modelIds: readonly string[]): Promise<GraphileRunner> {
    return runGraphile({
      pgPool: this.#pool,
      noHandleSignals: true,
      taskList: Object.fromEntries(modelIds.map((id) => [wakeTask(id), () => this.#options.onWake(id)])),
      preset: {
        worker: {
          schema: QUEUE_SCHEMA,
          concurrentJobs: 1,
          pollInterval: POLL_MS,
          logger: new GraphileLogger(() => () => undefined),
          // Without a batch, a fault while it writes that a message is done would be a rejection that nobody can catch, and end the process.
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
    });
  }
}
