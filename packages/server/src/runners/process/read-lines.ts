/** Lines of a worker, with a limit on their length, so that a worker that never ends one cannot fill the hub's memory. */
import type { Readable } from 'node:stream';

const NEWLINE = 0x0a;

/**
 * Yields whole lines; a last one without its end (a killed writer) is dropped.
 * @throws Error when a line is longer than `maxBytes`
 */
export async function* readLines(stream: Readable, maxBytes: number): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let bytes = 0;
  const chunks: AsyncIterable<Buffer> = stream;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end)]).toString('utf8');
      parts = [];
      bytes = 0;
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    parts.push(rest);
    bytes += rest.length;
    if (bytes > maxBytes) throw new Error(`a line is longer than ${String(maxBytes)} bytes`);
  }
}
