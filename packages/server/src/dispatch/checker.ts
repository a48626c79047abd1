/**
 * Checks the rows of large jobs in this process: some jobs at once, so that a small library does not wait behind a huge one. All of them
 * share the chemistry's workers. Any number of processes may run one; a job is checked by one of them at a time.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkRows } from '../services/check-rows.ts';
import type { HubContext } from '../services/context.ts';
import type { Listener } from '../storage/listener.ts';
import { CHECK_CHANNEL } from '../storage/notify.ts';
import { dropStaleChecks, takeCheck } from '../storage/row-checks.ts';

/** Jobs that are checked at once. */
const LOOPS = 3;
/** Looked at without a notice: a notice may be lost, and a dead holder sends none. */
const POLL_MS = 5_000;

export class Checker {
  readonly #ctx: HubContext;
  readonly #stop = new AbortController();
  readonly #loops: readonly Promise<void>[];
  readonly #unsubscribe: () => void;
  #wake = new AbortController();

  private constructor(ctx: HubContext, subscribe: (wake: () => void) => () => void) {
    this.#ctx = ctx;
    this.#unsubscribe = subscribe(() => {
      this.#wake.abort();
    });
    this.#loops = Array.from({ length: LOOPS }, () => this.#loop());
  }

  static async start(ctx: HubContext, listener: Listener): Promise<Checker> {
    let wake = (): void => undefined;
    const unsubscribe = await listener.subscribe(CHECK_CHANNEL, () => {
      wake();
    });
    return new Checker(ctx, (given) => {
      wake = given;
      return unsubscribe;
    });
  }

  /** Ends behind the chunks in work; what is left is given back at once. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#unsubscribe();
    await Promise.all(this.#loops);
  }

  async #loop(): Promise<void> {
    const holder = randomUUID();
    while (!this.#stop.signal.aborted) {
      const notice = this.#wake;
      const isBusy = await this.#checkNext(holder).catch((error: unknown) => {
        this.#ctx.log.error({ event: 'check_failed', err: error }, 'a check of rows failed; it is taken up again');
        return false;
      });
      if (isBusy || notice.signal.aborted) {
        if (notice.signal.aborted && this.#wake === notice) this.#wake = new AbortController();
        continue;
      }
      await sleep(POLL_MS, undefined, { signal: AbortSignal.any([this.#stop.signal, notice.signal]) }).catch(() => undefined); // Woken.
    }
  }

  /** @returns whether there was one */
  async #checkNext(holder: string): Promise<boolean> {
    const check = await takeCheck(this.#ctx.db, holder);
    if (!check) {
      await dropStaleChecks(this.#ctx.db);
      return false;
    }
    await checkRows(this.#ctx, check, holder, this.#stop.signal);
    return true;
  }
}
