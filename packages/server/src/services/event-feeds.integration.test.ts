/** Events of a job handed out to many readers, on a real PostgreSQL. */
import { HubError, LOCAL_OWNER, ownerId, type JobId, type OwnerId } from '@omtx/contract';
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

/** Follows the job with a reader for each owner. @returns what each has seen so far; -1 where it was told that there is no such job */
function followAll(id: JobId, owners: readonly OwnerId[], after = 0): readonly (readonly number[])[] {
  const listener = openListener(batches.url, () => undefined);
  const feeds = new EventFeeds(batches.db, listener);
  const stop = new AbortController();
  const seen = owners.map((): number[] => []);
  const following = owners.map(async (owner, reader) => {
    try {
      for await (const event of feeds.follow(owner, id, after, stop.signal)) seen[reader]?.push(event.sequence);
    } catch (error) {
      if (!(error instanceof HubError && error.code === 'job_not_found')) throw error;
      seen[reader]?.push(-1);
    }
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
  const seen = followAll(
    id,
    Array.from({ length: 20 }, () => LOCAL_OWNER),
  );
  await expect.poll(() => seen.every((sequences) => sequences.length === 1), { timeout: 20_000 }).toBe(true);
  for (let event = 2; event <= 6; event++) {
    await appendEvent(batches.db, id, 'progress', [0]);
    // Without its notice a reader looks again after ten seconds.
    await expect.poll(() => seen.filter((sequences) => sequences.at(-1) === event).length, { timeout: 8_000, interval: 5 }).toBe(20);
  }
  for (const sequences of seen) expect(sequences).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a foreign owner gets no event of a job that its own owner follows, wherever the reading begins', async () => {
  const id = await batches.submit(2);
  const mine = followAll(id, [LOCAL_OWNER]);
  await expect.poll(() => mine[0]?.length, { timeout: 20_000 }).toBe(1);
  await appendEvent(batches.db, id, 'progress', [0]);
  await expect.poll(() => mine[0]?.length, { timeout: 20_000 }).toBe(2);
  for (const after of [0, 1, 2]) {
    const both = followAll(id, [LOCAL_OWNER, ownerId('somebody')], after);
    await expect.poll(() => both[1], { timeout: 20_000 }).toEqual([-1]);
  }
});
