/** Reads what the program of one part has told since the last time. */
import { open, readFile } from 'node:fs/promises';
import { outputFile, toldFile, type Told } from './part-folder.ts';

const LOG_CHARACTERS = 1_000;
const READ_BYTES = 64 * 1024;

export class PartReader {
  readonly #folder: string;
  readonly part: number;
  #offset = 0;
  #rest = Buffer.alloc(0);

  constructor(folder: string, part: number) {
    this.#folder = folder;
    this.part = part;
  }

  /** Whole lines only: the last one may be being written. */
  async read(): Promise<readonly Told[]> {
    const handle = await open(toldFile(this.#folder, this.part)).catch(() => undefined);
    if (!handle) return []; // It has not started.
    const chunks: Buffer[] = [this.#rest];
    try {
      for (;;) {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, this.#offset);
        if (bytesRead === 0) break;
        chunks.push(buffer.subarray(0, bytesRead));
        this.#offset += bytesRead;
      }
    } finally {
      await handle.close();
    }
    const all = Buffer.concat(chunks);
    const end = all.lastIndexOf('\n') + 1;
    this.#rest = Buffer.from(all.subarray(end));
    const lines = all.subarray(0, end).toString('utf8').split('\n');
    return lines.filter((line) => line !== '').map(parse);
  }

  /** The end of what the program and Slurm printed. */
  async output(): Promise<string> {
    const text = await readFile(outputFile(this.#folder, this.part), 'utf8').catch(() => '');
    return text.trim().slice(-LOG_CHARACTERS).trim();
  }
}

/** Our own program wrote it. */
function parse(line: string): Told {
  const told: Told = JSON.parse(line);
  return told;
}
