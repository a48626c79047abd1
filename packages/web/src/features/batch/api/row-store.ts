/**
 * Rows that the table has seen, by index. What is asked for in one frame is fetched in one request; a row that changed is shown as it
 * was until the new one is there, so nothing flickers.
 */
import type { RowView } from '@omtx/contract';
import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { loadRows } from './rows.ts';

/** Rows of one request. */
const CHUNK = 200;
const KEPT = 20_000;
const RETRY_MS = 2_000;

export class RowStore {
  readonly #jobId: string;
  readonly #rows = new Map<number, RowView>();
  readonly #stale = new Set<number>();
  readonly #wanted = new Set<number>();
  readonly #inFlight = new Set<number>();
  readonly #listeners = new Set<() => void>();
  #scheduled = false;
  #version = 0;

  constructor(jobId: string) {
    this.#jobId = jobId;
  }

  get version(): number {
    return this.#version;
  }

  get(index: number): RowView | undefined {
    return this.#rows.get(index);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Sees to it that the rows come, if they are not here or are stale. */
  want(indexes: Iterable<number>): void {
    for (const index of indexes)
      if ((!this.#rows.has(index) || this.#stale.has(index)) && !this.#inFlight.has(index)) this.#wanted.add(index);
    if (this.#scheduled || this.#wanted.size === 0) return;
    this.#scheduled = true;
    requestAnimationFrame(() => this.#fetch());
  }

  /** Marks rows as changed; none named means that any may have. */
  invalidate(indexes: readonly number[]): void {
    for (const index of indexes.length === 0 ? this.#rows.keys() : indexes) this.#stale.add(index);
    this.#tell();
  }

  #fetch(): void {
    this.#scheduled = false;
    // The newest wishes first: what scrolled by may wait or be dropped.
    const wanted = [...this.#wanted].reverse().slice(0, CHUNK);
    this.#wanted.clear();
    for (const index of wanted) {
      this.#inFlight.add(index);
      this.#stale.delete(index);
    }
    loadRows(this.#jobId, wanted)
      .then((rows) => this.#keep(rows))
      .catch(() => {
        // Shown as skeletons; the query of the job tells the person that the hub does not answer.
        setTimeout(() => this.#tell(), RETRY_MS);
      })
      .finally(() => {
        for (const index of wanted) this.#inFlight.delete(index);
        this.#tell();
      });
  }

  #keep(rows: readonly RowView[]): void {
    for (const row of rows) this.#rows.set(row.index, row);
    if (this.#rows.size > KEPT) for (const index of [...this.#rows.keys()].slice(0, KEPT / 10)) this.#rows.delete(index);
  }

  #tell(): void {
    this.#version++;
    for (const listener of this.#listeners) listener();
  }
}

const stores = new Map<string, RowStore>();

export function rowStoreOf(jobId: string): RowStore {
  let store = stores.get(jobId);
  if (!store) {
    store = new RowStore(jobId);
    stores.set(jobId, store);
  }
  return store;
}

/** Re-renders when rows of the job come or change. */
export function useRowStore(jobId: string): RowStore {
  const store = rowStoreOf(jobId);
  useSyncExternalStore(store.subscribe, () => store.version);
  return store;
}

/** One row, fetched when it is not here. */
export function useRow(jobId: string, index: number | undefined): RowView | undefined {
  const store = rowStoreOf(jobId);
  const row = useSyncExternalStore(
    store.subscribe,
    useCallback(() => (index === undefined ? undefined : store.get(index)), [store, index]),
  );
  useEffect(() => {
    if (index !== undefined) store.want([index]);
  });
  return row;
}
