/** The events of a job as they happen, each once and in order. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobEvent } from '@omtx/contract';
import { readEvents } from '../storage/events.ts';
import type { Listener } from '../storage/listener.ts';
import { EVENT_CHANNEL } from '../storage/notify.ts';
import type { HubContext, Principal } from './context.ts';
import { jobIdOf, notFound } from './read-jobs.ts';

const PAGE = 500;
/** A notice that was missed costs at most this long. */
const LOOK_EVERY_MS = 10_000;

/**
 * Events after `after`; ends behind the one that finishes the job, or when the signal is aborted.
 * @throws HubError job_not_found before the first event
 */
export async function* followEvents(
  ctx: HubContext,
  listener: Listener,
  { owner }: Principal,
  id: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<JobEvent> {
  const jobId = jobIdOf(id);
  let wake = new AbortController();
  const unsubscribe = await listener.subscribe(EVENT_CHANNEL, (payload) => {
    if (payload === undefined || payload.startsWith(`${jobId}:`)) wake.abort();
  });
  const end = (): void => {
    wake.abort();
  };
  signal.addEventListener('abort', end);
  try {
    for (let seen = after; !signal.aborted;) {
      wake = new AbortController();
      const events = await readEvents(ctx.db, owner, jobId, seen, PAGE);
      if (!events) throw notFound(id);
      for (const event of events) {
        seen = event.sequence;
        yield event;
        if (event.kind === 'finished') return;
      }
      if (events.length === PAGE || signal.aborted) continue;
      await sleep(LOOK_EVERY_MS, undefined, { signal: wake.signal }).catch(() => undefined);
    }
  } finally {
    signal.removeEventListener('abort', end);
    unsubscribe();
  }
}
