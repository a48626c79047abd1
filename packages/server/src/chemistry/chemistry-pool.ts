/** A pool of chemistry workers, so that a library of 100,000 molecules does not stop the hub from answering. */
import type { ChemistryWorker, StartWorker } from './chemistry-worker.ts';
import type { Chemistry, MoleculeQuery, MoleculeReading, Urgency } from './chemistry.ts';

/** About 50 ms of work: enough to hide the cost of a message, little enough that a small request does not wait long behind a big one. */
const QUERIES_PER_MESSAGE = 64;

/** Reads a molecule that ended a worker by other means, or says why it cannot be read. */
export type BreakingReader = (query: MoleculeQuery, urgency: Urgency) => Promise<MoleculeReading>;

/** A group of queries on its way; its promise is always kept. */
interface Work {
  readonly queries: readonly MoleculeQuery[];
  readonly urgency: Urgency;
  readonly done: (readings: readonly MoleculeReading[]) => void;
  readonly fail: (error: Error) => void;
}

/**
 * States of a worker: `starting or idle` (in #idle) -> `busy` (holds one Work) -> idle | `gone`.
 * A worker that ends while busy is not started again for its own sake: its work is put back in halves, so that the molecule that
 * breaks RDKit is found in six steps and answered as unreadable, and its neighbours are read. Another worker starts for the work.
 */
export class ChemistryPool implements Chemistry {
  readonly #most: number;
  readonly #startWorker: StartWorker;
  readonly #readBreaking: BreakingReader;
  readonly #waiting: Readonly<Record<Urgency, Work[]>> = { answer: [], background: [] };
  readonly #idle: ChemistryWorker[] = [];
  readonly #busy = new Map<ChemistryWorker, Work>();
  #closed = false;

  /** @param most workers, which start when they are first needed @param readBreaking what is said of a molecule that ends a worker */
  constructor(most: number, startWorker: StartWorker, readBreaking: BreakingReader) {
    this.#most = Math.max(1, most);
    this.#startWorker = startWorker;
    this.#readBreaking = readBreaking;
  }

  async read(queries: readonly MoleculeQuery[], urgency: Urgency = 'answer'): Promise<readonly MoleculeReading[]> {
    const groups: Promise<readonly MoleculeReading[]>[] = [];
    for (let start = 0; start < queries.length; start += QUERIES_PER_MESSAGE)
      groups.push(this.#submit(queries.slice(start, start + QUERIES_PER_MESSAGE), urgency));
    return (await Promise.all(groups)).flat();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const workers = [...this.#idle.splice(0), ...this.#busy.keys()];
    const waiting = Object.values(this.#waiting).flatMap((works) => works.splice(0));
    for (const work of [...waiting, ...this.#busy.values()]) work.fail(closedError());
    this.#busy.clear();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #submit(queries: readonly MoleculeQuery[], urgency: Urgency): Promise<readonly MoleculeReading[]> {
    return new Promise((done, fail) => {
      if (this.#closed) {
        fail(closedError());
        return;
      }
      this.#waiting[urgency].push({ queries, urgency, done, fail });
      this.#giveOut();
    });
  }

  #giveOut(): void {
    while (this.#idle.length > 0 || this.#busy.size < this.#most) {
      const work = this.#waiting.answer.shift() ?? this.#waiting.background.shift();
      if (!work) return;
      const worker = this.#idle.pop() ?? this.#start();
      this.#busy.set(worker, work);
      worker.ref();
      worker.post(work.queries);
    }
  }

  #start(): ChemistryWorker {
    let isReady = false;
    const worker = this.#startWorker({
      ready: () => {
        isReady = true;
      },
      answered: (readings) => {
        this.#answered(worker, readings);
      },
      gone: (fault) => {
        this.#gone(worker, isReady, fault);
      },
    });
    return worker;
  }

  #answered(worker: ChemistryWorker, readings: readonly MoleculeReading[]): void {
    const work = this.#busy.get(worker);
    this.#busy.delete(worker);
    if (this.#closed) return;
    this.#idle.push(worker);
    worker.unref();
    work?.done(readings);
    this.#giveOut();
  }

  #gone(worker: ChemistryWorker, wasReady: boolean, fault: Error | undefined): void {
    const place = this.#idle.indexOf(worker);
    if (place !== -1) this.#idle.splice(place, 1);
    const work = this.#busy.get(worker);
    this.#busy.delete(worker);
    if (this.#closed) return;
    if (work && !wasReady) work.fail(new Error('a chemistry worker could not start', { cause: fault }));
    else if (work && work.queries.length > 1) this.#readInHalves(work);
    else if (work) this.#readBroken(work);
    this.#giveOut();
  }

  #readInHalves({ queries, urgency, done, fail }: Work): void {
    const middle = Math.ceil(queries.length / 2);
    Promise.all([this.#submit(queries.slice(0, middle), urgency), this.#submit(queries.slice(middle), urgency)]).then((halves) => {
      done(halves.flat());
    }, fail);
  }

  #readBroken({ queries, urgency, done, fail }: Work): void {
    Promise.all(queries.map((query) => this.#readBreaking(query, urgency))).then(done, fail);
  }
}

function closedError(): Error {
  return new Error('the chemistry is closed');
}
