/**
 * Chemistry by RDKit: in threads as WebAssembly, which every installation has, or by processes of RDKit for Python, which read several
 * times as fast where `omtx setup` made their environment. Both are the same version and give the same answers; what the two could read
 * differently (molecules large enough for the stack of WebAssembly to count, molblocks, extended SMILES) is always read in threads.
 */
import { ChemistryPool } from './chemistry-pool.ts';
import type { Chemistry, MoleculeQuery, MoleculeReading, Urgency } from './chemistry.ts';
import { pythonStarter } from './python-worker.ts';
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
    Promise.resolve({ kind: 'unreadable', reason: 'the chemistry library breaks on it; it may be nested too deeply' }),
  );
  return python === undefined ? inThreads : new PythonFirst(threads, python, inThreads, onFallback);
}

/** Threads read chains of 600 atoms and break at 900; half of that is far from where the two could differ. */
const MAX_PYTHON_CHARACTERS = 300;

class PythonFirst implements Chemistry {
  readonly #inThreads: Chemistry;
  readonly #inProcesses: Chemistry;
  readonly #onFallback: (fault: unknown) => void;
  #isBroken = false;

  constructor(processes: number, python: string, inThreads: Chemistry, onFallback: (fault: unknown) => void) {
    this.#inThreads = inThreads;
    this.#onFallback = onFallback;
    this.#inProcesses = new ChemistryPool(processes, pythonStarter(python), async (query, urgency) => {
      const [reading] = await inThreads.read([query], urgency);
      return reading ?? { kind: 'unreadable', reason: 'the chemistry library breaks on it' };
    });
  }

  async read(queries: readonly MoleculeQuery[], urgency: Urgency = 'answer'): Promise<readonly MoleculeReading[]> {
    if (this.#isBroken) return this.#inThreads.read(queries, urgency);
    const isFast = queries.map(isReadAlike);
    const [fast, others] = await Promise.all([
      this.#readFast(
        queries.filter((_, place) => isFast[place]),
        urgency,
      ),
      this.#inThreads.read(
        queries.filter((_, place) => !isFast[place]),
        urgency,
      ),
    ]);
    const [nextFast, nextOther] = [fast.values(), others.values()];
    return isFast.flatMap((each) => (each ? nextFast : nextOther).next().value ?? []);
  }

  async close(): Promise<void> {
    await Promise.all([this.#inProcesses.close(), this.#inThreads.close()]);
  }

  async #readFast(queries: readonly MoleculeQuery[], urgency: Urgency): Promise<readonly MoleculeReading[]> {
    try {
      return await this.#inProcesses.read(queries, urgency);
    } catch (error) {
      if (!this.#isBroken) this.#onFallback(error);
      this.#isBroken = true;
      return this.#inThreads.read(queries, urgency);
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
