/** A chemistry thread: takes groups of queries and answers each with its readings, in order. */
import { parentPort } from 'node:worker_threads';
import type { MoleculeQuery, MoleculeReading } from './chemistry.ts';
import { MoleculeReader } from './molecule-reader.ts';
import { loadRdkit } from './rdkit-module.ts';

export interface ThreadRequest {
  readonly queries: readonly MoleculeQuery[];
}

export interface ThreadAnswer {
  readonly readings: readonly MoleculeReading[];
}

/** After a fault inside WebAssembly the module's memory cannot be trusted: the fault ends the thread, and the pool starts another. */
async function serve(): Promise<void> {
  const reader = new MoleculeReader(await loadRdkit());
  parentPort?.on('message', ({ queries }: ThreadRequest) => {
    const answer: ThreadAnswer = { readings: queries.map((query) => reader.read(query)) };
    parentPort?.postMessage(answer);
  });
}

await serve();
