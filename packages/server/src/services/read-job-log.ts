/** What happened to a job, line by line: its events, and the attempts of its row that did not count. */
import { parseId } from '@omtx/contract';
import { readEvents } from '../storage/events.ts';
import type { HubContext, Principal } from './context.ts';
import { notFound } from './read-jobs.ts';

export interface LogLine {
  readonly at: string;
  readonly level: 'info' | 'error';
  readonly source: 'hub';
  readonly message: string;
}

const MOST_EVENTS = 500;

/** The first lines of a job, or of the batch of a child. @throws HubError job_not_found */
export async function readJobLog(ctx: HubContext, { owner }: Principal, id: string): Promise<readonly LogLine[]> {
  const parsed = parseId(id);
  const events = parsed && (await readEvents(ctx.db, owner, parsed.jobId, 0, MOST_EVENTS));
  if (!events) throw notFound(id);
  return events.map(({ at, kind, status, progress }) => ({
    at,
    level: kind === 'finished' && status === 'failed' ? 'error' : 'info',
    source: 'hub',
    message: `${kind}: ${status}, ${String(progress.completed)} completed and ${String(progress.failed)} failed of ${String(progress.total)}`,
  }));
}
