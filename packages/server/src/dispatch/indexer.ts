/** Indexes ligands in this process, behind everything that somebody waits for. Any number of processes may run one. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HubContext } from '../services/context.ts';
import { indexNext } from '../services/index-ligands.ts';
import { giveBackSlices } from '../storage/search/pending.ts';

/** A new job is found by its own words at once; its ligands a moment later. */
const POLL_MS = 1_000;
const AFTER_FAULT_MS = 5_000;

export class Indexer {
  readonly #ctx: HubContext;
  readonly #stop = new AbortController();
  readonly #holder = randomUUID();
  readonly #loop: Promise<void>;

  constructor(ctx: HubContext) {
    this.#ctx = ctx;
    this.#loop = this.#run();
  }

  /** Ends behind the slice in work. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await giveBackSlices(this.#ctx.db, this.#holder).catch(() => undefined); // The lease ends by itself.
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const pause = await indexNext(this.#ctx, this.#holder).then(
        (wasBusy) => (wasBusy ? 0 : POLL_MS),
        (error: unknown) => {
          this.#ctx.log.error({ event: 'index_failed', err: error }, 'ligands could not be indexed for search; it is tried again');
          return AFTER_FAULT_MS;
        },
      );
      if (pause > 0) await sleep(pause, undefined, { signal }).catch(() => undefined); // Stopped.
    }
  }
}
