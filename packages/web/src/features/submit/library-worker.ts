/** Reads libraries off the main thread, so that a large file does not stop the page. */
import { readLibrary, type LibraryChoices } from './library.ts';

export interface LibraryRequest {
  readonly id: number;
  readonly source: string | File;
  readonly choices: LibraryChoices;
}

addEventListener('message', ({ data }: MessageEvent<LibraryRequest>) => {
  void textOf(data.source).then((text) => postMessage({ id: data.id, reading: readLibrary(text, data.choices) }));
});

async function textOf(source: string | File): Promise<string> {
  if (typeof source === 'string') return source;
  const head = new Uint8Array(await source.slice(0, 2).arrayBuffer());
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  return isGzip ? new Response(source.stream().pipeThrough(new DecompressionStream('gzip'))).text() : source.text();
}
