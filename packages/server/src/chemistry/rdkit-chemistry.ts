/**
 * Chemistry by RDKit: in threads as WebAssembly, which every installation has, or by processes of RDKit for Python, which read several
 * times as fast where `omtx setup` made their environment. Both are the same version and give the same answers; what the two could read
 * differently (molecules large enough for the stack of WebAssembly to count, molblocks, extended SMILES) is always read in threads.
 */
import { ChemistryPool } from './chemistry-pool.ts';
import type { Chemistry, MoleculeQuery, MoleculeReading, PatternReading, Urgency } from './chemistry.ts';
import { pythonStarter } from './python-worker.ts';
import { unreadable } from './questions.ts';
import { refusalOf } from './refusals.ts';
import { threadStarter } from './thread-worker.ts';

export interface ChemistryOptions {
  /** Most threads, and most processes, at least 1. They start when they are first needed. */
  readonly threads: number;
  /** Program of a thread; another one only in tests. */
  readonly program?: URL;
  /** Interpreter with RDKit of the same version. */
  readonly python?: string | undefined;
  /** Told once when processes cannot start, and threads do all. */
  readonly onFallback?: (fault: unknown) => void;
}

export function openChemistry({ threads, program, python, onFallback = () => undefined }: ChemistryOptions): Chemistry {
  const inThreads = new ChemistryPool(threads, threadStarter(program), () =>
    Promise.resolve(unreadable('the chemistry library breaks on it; it may be nested too deeply')),
  );
  return python === undefined ? inThreads : new PythonFirst(threads, python, inThreads, onFallback);
}

/** Threads read chains of 600 atoms and break at 900; half of that is far from where the two could differ. */
const MAX_PYTHON_CHARACTERS = 300;

class PythonFirst implements Chemistry {
  readonly #inThreads: ChemistryPool;
  readonly #inProcesses: ChemistryPool;
  readonly #onFallback: (fault: unknown) => void;
  #isBroken = false;

  constructor(processes: number, python: string, inThreads: ChemistryPool, onFallback: (fault: unknown) => void) {
    this.#inThreads = inThreads;
    this.#onFallback = onFallback;
    this.#inProcesses = new ChemistryPool(processes, pythonStarter(python), async (question, urgency) => {
      const [answer] = await inThreads.ask([question], urgency);
      return answer ?? unreadable('the chemistry library breaks on it');
    });
  }

  async read(queries: readonly MoleculeQuery[], urgency: Urgency = 'answer'): Promise<readonly MoleculeReading[]> {
    const isFast = queries.map(isReadAlike);
    const [fast, others] = await Promise.all([
      this.#fast((pool) =>
        pool.read(
          queries.filter((_, place) => isFast[place]),
          urgency,
        ),
      ),
      this.#inThreads.read(
        queries.filter((_, place) => !isFast[place]),
        urgency,
      ),
    ]);
    const [nextFast, nextOther] = [fast.values(), others.values()];
    return isFast.flatMap((each) => (each ? nextFast : nextOther).next().value ?? []);
  }

  readPattern(text: string): Promise<PatternReading> {
    return this.#fast((pool) => pool.readPattern(text));
  }

  match(pattern: string, smiles: readonly string[], urgency?: Urgency): Promise<Uint8Array> {
    return this.#fast((pool) => pool.match(pattern, smiles, urgency));
  }

  async close(): Promise<void> {
    await Promise.all([this.#inProcesses.close(), this.#inThreads.close()]);
  }

  /** By processes, and by threads from the moment on at which processes cannot start. */
  async #fast<Reading>(work: (pool: ChemistryPool) => Promise<Reading>): Promise<Reading> {
    if (this.#isBroken) return work(this.#inThreads);
    try {
      return await work(this.#inProcesses);
    } catch (error) {
      if (!this.#isBroken) this.#onFallback(error);
      this.#isBroken = true;
      return work(this.#inThreads);
    }
  }
}

/** What a thread would refuse unread is the thread's to refuse. */
function isReadAlike({ smiles }: MoleculeQuery): boolean {
  return (
    smiles !== undefined &&
    smiles.length <= MAX_PYTHON_CHARACTERS &&
    !smiles.includes('|') &&
    refusalOf(smiles.trim(), 'SMILES') === undefined
  );
}
