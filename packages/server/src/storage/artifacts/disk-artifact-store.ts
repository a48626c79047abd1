/** Files on a disk, each under its SHA-256: `ab/abcdef...`. Written beside and renamed, so a half-written one is never found. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { HubError } from '@omtx/contract';
import type { Announce, ArtifactStore, ByteRange, StoredArtifact } from './artifact-store.ts';
import { checked, refuseOtherNames, SHA256 } from './checked.ts';

/** The store of a data folder, and of a folder of backups, whose files nobody collects. */
export function openArtifacts(folder: string, announce?: Announce): ArtifactStore {
  return new DiskArtifactStore(join(folder, 'artifacts'), announce);
}

const FOLDER = /^[0-9a-f]{2}$/;

export class DiskArtifactStore implements ArtifactStore {
  readonly #folder: string;

  readonly #announce: Announce;

  /** @param folder absolute; made on first use */
  constructor(folder: string, announce: Announce = () => Promise.resolve()) {
    this.#folder = folder;
    this.#announce = announce;
  }

  async putFile(absolutePath: string): Promise<StoredArtifact> {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const chunks: AsyncIterable<Buffer> = createReadStream(absolutePath);
    for await (const chunk of chunks) {
      hash.update(chunk);
      sizeBytes += chunk.length;
    }
    const sha256 = hash.digest('hex');
    const path = await this.#place(sha256, sizeBytes);
    if (path === undefined) return { sha256, sizeBytes };
    // Made durable where it is, then moved in one step: a fault leaves it there, and it can be tried again.
    await sync(absolutePath);
    // A rename does not cross file systems, so the data folder holds the runs' folders too.
    await rename(absolutePath, path);
    return { sha256, sizeBytes };
  }

  async put(content: Uint8Array): Promise<StoredArtifact> {
    const sha256 = createHash('sha256').update(content).digest('hex');
    const path = await this.#place(sha256, content.length);
    if (path === undefined) return { sha256, sizeBytes: content.length };
    const half = `${path}.${randomUUID()}`;
    try {
      await writeFile(half, content);
      await sync(half);
      await rename(half, path);
    } catch (error) {
      await rm(half, { force: true });
      throw error;
    }
    return { sha256, sizeBytes: content.length };
  }

  async open(sha256: string): Promise<{ readonly sizeBytes: number; readonly stream: Readable }> {
    const sizeBytes = await this.sizeOf(sha256);
    return { sizeBytes, stream: checked(createReadStream(this.#path(sha256)), sha256) };
  }

  async openRange(sha256: string, { first, last }: ByteRange): Promise<Readable> {
    await this.sizeOf(sha256);
    return createReadStream(this.#path(sha256), { start: first, end: last });
  }

  async sizeOf(sha256: string): Promise<number> {
    const found = await stat(this.#path(sha256)).catch(() => undefined);
    if (!found?.isFile()) throw new HubError('artifact_not_found', `There is no stored file ${sha256}.`);
    return found.size;
  }

  linkTo(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async delete(sha256: string): Promise<void> {
    await rm(this.#path(sha256), { force: true });
  }

  async *list(): AsyncGenerator<StoredArtifact> {
    for (const part of await namesIn(this.#folder)) {
      if (!FOLDER.test(part)) continue;
      for (const sha256 of await namesIn(join(this.#folder, part))) {
        const found = SHA256.test(sha256) ? await stat(this.#path(sha256)).catch(() => undefined) : undefined;
        if (found) yield { sha256, sizeBytes: found.size };
      }
    }
  }

  /** @returns where the content belongs; undefined where it is already */
  async #place(sha256: string, sizeBytes: number): Promise<string | undefined> {
    await this.#announce({ sha256, sizeBytes });
    const path = this.#path(sha256);
    const there = await stat(path).catch(() => undefined);
    // One that was damaged meanwhile is replaced, so that running a row again mends it.
    if (there?.size === sizeBytes && (await this.#isWhole(sha256))) return undefined;
    await mkdir(dirname(path), { recursive: true });
    return path;
  }

  async #isWhole(sha256: string): Promise<boolean> {
    const hash = createHash('sha256');
    const pieces: AsyncIterable<Buffer> = createReadStream(this.#path(sha256));
    for await (const piece of pieces) hash.update(piece);
    return hash.digest('hex') === sha256;
  }

  #path(sha256: string): string {
    refuseOtherNames(sha256);
    return join(this.#folder, sha256.slice(0, 2), sha256);
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
