/** Searches by structure of one process: those under way, so that nobody starts one twice, and those that are done. */
import { LRUCache } from 'lru-cache';

const MOST_BYTES = 32 * 1024 * 1024;
const KEPT_MS = 5 * 60 * 1_000;
/** A flag and a number. */
const BYTES_PER_ROW = 5;

/** One search over one job. */
export interface StructureSearch {
  readonly total: number;
  /** Rows that were checked when it began. */
  readonly checked: number;
  /** Rows that are decided. */
  examined: number;
  matching: number;
  readonly done: Promise<StructureHits>;
}

export interface StructureHits {
  /** Of each row: 1 where it passes. */
  readonly passes: Uint8Array;
  /** Of each row, 0..1; of a substructure 1 where it passes. */
  readonly similarity: Float32Array;
}

export class StructureCache {
  readonly #searches = new LRUCache<string, StructureSearch>({ maxSize: MOST_BYTES, ttl: KEPT_MS });

  /** @param name says owner, job, rows that are checked, and what is looked for: equal names mean equal hits */
  of(name: string, rows: number, start: () => StructureSearch): StructureSearch {
    const known = this.#searches.get(name);
    if (known) return known;
    const search = start();
    this.#searches.set(name, search, { size: BYTES_PER_ROW * rows + name.length + 100 });
    // One that failed is tried again when somebody asks again.
    search.done.catch(() => this.#searches.delete(name));
    return search;
  }
}
