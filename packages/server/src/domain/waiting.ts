/** Why a job does not move, in words that a user can act on. Pure. */

export interface WaitingJob {
  readonly modelId: string;
  readonly modelVersion: string;
  readonly running: number;
  readonly finishedAt: Date | null;
  readonly cancelledAt: Date | null;
  readonly pausedAt: Date | null;
  /** A worker holds rows of it now, started or not. */
  readonly isHeld: boolean;
  readonly hasRowsToGive: boolean;
  readonly backOffUntil: Date | null;
  readonly workersAlive: number;
  readonly offeredUntil: Date | null;
  readonly jobsAhead: number;
  readonly ownRunning: number;
  readonly atOwnerLimit: boolean;
  readonly atModelLimit: boolean;
  readonly needsGpu: boolean;
}

/** @returns null while it moves or is final. Times are UTC. */
export function waitingFor(job: WaitingJob): string | null {
  if (job.finishedAt !== null || job.running > 0) return null;
  if (job.cancelledAt !== null) return 'Its open rows are being written down as cancelled.';
  if (job.pausedAt !== null) return `It is paused since ${timeOf(job.pausedAt)}; resume it to go on.`;
  if (job.isHeld) return 'A worker loads the model and prepares the shared input.';
  const model = `${job.modelId} ${job.modelVersion}`;
  if (job.workersAlive === 0) {
    const since =
      job.offeredUntil === null ? `No worker has offered ${model} yet` : `No worker offers ${model} since ${timeOf(job.offeredUntil)}`;
    const host = `a host ${job.needsGpu ? 'with a GPU ' : ''}where the model is installed`;
    return `${since}. Start one with "omtx work" on ${host}.`;
  }
  if (!job.hasRowsToGive) {
    if (job.backOffUntil !== null) return `Its rows wait until ${timeOf(job.backOffUntil)} before they are tried again.`;
    return 'Its rows are being prepared.';
  }
  if (job.atModelLimit) return `${model} runs as many rows as this hub allows for it; waiting for a slot, ${place(job)}.`;
  if (job.atOwnerLimit)
    return `Waiting for a free slot: your jobs run as many rows as you may have at once (${plural(job.ownRunning)} of yours run).`;
  const slot = job.needsGpu ? 'a GPU slot' : 'a free slot';
  const own = job.ownRunning > 0 ? `: ${plural(job.ownRunning)} of yours run` : '';
  return `Waiting for ${slot}, ${place(job)}${own}.`;
}

/** Nothing but a person moves it on. */
export function needsSomebody({ finishedAt, cancelledAt, pausedAt, isHeld, workersAlive }: WaitingJob): boolean {
  if (finishedAt !== null || cancelledAt !== null) return false;
  return pausedAt !== null || (!isHeld && workersAlive === 0);
}

function place({ jobsAhead }: WaitingJob): string {
  const number = jobsAhead + 1;
  const ending = number % 100 >= 11 && number % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][number % 10] ?? 'th');
  return `${String(number)}${ending} in line`;
}

function plural(jobs: number): string {
  return jobs === 1 ? '1 other job' : `${String(jobs)} other jobs`;
}

/** `14:02` of today's clock would be wrong tomorrow, so the date is there. */
function timeOf(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
