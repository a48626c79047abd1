/** One worker of a pool: a thread with RDKit.js, or a process with RDKit for Python. Takes one group of questions at a time. */
import type { Answer, Question } from './questions.ts';

export interface ChemistryWorker {
  post(questions: readonly Question[]): void;
  /** A worker that is at work keeps the program alive; an idle one does not. */
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

export interface WorkerEvents {
  /** RDKit is loaded; told once, before the first answers. What ends the worker after this is a molecule's doing. */
  readonly ready: () => void;
  readonly answered: (answers: readonly Answer[]) => void;
  readonly gone: (fault: Error | undefined) => void;
}

export type StartWorker = (events: WorkerEvents) => ChemistryWorker;
