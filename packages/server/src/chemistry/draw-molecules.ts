/** Pictures of structures for documents. A thread draws them and ends with the last one. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Pixels of a picture. */
export const PICTURE = { width: 300, height: 200 } as const;
const THREAD = new URL('./picture-thread.ts', import.meta.url);

/** In order, a PNG for each; null for what cannot be drawn. A picture at a time is in memory. */
export async function* drawMolecules(smiles: Iterable<string>): AsyncGenerator<Uint8Array | null> {
  let thread: Worker | undefined;
  try {
    for (const each of smiles) {
      thread ??= new Worker(THREAD);
      thread.postMessage(each);
      const [picture]: unknown[] = await once(thread, 'message');
      yield picture instanceof Uint8Array ? picture : null;
    }
  } finally {
    await thread?.terminate();
  }
}
