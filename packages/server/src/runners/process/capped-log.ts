/**
 * The log of one worker process: what the engine prints, of any length, in bounded space. The first bytes of each run and the last
 * ones are kept, because the cause is at one of the ends; what lies between is counted.
 */
import type { Readable } from 'node:stream';

const HEAD_BYTES = 256 * 1024;
const TAIL_BYTES = 256 * 1024;

export class CappedLog {
  #head: Buffer[] = [];
  #headBytes = 0;
  #tail = Buffer.alloc(0);
  #leftOutBytes = 0;

  /** Follows a stream until it ends. */
  follow(stream: Readable): void {
    stream.on('data', (chunk: Buffer) => {
      this.append(chunk);
    });
    stream.on('error', () => undefined); // The process is gone; its end is told elsewhere.
  }

  append(chunk: Buffer): void {
    const toHead = chunk.subarray(0, HEAD_BYTES - this.#headBytes);
    if (toHead.length > 0) {
      this.#head.push(toHead);
      this.#headBytes += toHead.length;
    }
    const rest = chunk.subarray(toHead.length);
    if (rest.length === 0) return;
    const tail = Buffer.concat([this.#tail, rest]);
    const tooMany = Math.max(0, tail.length - TAIL_BYTES);
    this.#leftOutBytes += tooMany;
    this.#tail = Buffer.from(tail.subarray(tooMany));
  }

  /** Forgets what was written: the next run of a warm worker begins. */
  clear(): void {
    this.#head = [];
    this.#headBytes = 0;
    this.#tail = Buffer.alloc(0);
    this.#leftOutBytes = 0;
  }

  get text(): string {
    const gap = this.#leftOutBytes === 0 ? '' : `\n[... ${String(this.#leftOutBytes)} bytes left out ...]\n`;
    return `${Buffer.concat(this.#head).toString('utf8')}${gap}${this.#tail.toString('utf8')}`;
  }

  /** The last characters, for a failure message. */
  end(characters: number): string {
    return this.text.trimEnd().slice(-characters).trimStart();
  }
}
