/** Counts calls of old paths in memory and writes them down in groups, so that a polling page costs no write per call. */
import { addUsage, sumUsage, type UsageSum } from '../storage/legacy-usage.ts';
import type { HubContext } from './context.ts';

/** A crash loses at most this much of the counts. */
const WRITE_EVERY_MS = 5_000;
const MAX_CLIENT = 200;

interface Count {
  readonly method: string;
  readonly path: string;
  calls: number;
  lastCalledAt: Date;
  lastClient: string | null;
}

export class LegacyUsage {
  readonly #ctx: Pick<HubContext, 'db' | 'log'>;
  #counts = new Map<string, Count>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(ctx: Pick<HubContext, 'db' | 'log'>) {
    this.#ctx = ctx;
  }

  /** @param path as it is declared, `/api/v2/jobs/:id` */
  count(method: string, path: string, client: string | undefined): void {
    const key = `${method} ${path}`;
    const count = this.#counts.get(key) ?? { method, path, calls: 0, lastCalledAt: new Date(), lastClient: null };
    count.calls += 1;
    count.lastCalledAt = new Date();
    count.lastClient = client?.slice(0, MAX_CLIENT) ?? count.lastClient;
    this.#counts.set(key, count);
    this.#timer ??= setTimeout(() => void this.flush(), WRITE_EVERY_MS).unref();
  }

  /** Resolves when all that was counted is written. Counts that cannot be written are kept for the next time. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  async #write(): Promise<void> {
    const counts = [...this.#counts.values()];
    this.#counts = new Map();
    try {
      await addUsage(this.#ctx.db, counts);
    } catch (error) {
      this.#ctx.log.warn({ event: 'legacy_usage_not_written', err: error }, 'counts of old paths could not be written; they are kept');
      for (const count of counts) {
        const key = `${count.method} ${count.path}`;
        const since = this.#counts.get(key);
        this.#counts.set(key, since ? { ...since, calls: since.calls + count.calls } : count);
      }
    }
  }

  async read(): Promise<readonly UsageSum[]> {
    await this.flush();
    return sumUsage(this.#ctx.db);
  }
}
