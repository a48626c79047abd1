/** Chemistry by RDKit in a pool of worker threads, so that a library of 100,000 molecules does not stop the hub from answering. */
import { Worker } from 'node:worker_threads';
import type { ThreadAnswer, ThreadRequest } from './chemistry-thread.ts';
import type { Chemistry, MoleculeQuery, MoleculeReading } from './chemistry.ts';

/** About 50 ms of work: enough to hide the cost of a message, little enough that a small request does not wait long behind a big one. */
const QUERIES_PER_MESSAGE = 64;

export interface ChemistryOptions {
  /** Most threads, at least 1. They start when they are first needed. */
  readonly threads: number;
  /** Program of a thread; another one only in tests. */
  readonly program?: URL;
}

/** A group of queries on its way; its promise is always kept. */
interface Work {
  readonly queries: readonly MoleculeQuery[];
  readonly done: (readings: readonly MoleculeReading[]) => void;
  readonly fail: (error: Error) => void;
}

export function openChemistry({ threads, program = new URL('./chemistry-thread.ts', import.meta.url) }: ChemistryOptions): Chemistry {
  return new RdkitChemistry(Math.max(1, threads), program);
}

/**
 * States of a thread: `starting or idle` (in #idle) -> `busy` (holds one Work) -> idle | `gone`.
 * A thread that ends while busy is not started again for its own sake: its work is put back in halves, so that the molecule that
 * breaks RDKit is found in six steps and answered as unreadable, and its neighbours are read. Another thread starts for the work.
 */
class RdkitChemistry implements Chemistry {
  readonly #most: number;
  readonly #program: URL;
  readonly #waiting: Work[] = [];
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Work>();
  #closed = false;

  constructor(most: number, program: URL) {
    this.#most = most;
    this.#program = program;
  }

  async read(queries: readonly MoleculeQuery[]): Promise<readonly MoleculeReading[]> {
    const groups: Promise<readonly MoleculeReading[]>[] = [];
    for (let start = 0; start < queries.length; start += QUERIES_PER_MESSAGE)
      groups.push(this.#submit(queries.slice(start, start + QUERIES_PER_MESSAGE)));
    return (await Promise.all(groups)).flat();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const threads = [...this.#idle.splice(0), ...this.#busy.keys()];
    for (const work of [...this.#waiting.splice(0), ...this.#busy.values()]) work.fail(closedError());
    this.#busy.clear();
    await Promise.all(threads.map((thread) => thread.terminate()));
  }

  #submit(queries: readonly MoleculeQuery[]): Promise<readonly MoleculeReading[]> {
    return new Promise((done, fail) => {
      if (this.#closed) {
        fail(closedError());
        return;
      }
      this.#waiting.push({ queries, done, fail });
      this.#giveOut();
    });
  }

  #giveOut(): void {
    while (this.#waiting.length > 0 && (this.#idle.length > 0 || this.#busy.size < this.#most)) {
      const thread = this.#idle.pop() ?? this.#start();
      const work = this.#waiting.shift();
      if (!work) return;
      this.#busy.set(thread, work);
      // A thread that is at work keeps the process alive; an idle one does not.
      thread.ref();
      const request: ThreadRequest = { queries: work.queries };
      thread.postMessage(request);
    }
  }

  #start(): Worker {
    const thread = new Worker(this.#program, { name: 'chemistry' });
    let isReady = false;
    let fault: Error | undefined;
    thread.on('message', (answer: ThreadAnswer) => {
      if (answer.kind === 'ready') isReady = true;
      else this.#answered(thread, answer.readings);
    });
    thread.on('error', (error: Error) => {
      fault = error;
    });
    thread.on('exit', () => {
      this.#gone(thread, isReady, fault);
    });
    return thread;
  }

  #answered(thread: Worker, readings: readonly MoleculeReading[]): void {
    const work = this.#busy.get(thread);
    this.#busy.delete(thread);
    if (this.#closed) return;
    this.#idle.push(thread);
    thread.unref();
    work?.done(readings);
    this.#giveOut();
  }

  #gone(thread: Worker, wasReady: boolean, fault: Error | undefined): void {
    const place = this.#idle.indexOf(thread);
    if (place !== -1) this.#idle.splice(place, 1);
    const work = this.#busy.get(thread);
    this.#busy.delete(thread);
    if (this.#closed) return;
    if (work && !wasReady) work.fail(new Error('a chemistry thread could not start', { cause: fault }));
    else if (work && work.queries.length > 1) this.#readInHalves(work);
    else work?.done([{ kind: 'unreadable', reason: 'the chemistry library breaks on it; it may be nested too deeply' }]);
    this.#giveOut();
  }

  #readInHalves({ queries, done, fail }: Work): void {
    const middle = Math.ceil(queries.length / 2);
    Promise.all([this.#submit(queries.slice(0, middle)), this.#submit(queries.slice(middle))]).then((halves) => {
      done(halves.flat());
    }, fail);
  }
}

function closedError(): Error {
  return new Error('the chemistry is closed');
}
