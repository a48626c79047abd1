/** Parts that a request did without: what only saves time, or finds more, may fail, and the answer says so (`omtx-degraded`). */
import { AsyncLocalStorage } from 'node:async_hooks';

type Part = 'cache' | 'search';

const parts = new AsyncLocalStorage<Set<Part>>();

/** What runs inside notes in the set what it did without. */
export function noting(set: Set<Part>, work: () => void): void {
  parts.run(set, work);
}

/** Outside of a request nobody is told. */
export function noteDegraded(part: Part): void {
  parts.getStore()?.add(part);
}
