/**
 * Keeps the embedded server running while the hub runs: nobody else would start it again after a crash or a kill.
 *
 * States: watching -> (server gone) -> reviving -> watching; stopped. A start that fails is tried again at the next look, so a full disk
 * or a taken port holds the hub up only as long as it lasts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EmbeddedPostgres } from './supervisor.ts';

const LOOK_EVERY_MS = 500;

export interface Keeper {
  /** Looks no more; call it before the server is stopped. */
  stop(): Promise<void>;
}

export function keepRunning(server: EmbeddedPostgres, onTrouble: (error: Error) => void): Keeper {
  const stopping = new AbortController();
  const watching = watch(server, onTrouble, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await watching;
    },
  };
}

async function watch(server: EmbeddedPostgres, onTrouble: (error: Error) => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      if (!(await server.isRunning()) && !signal.aborted) await server.revive();
    } catch (error) {
      onTrouble(error instanceof Error ? error : new Error(String(error)));
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
