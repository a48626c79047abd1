/** A chemistry thread: takes groups of queries and answers each with its readings, in order. */
import { parentPort } from 'node:worker_threads';
import type { MoleculeQuery, MoleculeReading } from './chemistry.ts';
import { MoleculeReader } from './molecule-reader.ts';
import { loadRdkit } from './rdkit-module.ts';

export interface ThreadRequest {
  readonly queries: readonly MoleculeQuery[];
}

export type ThreadAnswer =
  /** RDKit is loaded; sent once, before the first readings. What ends the thread after this is a molecule's doing. */
  { readonly kind: 'ready' } | { readonly kind: 'readings'; readonly readings: readonly MoleculeReading[] };

/** After a fault inside WebAssembly the module's memory cannot be trusted: the fault ends the thread, and the pool starts another. */
async function serve(): Promise<void> {
  const reader = new MoleculeReader(await loadRdkit());
  tell({ kind: 'ready' });
  parentPort?.on('message', ({ queries }: ThreadRequest) => {
    tell({ kind: 'readings', readings: queries.map((query) => reader.read(query)) });
  });
}

function tell(answer: ThreadAnswer): void {
  parentPort?.postMessage(answer);
}

await serve();
