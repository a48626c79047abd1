/** A chemistry thread: takes groups of questions and answers them in order. */
import { parentPort } from 'node:worker_threads';
import { MoleculeReader } from './molecule-reader.ts';
import type { Answer, Question } from './questions.ts';
import { loadRdkit } from './rdkit-module.ts';

export interface ThreadRequest {
  readonly questions: readonly Question[];
}

export type ThreadAnswer =
  /** RDKit is loaded; sent once, before the first answers. What ends the thread after this is a molecule's doing. */
  { readonly kind: 'ready' } | { readonly kind: 'answers'; readonly answers: readonly Answer[] };

/** After a fault inside WebAssembly the module's memory cannot be trusted: the fault ends the thread, and the pool starts another. */
async function serve(): Promise<void> {
  const reader = new MoleculeReader(await loadRdkit());
  tell({ kind: 'ready' });
  parentPort?.on('message', ({ questions }: ThreadRequest) => {
    tell({ kind: 'answers', answers: questions.map((question) => reader.answer(question)) });
  });
}

function tell(answer: ThreadAnswer): void {
  parentPort?.postMessage(answer);
}

await serve();
