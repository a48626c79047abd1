/**
 * Answers that still hold: bounded by bytes, five minutes at most, each valid for one version of what it was read from. A cache that fails
 * is passed over: the answer is read from the database, and the request is told so (`observe/degraded.ts`).
 */
import type { JobDetail, JobSummary, Statistics } from '@omtx/contract';
import { LRUCache } from 'lru-cache';
import { noteDegraded } from '../observe/degraded.ts';

const TTL_MS = 5 * 60 * 1000;
const MIB = 1024 * 1024;

export interface CacheFigures {
  /** Answers given without a read of the data, those that waited for another caller's load among them. */
  readonly hits: number;
  readonly misses: number;
  /** 0..1; null before the first read. */
  readonly hitRatio: number | null;
  readonly bytes: number;
  /** Times that it failed, and whether it did at its last use. */
  readonly faults: number;
  readonly isFailing: boolean;
}

export interface CacheKey {
  /** Whose answer it is: what one owner may see is never given to another. */
  readonly owner: string;
  /** The job that it is of; empty where it is of many. */
  readonly jobId: string;
  /** What was asked, in full. */
  readonly query: string;
  /** An answer of another version is not given. */
  readonly version: string;
}

interface Entry<Value> {
  readonly version: string;
  readonly value: Value;
}

/**
 * Answers of one kind. The version is read from the database on each request, by key, so no process of any number ever gives a
 * stale answer to a writer; notices only free memory early. One load per key and version, however many ask.
 */
export class KindCache<Value> {
  readonly #entries: LRUCache<string, Entry<Value>>;
  readonly #loads = new Map<string, Promise<Value>>();
  readonly #namesOfJob = new Map<string, Set<string>>();
  readonly #onFault: (error: unknown) => void;
  #hits = 0;
  #misses = 0;
  #faults = 0;
  #isFailing = false;

  constructor(maxBytes: number, ttlMilliseconds: number = TTL_MS, onFault: (error: unknown) => void = () => undefined) {
    this.#onFault = onFault;
    this.#entries = new LRUCache({
      maxSize: maxBytes,
      ttl: ttlMilliseconds,
      disposeAfter: (_entry, name, reason) => {
        if (reason !== 'set') this.#leave(name);
      },
    });
  }

  /** @param isKept whether the answer may be kept; one that depends on more than its version may not */
  async get(key: CacheKey, load: () => Promise<Value>, isKept: (value: Value) => boolean = () => true): Promise<Value> {
    const name = nameOf(key);
    const found = this.#guarded(() => this.#entries.get(name));
    if (found?.version === key.version) {
      this.#hits++;
      return found.value;
    }
    const loadName = `${name}\n${key.version}`;
    const underWay = this.#loads.get(loadName);
    if (underWay) {
      this.#hits++;
      return underWay;
    }
    this.#misses++;
    const loading = load();
    this.#loads.set(loadName, loading);
    try {
      const value = await loading;
      if (isKept(value))
        this.#guarded(() => {
          this.#keep(key, name, value);
        });
      return value;
    } finally {
      this.#loads.delete(loadName);
    }
  }

  /** The kept answer of this very version, if any; counted as a hit or not at all. */
  find(key: CacheKey): Value | undefined {
    const found = this.#guarded(() => this.#entries.get(nameOf(key)));
    if (found?.version !== key.version) return undefined;
    this.#hits++;
    return found.value;
  }

  /** Frees what was read from a job that has changed. */
  forgetJob(jobId: string): void {
    this.#guarded(() => {
      for (const name of this.#namesOfJob.get(jobId) ?? []) this.#entries.delete(name);
    });
  }

  /** Kept answers. */
  get size(): number {
    return this.#entries.size;
  }

  clear(): void {
    this.#guarded(() => {
      this.#entries.clear();
    });
  }

  figures(): CacheFigures {
    const [hits, misses] = [this.#hits, this.#misses];
    const hitRatio = hits + misses === 0 ? null : hits / (hits + misses);
    return { hits, misses, hitRatio, bytes: this.#entries.calculatedSize, faults: this.#faults, isFailing: this.#isFailing };
  }

  /** The cache only saves time: what it cannot do must not cost an answer that the database can give. */
  #guarded<T>(use: () => T): T | undefined {
    try {
      const answer = use();
      this.#isFailing = false;
      return answer;
    } catch (error) {
      this.#faults++;
      this.#isFailing = true;
      noteDegraded('cache');
      this.#onFault(error);
      return undefined;
    }
  }

  #keep({ jobId, version }: CacheKey, name: string, value: Value): void {
    this.#entries.set(name, { version, value }, { size: name.length + bytesOf(value) });
    if (jobId === '' || !this.#entries.has(name)) return;
    const names = this.#namesOfJob.get(jobId) ?? new Set();
    this.#namesOfJob.set(jobId, names.add(name));
  }

  #leave(name: string): void {
    const jobId = name.split('\n', 2)[1] ?? '';
    const names = this.#namesOfJob.get(jobId);
    names?.delete(name);
    if (names?.size === 0) this.#namesOfJob.delete(jobId);
  }
}

/** An order vector is asked for by version long after the rows have changed, so its name holds the version. */
export interface CachedOrder {
  readonly version: string;
  readonly indexes: Uint32Array;
}

interface JobsPage {
  readonly jobs: readonly JobSummary[];
  readonly nextCursor: string | null;
  readonly total: number;
  readonly corrections: { readonly word: string; readonly as: readonly string[] }[];
}

/** @param onFault is told of each time that one fails. The caches of one process, by kind; together they hold less than a fifth of the memory that the hub may use. */
export function openCaches(onFault: (kind: string, error: unknown) => void = () => undefined) {
  const open = <Value>(kind: string, mebibytes: number): KindCache<Value> =>
    new KindCache<Value>(mebibytes * MIB, TTL_MS, (error) => {
      onFault(kind, error);
    });
  return {
    jobs: open<JobsPage>('jobs', 16),
    job: open<JobDetail>('job', 16),
    statistics: open<Statistics>('statistics', 4),
    order: open<CachedOrder>('order', 32),
    columns: open<Buffer>('columns', 16),
  };
}
export type Caches = ReturnType<typeof openCaches>;
export type CacheKind = keyof Caches;

/** Each kind's hits, misses and size. */
export function cacheFigures(caches: Caches): Readonly<Record<string, CacheFigures>> {
  return Object.fromEntries(Object.entries(caches).map(([kind, cache]) => [kind, cache.figures()]));
}

function nameOf({ owner, jobId, query }: CacheKey): string {
  return `${owner}\n${jobId}\n${query}`;
}

/** Text takes two bytes a character in the worst case; typed arrays are counted as they are. */
function bytesOf(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  let binary = 0;
  const text = JSON.stringify(value, (_name, part: unknown) => {
    if (!ArrayBuffer.isView(part)) return part;
    binary += part.byteLength;
    return null;
  });
  return binary + 2 * (text?.length ?? 1);
}

/**
 * Orders stay: a page that scrolls asks for places of an order that has passed.
 * @param payload `<job id>:<sequence>` of a notice; undefined where notices may have been missed
 */
export function hearNotice(caches: Caches, payload: string | undefined): void {
  if (payload === undefined) {
    for (const cache of Object.values(caches)) cache.clear();
    return;
  }
  const [jobId = ''] = payload.split(':');
  for (const cache of [caches.job, caches.columns]) cache.forgetJob(jobId);
}
