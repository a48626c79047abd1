/**
 * One LISTEN connection per process, shared by all who wait for something.
 *
 * States: connecting -> listening -> (connection lost) -> connecting ... -> closed.
 * It is asked for a word regularly, because a connection that only listens would not notice that its peer is gone.
 * After each reconnect every subscriber is told with an undefined payload, because notices may have been missed meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { connectionSettings } from './connect.ts';

export type NoticeHandler = (payload: string | undefined) => void;

export interface Listener {
  /** Calls the handler on each notice; the answer ends the subscription. LISTEN is in force when it resolves. */
  subscribe(channel: string, handler: NoticeHandler): Promise<() => void>;
  close(): Promise<void>;
}

const RECONNECT_MS = 500;
const ASK_EVERY_MS = 10_000;

export function openListener(url: string, onError: (error: Error) => void): Listener {
  return new PostgresListener(url, onError);
}

class PostgresListener implements Listener {
  readonly #url: string;
  readonly #onError: (error: Error) => void;
  readonly #handlers = new Map<string, Set<NoticeHandler>>();
  readonly #closing = new AbortController();
  #client: Promise<pg.Client> | undefined;
  #asking: NodeJS.Timeout | undefined;

  constructor(url: string, onError: (error: Error) => void) {
    this.#url = url;
    this.#onError = onError;
  }

  async subscribe(channel: string, handler: NoticeHandler): Promise<() => void> {
    const handlers = this.#handlers.get(channel) ?? new Set();
    const isNew = handlers.size === 0;
    handlers.add(handler);
    this.#handlers.set(channel, handlers);
    const hadClient = this.#client !== undefined;
    this.#client ??= this.#connect();
    const client = await this.#client;
    if (isNew && hadClient) await client.query(`listen ${client.escapeIdentifier(channel)}`);
    return () => {
      handlers.delete(handler);
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#asking);
    const client = await this.#client?.catch(() => undefined);
    await client?.end();
  }

  async #connect(): Promise<pg.Client> {
    for (;;) {
      this.#closing.signal.throwIfAborted();
      const client = new pg.Client(connectionSettings(this.#url, 'omtx-listen'));
      try {
        await client.connect();
        client.on('notification', ({ channel, payload }) => {
          for (const handler of this.#handlers.get(channel) ?? []) handler(payload ?? '');
        });
        client.on('error', (error) => {
          this.#lost(client, error);
        });
        client.on('end', () => {
          this.#lost(client, new Error('the LISTEN connection ended'));
        });
        for (const channel of this.#handlers.keys()) await client.query(`listen ${client.escapeIdentifier(channel)}`);
        this.#askRegularly(client);
        return client;
      } catch (error) {
        client.removeAllListeners('end');
        client.on('error', () => undefined);
        await client.end().catch(() => undefined);
        this.#closing.signal.throwIfAborted();
        this.#onError(error instanceof Error ? error : new Error(String(error)));
        await sleep(RECONNECT_MS, undefined, { signal: this.#closing.signal });
      }
    }
  }

  /** The answer keeps the connection from being taken for silent; without one it is lost. */
  #askRegularly(client: pg.Client): void {
    clearInterval(this.#asking);
    this.#asking = setInterval(() => void client.query('select 1').catch(() => undefined), ASK_EVERY_MS).unref();
  }

  #lost(client: pg.Client, error: Error): void {
    client.removeAllListeners('end');
    client.removeAllListeners('error');
    client.on('error', () => undefined);
    if (this.#closing.signal.aborted) return;
    this.#onError(error);
    this.#client = this.#connect();
    this.#client.then(
      () => {
        for (const handlers of this.#handlers.values()) for (const handler of handlers) handler(undefined);
      },
      () => undefined, // Only when closed meanwhile.
    );
  }
}
