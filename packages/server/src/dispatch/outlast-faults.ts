/** Work that outlasts faults which pass by themselves: a database that restarts, a disk that is full for a while. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isPassingFault } from '../storage/connect.ts';

/** What was computed in hours must not be lost to a restart of the database; a fault that lasts longer costs the rows another run. */
const LIMIT_MS = 5 * 60_000;
const PAUSE_MS = 500;

/**
 * Tries again until it succeeds. The work must be safe to repeat when an earlier try was committed and its answer lost.
 * @throws the last fault when it does not pass, when it lasts too long, or when aborted
 */
export async function outlastFaults<T>(work: () => Promise<T>, onFault: (error: unknown) => void, signal?: AbortSignal): Promise<T> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted === true || !isPassingFault(error) || performance.now() > deadline) throw error;
      onFault(error);
    }
    await sleep(PAUSE_MS, undefined, signal ? { signal } : {}).catch(() => undefined); // Aborted: the last try.
  }
}
