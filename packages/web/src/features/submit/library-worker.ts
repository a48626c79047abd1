/** Reads libraries off the main thread, so that a large file does not stop the page. */
import { readLibrary, type LibraryChoices } from './library.ts';

export interface LibraryRequest {
  readonly id: number;
  readonly text: string;
  readonly choices: LibraryChoices;
}

addEventListener('message', ({ data }: MessageEvent<LibraryRequest>) => {
  postMessage({ id: data.id, reading: readLibrary(data.text, data.choices) });
});
