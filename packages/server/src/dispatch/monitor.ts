/** Looks after what no worker does: lost runs, lost messages, cancelled rows, parents that were not finished. Any number may run. */
import type { Logger } from 'pino';
import { writeDownCancelledRows } from '../storage/cancel.ts';
import type { Database } from '../storage/database.ts';
import { endRun } from '../storage/runs/end-run.ts';
import { findLostRuns, findUnwrittenCancels, findWaitingModels, freeDeadMessages, repairFinished } from '../storage/runs/watch.ts';
import { wakeWorkers } from '../storage/wake.ts';

const EVERY_MS = 5_000;

export class Monitor {
  readonly #db: Database;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | undefined;

  constructor(db: Database, log: Logger) {
    this.#db = db;
    this.#log = log;
    this.#timer = setInterval(() => void this.look(), EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** One round; a round in work is joined. Never rejects: the next round tries again. */
  look(): Promise<void> {
    this.#looking ??= this.#round()
      .catch((error: unknown) => {
        this.#log.error({ event: 'monitor_failed', err: error }, 'the monitor failed; it tries again');
      })
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  async #round(): Promise<void> {
    for (const runId of await findLostRuns(this.#db)) {
      if (await endRun(this.#db, runId, 'lost'))
        this.#log.warn({ event: 'run_lost', runId }, 'the lease of a run is over; its rows are put back');
    }
    for (const jobId of await findUnwrittenCancels(this.#db)) await writeDownCancelledRows(this.#db, jobId);
    for (const jobId of await repairFinished(this.#db)) {
      this.#log.error({ event: 'unfinished_parent', jobId }, 'a job had an outcome for every row and was not finished; it is now');
    }
    const freed = await freeDeadMessages(this.#db);
    if (freed > 0) this.#log.warn({ event: 'messages_freed', holders: freed }, 'queue messages of dead workers were freed');
    for (const modelId of await findWaitingModels(this.#db)) await wakeWorkers(this.#db, modelId);
  }
}
