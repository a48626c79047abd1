/**
 * A file of this machine that is read while it is written, as often as it is asked. So a statement of the database goes on at the speed of
 * the disk, whatever the speed of the one who reads; neither holds more than a piece of it in memory.
 */
import { EventEmitter, once } from 'node:events';
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

const PIECE_BYTES = 256 * 1024;

export class Spool {
  readonly #file: FileHandle;
  readonly #changed = new EventEmitter().setMaxListeners(100);
  #size = 0;
  #isEnded = false;
  #isRemoved = false;
  #fault: Error | undefined;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(folder: string): Promise<Spool> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${randomUUID()}.spool`);
    const file = await open(path, 'wx+');
    // Without a name it is gone with the process, however that ends.
    await rm(path);
    return new Spool(file);
  }

  /** Writers take turns: one waits for another. */
  async write(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    await this.#file.write(bytes, 0, bytes.length, this.#size);
    this.#size += bytes.length;
    this.#changed.emit('change');
  }

  /** What was written is all, or the reason why it is not. */
  end(fault?: Error): void {
    this.#isEnded = true;
    this.#fault = fault;
    this.#changed.emit('change');
  }

  /** Lines from the start, waiting for those to come. @throws the fault that the writer ended with */
  async *lines(): AsyncGenerator<string> {
    let pending = '';
    const decoder = new TextDecoder();
    for await (const bytes of this.#pieces()) {
      const parts = (pending + decoder.decode(bytes, { stream: true })).split('\n');
      pending = parts.pop() ?? '';
      yield* parts;
    }
    if (pending !== '') yield pending;
  }

  async remove(): Promise<void> {
    this.#isRemoved = true;
    this.#changed.emit('change');
    await this.#file.close();
  }

  async *#pieces(): AsyncGenerator<Buffer> {
    const buffer = Buffer.alloc(PIECE_BYTES);
    for (let position = 0; ;) {
      if (this.#isRemoved) return;
      if (position < this.#size) {
        const { bytesRead } = await this.#file.read(buffer, 0, Math.min(PIECE_BYTES, this.#size - position), position);
        position += bytesRead;
        yield buffer.subarray(0, bytesRead);
      } else if (this.#fault) throw this.#fault;
      else if (this.#isEnded) return;
      else await once(this.#changed, 'change');
    }
  }
}
