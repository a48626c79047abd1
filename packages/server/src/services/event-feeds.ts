/**
 * Events of jobs for many readers: a job's new events are read once for all who follow it, however many they are, and handed out from
 * memory. A reader that comes late, or comes back, reads its own past in pages first.
 */
import { isJobId, type JobEvent, type JobId, type OwnerId } from '@omtx/contract';
import type { Database } from '../storage/database.ts';
import { readEvents } from '../storage/events.ts';
import type { Listener } from '../storage/listener.ts';
import { EVENT_CHANNEL } from '../storage/notify.ts';
import { notFound } from './read-jobs.ts';

const PAGE = 500;
/** Events kept for readers of a job; one that is further behind reads its own. */
const KEPT = 1_000;
/** A notice that was missed costs at most this long. */
const LOOK_EVERY_MS = 10_000;

/** What is known of one job, while its owner follows it. */
class Feed {
  readonly owner: OwnerId;
  readonly jobId: JobId;
  readers = 0;
  /** Highest sequence that is known; undefined until the first reader has caught up. */
  last: number | undefined;
  /** The latest events, without gaps, up to `last`. */
  tail: JobEvent[] = [];
  /** A notice came that has not been looked into. */
  isStale = false;
  reading: Promise<void> | undefined;
  /** How often the readers were told to look. */
  told = 0;
  readonly #waiting = new Set<Reader>();
  #timer: NodeJS.Timeout | undefined;

  constructor(owner: OwnerId, jobId: JobId) {
    this.owner = owner;
    this.jobId = jobId;
  }

  /** One for all readers, while there are any. */
  lookRegularly(look: () => void): void {
    this.#timer ??= setInterval(look, LOOK_EVERY_MS).unref();
  }

  stopLooking(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  tell(): void {
    this.told += 1;
    for (const reader of [...this.#waiting]) reader.wake?.();
  }

  /**
   * Until the readers are told again or this one is woken. A plain list: with a thousand readers a timer, a signal and an error for each
   * made an event 85 ms late.
   * @param told as it was before the reader looked
   */
  async wait(told: number, reader: Reader): Promise<void> {
    if (this.told !== told) return;
    await new Promise<void>((resolve) => {
      reader.wake = () => {
        reader.wake = undefined;
        this.#waiting.delete(reader);
        resolve();
      };
      this.#waiting.add(reader);
    });
  }
}

/** Who waits, and what ends it. */
interface Reader {
  wake: (() => void) | undefined;
}

export class EventFeeds {
  readonly #db: Database;
  readonly #listener: Listener;
  /** Of a job, one for each owner who asks: only the job's own gets any event. */
  readonly #feeds = new Map<JobId, Feed[]>();
  #subscription: Promise<() => void> | undefined;

  constructor(db: Database, listener: Listener) {
    this.#db = db;
    this.#listener = listener;
  }

  /**
   * Events after `after`, in order; ends behind the one that finishes the job, or when the signal is aborted.
   * @throws HubError job_not_found in place of the first event
   */
  async *follow(owner: OwnerId, jobId: JobId, after: number, signal: AbortSignal): AsyncGenerator<JobEvent> {
    const feed = this.#join(owner, jobId);
    const reader: Reader = { wake: undefined };
    const stop = (): void => reader.wake?.();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await (this.#subscription ??= this.#listener.subscribe(EVENT_CHANNEL, (payload) => {
        this.#notice(payload);
      }));
      for (let seen = after; !signal.aborted;) {
        const { told } = feed;
        const events = this.#fromMemory(feed, seen) ?? (await this.#fromDatabase(feed, seen));
        if (!events) throw notFound(jobId);
        for (const event of events) {
          seen = event.sequence;
          yield event;
        }
        // A job that is retried goes on after it was finished.
        if (events.at(-1)?.kind === 'finished' && (feed.last ?? 0) <= seen) return;
        if (events.length > 0 || signal.aborted) continue;
        await feed.wait(told, reader);
        if (feed.isStale || feed.reading !== undefined) await this.#refresh(feed);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      this.#leave(feed);
    }
  }

  #join(owner: OwnerId, jobId: JobId): Feed {
    const feeds = this.#feeds.get(jobId) ?? [];
    const feed = feeds.find((each) => each.owner === owner) ?? new Feed(owner, jobId);
    if (feed.readers === 0) this.#feeds.set(jobId, [...feeds, feed]);
    feed.readers += 1;
    feed.lookRegularly(() => {
      this.#look(feed);
    });
    return feed;
  }

  #leave(feed: Feed): void {
    feed.readers -= 1;
    if (feed.readers > 0) return;
    feed.stopLooking();
    const others = (this.#feeds.get(feed.jobId) ?? []).filter((each) => each !== feed);
    if (others.length === 0) this.#feeds.delete(feed.jobId);
    else this.#feeds.set(feed.jobId, others);
  }

  /** @returns undefined where memory does not reach back so far */
  #fromMemory(feed: Feed, seen: number): readonly JobEvent[] | undefined {
    if (feed.last === undefined || feed.isStale) return undefined;
    if (seen >= feed.last) return [];
    const first = feed.tail[0]?.sequence ?? Number.POSITIVE_INFINITY;
    return first <= seen + 1 ? feed.tail.slice(seen + 1 - first) : undefined;
  }

  async #fromDatabase(feed: Feed, seen: number): Promise<readonly JobEvent[] | undefined> {
    if (feed.last !== undefined && feed.isStale && seen >= feed.last) {
      await this.#refresh(feed);
      return this.#fromMemory(feed, seen) ?? [];
    }
    const events = await readEvents(this.#db, feed.owner, feed.jobId, seen, PAGE);
    // The first who has caught up says where memory begins.
    if (events && events.length < PAGE) feed.last ??= events.at(-1)?.sequence ?? seen;
    return events;
  }

  #notice(payload: string | undefined): void {
    const [jobId = '', sequence] = payload?.split(':') ?? [];
    const named = payload === undefined ? [...this.#feeds.values()].flat() : isJobId(jobId) ? (this.#feeds.get(jobId) ?? []) : [];
    for (const feed of named) {
      if (sequence !== undefined && feed.last !== undefined && Number(sequence) <= feed.last) continue;
      this.#look(feed);
    }
  }

  /** What is new is read before its readers are woken; where that fails each of them meets the fault itself. */
  #look(feed: Feed): void {
    feed.isStale = true;
    this.#refresh(feed).then(
      () => {
        feed.tell();
      },
      () => {
        feed.tell();
      },
    );
  }

  /** Reads what is new once, whoever asks; the others wait for it, also when it has begun before they ask. */
  async #refresh(feed: Feed): Promise<void> {
    while ((feed.isStale || feed.reading !== undefined) && feed.last !== undefined) {
      feed.reading ??= this.#readNew(feed).finally(() => {
        feed.reading = undefined;
      });
      await feed.reading;
    }
  }

  async #readNew(feed: Feed): Promise<void> {
    feed.isStale = false;
    try {
      for (;;) {
        const events = (await readEvents(this.#db, feed.owner, feed.jobId, feed.last ?? 0, PAGE)) ?? [];
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
