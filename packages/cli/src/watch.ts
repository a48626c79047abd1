/** Shows a job until it is final. */
import type { OmtxClient } from '@omtx/client';
import type { JobDetail, JobStatus } from '@omtx/contract';
import { EXIT } from './exit-codes.ts';
import { progressLine } from './progress-line.ts';

const REDRAW_MS = 1_000;
const LINE_EVERY_MS = 10_000;

/** Progress goes to stderr, so that stdout stays what was asked for. */
export async function watch(client: OmtxClient, id: string, signal: AbortSignal, isQuiet: boolean): Promise<JobDetail> {
  const { stderr } = process;
  const isLive = stderr.isTTY === true;
  const startedAt = Date.now();
  let job = await client.getJob(id);
  let latest = job.progress;
  const draw = (): void => {
    if (isQuiet) return;
    stderr.write(isLive ? `\r\u001B[2K${progressLine(latest, startedAt)}` : `${progressLine(latest, startedAt)}\n`);
  };
  draw();
  const timer = setInterval(draw, isLive ? REDRAW_MS : LINE_EVERY_MS);
  try {
    while (!isFinal(job.status) || job.finishedAt === null) {
      for await (const event of client.watchJob(id, signal)) {
        latest = event.progress;
        if (isLive) draw();
      }
      job = await client.getJob(id);
    }
    latest = job.progress;
    draw();
    return job;
  } finally {
    clearInterval(timer);
    if (isLive && !isQuiet) stderr.write('\n');
  }
}

export function exitCodeOf(status: JobStatus): number {
  switch (status) {
    case 'failed':
      return EXIT.jobFailed;
    case 'cancelled':
      return EXIT.jobCancelled;
    case 'pending':
    case 'running':
    case 'completed':
      return EXIT.ok;
    default:
      return status satisfies never;
  }
}

function isFinal(status: JobStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}
