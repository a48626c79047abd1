/** A pool of chemistry workers, so that a library of 100,000 molecules does not stop the hub from answering. */
import type { ChemistryWorker, StartWorker } from './chemistry-worker.ts';
import type { Chemistry, MoleculeQuery, MoleculeReading, PatternReading, Urgency } from './chemistry.ts';
import { isMatch, patternOf, readingOf, type Answer, type Question } from './questions.ts';

/** About 50 ms of work: enough to hide the cost of a message, little enough that a small request does not wait long behind a big one. */
const QUESTIONS_PER_MESSAGE = 64;
/** A match takes a tenth of a reading. */
const MATCHES_PER_MESSAGE = 512;

/** Answers by other means for a molecule that ended a worker, or says why it cannot be read. */
export type BreakingReader = (question: Question, urgency: Urgency) => Promise<Answer>;

/** A group of questions on its way; its promise is always kept. */
interface Work {
  readonly questions: readonly Question[];
  readonly urgency: Urgency;
  readonly done: (answers: readonly Answer[]) => void;
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
    return (
      await this.ask(
        queries.map((query) => ({ ask: 'read', ...query })),
        urgency,
      )
    ).map(readingOf);
  }

  async readPattern(text: string): Promise<PatternReading> {
    const [answer] = await this.ask([{ ask: 'pattern', text }], 'answer');
    return patternOf(answer);
  }

  async match(pattern: string, smiles: readonly string[], urgency: Urgency = 'answer'): Promise<Uint8Array> {
    const answers = await this.ask(
      smiles.map((each) => ({ ask: 'match', smiles: each, pattern })),
      urgency,
    );
    return Uint8Array.from(answers, (answer) => (isMatch(answer) ? 1 : 0));
  }

  async ask(questions: readonly Question[], urgency: Urgency): Promise<readonly Answer[]> {
    const perMessage = questions[0]?.ask === 'match' ? MATCHES_PER_MESSAGE : QUESTIONS_PER_MESSAGE;
    const groups: Promise<readonly Answer[]>[] = [];
    for (let start = 0; start < questions.length; start += perMessage)
      groups.push(this.#submit(questions.slice(start, start + perMessage), urgency));
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

  #submit(questions: readonly Question[], urgency: Urgency): Promise<readonly Answer[]> {
    return new Promise((done, fail) => {
      if (this.#closed) {
        fail(closedError());
        return;
      }
      this.#waiting[urgency].push({ questions, urgency, done, fail });
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
      worker.post(work.questions);
    }
  }

  #start(): ChemistryWorker {
    let isReady = false;
    const worker = this.#startWorker({
      ready: () => {
        isReady = true;
      },
      answered: (answers) => {
        this.#answered(worker, answers);
      },
      gone: (fault) => {
        this.#gone(worker, isReady, fault);
      },
    });
    return worker;
  }

  #answered(worker: ChemistryWorker, answers: readonly Answer[]): void {
    const work = this.#busy.get(worker);
    this.#busy.delete(worker);
    if (this.#closed) return;
    this.#idle.push(worker);
    worker.unref();
    work?.done(answers);
    this.#giveOut();
  }

  #gone(worker: ChemistryWorker, wasReady: boolean, fault: Error | undefined): void {
    const place = this.#idle.indexOf(worker);
    if (place !== -1) this.#idle.splice(place, 1);
    const work = this.#busy.get(worker);
    this.#busy.delete(worker);
    if (this.#closed) return;
    if (work && !wasReady) work.fail(new Error('a chemistry worker could not start', { cause: fault }));
    else if (work && work.questions.length > 1) this.#readInHalves(work);
    else if (work) this.#readBroken(work);
    this.#giveOut();
  }

  #readInHalves({ questions, urgency, done, fail }: Work): void {
    const middle = Math.ceil(questions.length / 2);
    Promise.all([this.#submit(questions.slice(0, middle), urgency), this.#submit(questions.slice(middle), urgency)]).then((halves) => {
      done(halves.flat());
    }, fail);
  }

  #readBroken({ questions, urgency, done, fail }: Work): void {
    Promise.all(questions.map((question) => this.#readBreaking(question, urgency))).then(done, fail);
  }
}

function closedError(): Error {
  return new Error('the chemistry is closed');
}
