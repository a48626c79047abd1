/** Work that is done again and again beside everything else. Any number of processes may: what one does the others find done. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

export interface PeriodicOptions {
  readonly everyMs: number;
  readonly log: Logger;
  /** What is said where a round fails; the next one tries again. */
  readonly onFault: { readonly event: string; readonly text: string };
}

export class Periodic {
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;

  /** The first round comes after the first pause. @param round is told to end by the signal */
  constructor({ everyMs, log, onFault }: PeriodicOptions, round: (signal: AbortSignal) => Promise<void>) {
    this.#loop = this.#run(everyMs, async (signal) => {
      try {
        await round(signal);
      } catch (error) {
        log.error({ event: onFault.event, err: error }, onFault.text);
      }
    });
  }

  /** Resolves when the round in work has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(everyMs: number, round: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      await sleep(everyMs, undefined, { signal }).catch(() => undefined); // Stopped.
      if (signal.aborted) return;
      await round(signal);
    }
  }
}
