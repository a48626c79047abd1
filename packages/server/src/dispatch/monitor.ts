/** Looks after what no worker does: lost runs, lost messages, cancelled rows, parents that were not finished. Any number may run. */
import type { RunId } from '@omtx/contract';
import type { Logger } from 'pino';
import { writeDownCancelledRows } from '../storage/cancel.ts';
import type { Meter } from '../observe/meter.ts';
import type { Database } from '../storage/database.ts';
import { endRun } from '../storage/runs/end-run.ts';
import {
  findLostRuns,
  findUnwrittenCancels,
  findWaitingModels,
  freeDeadMessages,
  recountSlots,
  repairFinished,
} from '../storage/runs/watch.ts';
import { foldTallies } from '../storage/tallies.ts';
import { wakeWorkers } from '../storage/wake.ts';

const EVERY_MS = 5_000;
/** Three heartbeats. */
const GRACE_MS = 15_000;

export class Monitor {
  readonly #db: Database;
  readonly #log: Logger;
  readonly #meter: Meter;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | undefined;
  /** By this process's own clock. */
  #graceUntilMs = 0;

  constructor({ db, log, meter }: { readonly db: Database; readonly log: Logger; readonly meter: Meter }) {
    this.#db = db;
    this.#log = log;
    this.#meter = meter;
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
        this.#graceUntilMs = performance.now() + GRACE_MS;
        this.#log.error({ event: 'monitor_failed', err: error }, 'the monitor failed; it tries again');
      })
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  /** A worker could not send its heartbeat to a database that was away, so after such a time leases are given one more term. */
  async #lostRuns(): Promise<readonly RunId[]> {
    const lost = await findLostRuns(this.#db);
    return performance.now() < this.#graceUntilMs ? [] : lost;
  }

  async #round(): Promise<void> {
    for (const runId of await this.#lostRuns()) {
      if (!(await endRun(this.#db, runId, 'lost'))) continue;
      this.#meter.countLeaseLost();
      this.#log.warn({ event: 'run_lost', runId }, 'the lease of a run is over; its rows are put back');
    }
    for (const jobId of await findUnwrittenCancels(this.#db)) await writeDownCancelledRows(this.#db, jobId);
    for (const jobId of await repairFinished(this.#db)) {
      this.#log.error({ event: 'unfinished_parent', jobId }, 'a job had an outcome for every row and was not finished; it is now');
    }
    for (const whose of await recountSlots(this.#db)) {
      this.#log.error({ event: 'slots_recounted', whose }, 'slots in use were not those of the live runs; they are now');
    }
    const freed = await freeDeadMessages(this.#db);
    if (freed > 0) this.#log.warn({ event: 'messages_freed', holders: freed }, 'queue messages of dead workers were freed');
    await foldTallies(this.#db);
    for (const modelId of await findWaitingModels(this.#db)) await wakeWorkers(this.#db, modelId);
  }
}
