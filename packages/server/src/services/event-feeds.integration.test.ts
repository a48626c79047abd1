/** Events of a job handed out to many readers, on a real PostgreSQL. */
import { LOCAL_OWNER, type JobId } from '@omtx/contract';
import { afterEach, expect, test } from 'vitest';
import { Batches } from '../../test/batches.ts';
import { appendEvent } from '../storage/events.ts';
import { openListener } from '../storage/listener.ts';
import { EventFeeds } from './event-feeds.ts';

const batches = Batches.use();
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** Follows the job with so many readers. @returns what each has seen so far */
function followAll(id: JobId, readers: number): readonly (readonly number[])[] {
  const listener = openListener(batches.url, () => undefined);
  const feeds = new EventFeeds(batches.db, listener);
  const stop = new AbortController();
  const seen = Array.from({ length: readers }, (): number[] => []);
  const following = seen.map(async (sequences) => {
    for await (const event of feeds.follow(LOCAL_OWNER, id, 0, stop.signal)) if (event) sequences.push(event.sequence);
  });
  closers.push(
    () => listener.close(),
    async () => {
      stop.abort();
      await Promise.all(following);
    },
  );
  return seen;
}

test('each of many readers hears of an event by its notice, also one that wakes while another reads it', async () => {
  const id = await batches.submit(2);
  const seen = followAll(id, 20);
  await expect.poll(() => seen.every((sequences) => sequences.length === 1), { timeout: 20_000 }).toBe(true);
  for (let event = 2; event <= 6; event++) {
    await appendEvent(batches.db, id, 'progress', [0]);
    // Without its notice a reader looks again after ten seconds.
    await expect.poll(() => seen.filter((sequences) => sequences.at(-1) === event).length, { timeout: 8_000, interval: 5 }).toBe(20);
  }
  for (const sequences of seen) expect(sequences).toEqual([1, 2, 3, 4, 5, 6]);
});
