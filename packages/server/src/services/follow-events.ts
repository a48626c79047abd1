/** The events of a job as they happen, each once and in order. */
import type { JobEvent } from '@omtx/contract';
import type { Principal } from './context.ts';
import type { EventFeeds } from './event-feeds.ts';
import { jobIdOf } from './read-jobs.ts';

/**
 * Events after `after`; ends behind the last one of a job that is finished, or when the signal is aborted. A job that was retried has
 * finished before, and goes on.
 * @throws HubError job_not_found before the first event
 */
export function followEvents(
  feeds: EventFeeds,
  { owner }: Principal,
  id: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<JobEvent> {
  return feeds.follow(owner, jobIdOf(id), after, signal);
}
