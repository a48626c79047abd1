/** Shows a job until it is final. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobDetail, JobEvent, JobStatus, Progress } from '@omtx/contract';
import { EXIT } from './exit-codes.ts';
import { progressLine } from './progress-line.ts';

/** What of the client is needed, so that a test can stand in for a hub. */
export interface JobSource {
  getJob(id: string): Promise<JobDetail>;
  watchJob(id: string, signal: AbortSignal): AsyncIterable<JobEvent>;
}

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** Where the progress goes; nowhere when absent. */
  readonly out?: NodeJS.WriteStream;
  /** At least so long between two lines where `out` is no terminal. */
  readonly lineEverySeconds?: number;
}

const REDRAW_MS = 1_000;
const LINE_EVERY_SECONDS = 10;
/** Where `out` is no terminal: a sign of life while nothing changes. */
const SAME_LINE_EVERY_MS = 30_000;
/** Events tell of outcomes; what runs between two of them, and what the job waits for, is asked for. */
const ASK_MS = 2_000;

/** @returns the job as it ended; its progress is drawn meanwhile */
export async function watch(client: JobSource, id: string, options: WatchOptions): Promise<JobDetail> {
  const { signal, out } = options;
  let job = await client.getJob(id);
  if (out === undefined) return untilFinal(client, job, signal, () => undefined);
  const display = new ProgressDisplay(out, job);
  const stop = new AbortController();
  const ending = AbortSignal.any([signal, stop.signal]);
  const timer = setInterval(
    () => {
      display.draw();
    },
    out.isTTY ? REDRAW_MS : 1_000 * (options.lineEverySeconds ?? LINE_EVERY_SECONDS),
  );
  const asking = ask(client, id, display, ending);
  try {
    display.draw();
    job = await untilFinal(client, job, signal, (event) => {
      display.show(event.progress, null);
      if (out.isTTY) display.draw();
    });
    display.show(job.progress, null);
    return job;
  } finally {
    clearInterval(timer);
    stop.abort();
    await asking;
    display.end();
  }
}

/** The stream ends early when its connection breaks; the job is the truth. */
async function untilFinal(client: JobSource, first: JobDetail, signal: AbortSignal, tell: (event: JobEvent) => void): Promise<JobDetail> {
  let job = first;
  while (!isFinal(job.status) || job.finishedAt === null) {
    for await (const event of client.watchJob(job.id, signal)) {
      tell(event);
    }
    signal.throwIfAborted();
    job = await client.getJob(job.id);
  }
  return job;
}

async function ask(client: JobSource, id: string, display: ProgressDisplay, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // A hub that is away for a moment is noticed by the stream of events; here the next look is soon enough.
    const job = await client.getJob(id).catch(() => undefined);
    if (job && !signal.aborted) display.show(job.progress, job.waitingFor);
    await sleep(ASK_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** The latest progress as a line; the time left runs on between two looks at the job. */
class ProgressDisplay {
  readonly #out: NodeJS.WriteStream;
  readonly #startedAt = Date.now();
  #progress: Progress;
  #waitingFor: string | null;
  #estimatedAt = Date.now();
  /** Of the last line where `out` is no terminal: what it said, without times, and when. */
  #said = { state: '', at: 0 };

  constructor(out: NodeJS.WriteStream, { progress, waitingFor }: JobDetail) {
    this.#out = out;
    this.#progress = progress;
    this.#waitingFor = waitingFor;
  }

  /** An estimate is made anew when a row has ended; between two ends it would only grow. */
  show(progress: Progress, waitingFor: string | null): void {
    const known = this.#progress;
    const isSame = finalCount(progress) === finalCount(known) && known.secondsLeft !== null;
    if (!isSame) this.#estimatedAt = Date.now();
    this.#progress = isSame ? { ...progress, secondsLeft: known.secondsLeft } : progress;
    this.#waitingFor = waitingFor;
  }

  draw(now = Date.now()): void {
    const { secondsLeft } = this.#progress;
    const left = secondsLeft === null ? null : Math.max(0, secondsLeft - (now - this.#estimatedAt) / 1_000);
    const text = progressLine(this.#progress, (now - this.#startedAt) / 1_000, left, this.#waitingFor);
    if (!this.#out.isTTY) {
      this.#say(text, now);
      return;
    }
    const width = this.#out.columns;
    this.#out.write(`\r\u001B[2K${text.length >= width ? `${text.slice(0, width - 2)}~` : text}`);
  }

  end(): void {
    this.draw();
    if (this.#out.isTTY) this.#out.write('\n');
  }

  /** A log gets a line when something changed, and now and then one while nothing does. */
  #say(text: string, now: number): void {
    const state = progressLine(this.#progress, 0, null, this.#waitingFor);
    if (state === this.#said.state && now - this.#said.at < SAME_LINE_EVERY_MS) return;
    this.#said = { state, at: now };
    this.#out.write(`${text}\n`);
  }
}

function finalCount({ completed, failed, cancelled }: Progress): number {
  return completed + failed + cancelled;
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
