/**
 * Events of jobs for many readers: a job's new events are read once for all who follow it, however many they are, and handed out from
 * memory. A reader that comes late, or comes back, reads its own past in pages first.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobEvent, JobId, OwnerId } from '@omtx/contract';
import type { Database } from '../storage/database.ts';
import { readEvents } from '../storage/events.ts';
import type { Listener } from '../storage/listener.ts';
import { EVENT_CHANNEL } from '../storage/notify.ts';

const PAGE = 500;
/** Events kept for readers of a job; one that is further behind reads its own. */
const KEPT = 1_000;
/** A notice that was missed costs at most this long. */
const LOOK_EVERY_MS = 10_000;

/** What is known of one job, while somebody follows it. */
class Feed {
  readers = 0;
  /** Highest sequence that is known; undefined until the first reader has caught up. */
  last: number | undefined;
  /** The latest events, without gaps, up to `last`. */
  tail: JobEvent[] = [];
  /** A notice came that has not been looked into. */
  isStale = false;
  reading: Promise<void> | undefined;
  #wake = new AbortController();

  get changed(): AbortSignal {
    return this.#wake.signal;
  }

  tell(): void {
    const wake = this.#wake;
    this.#wake = new AbortController();
    wake.abort();
  }
}

export class EventFeeds {
  readonly #db: Database;
  readonly #listener: Listener;
  readonly #feeds = new Map<JobId, Feed>();
  #subscription: Promise<() => void> | undefined;

  constructor(db: Database, listener: Listener) {
    this.#db = db;
    this.#listener = listener;
  }

  /**
   * Events after `after`, in order; ends behind the one that finishes the job, or when the signal is aborted. The first step tells
   * undefined, and the stream ends, where the owner has no such job.
   */
  async *follow(owner: OwnerId, jobId: JobId, after: number, signal: AbortSignal): AsyncGenerator<JobEvent | undefined> {
    const feed = this.#feeds.get(jobId) ?? new Feed();
    this.#feeds.set(jobId, feed);
    feed.readers += 1;
    try {
      await (this.#subscription ??= this.#listener.subscribe(EVENT_CHANNEL, (payload) => {
        this.#notice(payload);
      }));
      for (let seen = after; !signal.aborted;) {
        const { changed } = feed;
        const events = this.#fromMemory(feed, seen) ?? (await this.#fromDatabase(feed, owner, jobId, seen));
        if (!events) {
          yield undefined;
          return;
        }
        for (const event of events) {
          seen = event.sequence;
          yield event;
        }
        // A job that is retried goes on after it was finished.
        if (events.at(-1)?.kind === 'finished' && (feed.last ?? 0) <= seen) return;
        if (events.length > 0 || signal.aborted) continue;
        await sleep(LOOK_EVERY_MS, undefined, { signal: AbortSignal.any([changed, signal]) }).catch(() => undefined);
        if (!changed.aborted) feed.isStale = true;
        await this.#refresh(feed, owner, jobId);
      }
    } finally {
      feed.readers -= 1;
      if (feed.readers === 0) this.#feeds.delete(jobId);
    }
  }

  /** @returns undefined where memory does not reach back so far */
  #fromMemory(feed: Feed, seen: number): readonly JobEvent[] | undefined {
    if (feed.last === undefined || feed.isStale) return undefined;
    if (seen >= feed.last) return [];
    const first = feed.tail[0]?.sequence ?? Number.POSITIVE_INFINITY;
    return first <= seen + 1 ? feed.tail.slice(seen + 1 - first) : undefined;
  }

  async #fromDatabase(feed: Feed, owner: OwnerId, jobId: JobId, seen: number): Promise<readonly JobEvent[] | undefined> {
    if (feed.last !== undefined && feed.isStale && seen >= feed.last) {
      await this.#refresh(feed, owner, jobId);
      return this.#fromMemory(feed, seen) ?? [];
    }
    const events = await readEvents(this.#db, owner, jobId, seen, PAGE);
    // The first who has caught up says where memory begins.
    if (events && events.length < PAGE) feed.last ??= events.at(-1)?.sequence ?? seen;
    return events;
  }

  #notice(payload: string | undefined): void {
    for (const [jobId, feed] of payload === undefined ? this.#feeds : this.#named(payload)) {
      const sequence = payload === undefined ? Number.POSITIVE_INFINITY : Number(payload.slice(jobId.length + 1));
      if (feed.last !== undefined && sequence <= feed.last) continue;
      feed.isStale = true;
      feed.tell();
    }
  }

  #named(payload: string): readonly (readonly [JobId, Feed])[] {
    return [...this.#feeds].filter(([jobId]) => payload.startsWith(`${jobId}:`));
  }

  /** Reads what is new once, whoever asks; the others wait for it, also when it has begun before they ask. */
  async #refresh(feed: Feed, owner: OwnerId, jobId: JobId): Promise<void> {
    while ((feed.isStale || feed.reading !== undefined) && feed.last !== undefined) {
      feed.reading ??= this.#readNew(feed, owner, jobId).finally(() => {
        feed.reading = undefined;
      });
      await feed.reading;
    }
  }

  async #readNew(feed: Feed, owner: OwnerId, jobId: JobId): Promise<void> {
    feed.isStale = false;
    try {
      for (;;) {
        const events = (await readEvents(this.#db, owner, jobId, feed.last ?? 0, PAGE)) ?? [];
        feed.tail.push(...events);
        feed.tail.splice(0, feed.tail.length - KEPT);
        feed.last = events.at(-1)?.sequence ?? feed.last;
        if (events.length < PAGE) return;
      }
    } catch (error) {
      feed.isStale = true;
      throw error;
    }
  }
}
