/** A worker thread with RDKit as WebAssembly. */
import { Worker } from 'node:worker_threads';
import type { ThreadAnswer, ThreadRequest } from './chemistry-thread.ts';
import type { StartWorker } from './chemistry-worker.ts';

const PROGRAM = new URL('./chemistry-thread.ts', import.meta.url);

/** @param program of the thread; another one only in tests */
export function threadStarter(program: URL = PROGRAM): StartWorker {
  return ({ ready, answered, gone }) => {
    const thread = new Worker(program, { name: 'chemistry' });
    let fault: Error | undefined;
    thread.on('message', (answer: ThreadAnswer) => {
      if (answer.kind === 'ready') ready();
      else answered(answer.answers);
    });
    thread.on('error', (error: Error) => {
      fault = error;
    });
    thread.on('exit', () => {
      gone(fault);
    });
    return {
      post: (questions) => {
        const request: ThreadRequest = { questions };
        thread.postMessage(request);
      },
      ref: () => {
        thread.ref();
      },
      unref: () => {
        thread.unref();
      },
      terminate: () => thread.terminate(),
    };
  };
}
