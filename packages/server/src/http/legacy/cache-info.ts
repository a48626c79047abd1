/** What the old cache paths say of the answers that this process keeps. None of them can be stale: their version is read with each request. */
import type { HttpContext } from '../context.ts';

export function cacheInfo({ hub }: HttpContext): object {
  const caches = Object.entries(hub.caches);
  return {
    entries: caches.reduce((sum, [, cache]) => sum + cache.size, 0),
    // Kinds of answers: what was asked for is the owner's own business.
    keys: caches.filter(([, cache]) => cache.size > 0).map(([kind]) => kind),
    memory_usage_estimate: caches.reduce((sum, [, cache]) => sum + cache.figures().bytes, 0),
  };
}

/** Frees memory; no answer changes. */
export function clearCaches({ hub }: HttpContext): void {
  for (const cache of Object.values(hub.caches)) cache.clear();
}
