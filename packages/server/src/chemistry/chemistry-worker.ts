/** One worker of a pool: a thread with RDKit.js, or a process with RDKit for Python. Takes one group of queries at a time. */
import type { MoleculeQuery, MoleculeReading } from './chemistry.ts';

export interface ChemistryWorker {
  post(queries: readonly MoleculeQuery[]): void;
  /** A worker that is at work keeps the program alive; an idle one does not. */
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

export interface WorkerEvents {
  /** RDKit is loaded; told once, before the first readings. What ends the worker after this is a molecule's doing. */
  readonly ready: () => void;
  readonly answered: (readings: readonly MoleculeReading[]) => void;
  readonly gone: (fault: Error | undefined) => void;
}

export type StartWorker = (events: WorkerEvents) => ChemistryWorker;
