/** Sweeps every few minutes. Any number of processes may: what one does the others find done. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { HubContext } from '../services/context.ts';
import { sweep } from '../services/sweep.ts';

const EVERY_MS = 5 * 60_000;

export class Sweeper {
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;

  constructor(ctx: HubContext) {
    this.#loop = this.#run(ctx);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(ctx: HubContext): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined); // Stopped.
      if (signal.aborted) return;
      try {
        const { jobs, uploads, collected } = await sweep(ctx, signal);
        if (jobs + uploads + collected.files > 0)
          ctx.log.info({ event: 'swept', jobs, uploads, ...collected }, 'what was over was taken away');
      } catch (error) {
        ctx.log.error({ event: 'sweep_failed', err: error }, 'a sweep failed; it is tried again');
      }
    }
  }
}
