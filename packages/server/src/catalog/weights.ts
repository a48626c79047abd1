/**
 * Weights of models: `<dataDir>/weights/<sha256>/<name>`, fetched once, shared by all models that declare the same file, read-only.
 *
 * A file is fetched beside its place and moved there only when its size and SHA-256 are those of the manifest, so a half download is never
 * accepted, and a cut one goes on where it stopped. One fetcher at a time per file (file lock).
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { Weights } from '@omtx/contract';
import { isErrorCode, withFileLock } from '../machine/file-lock.ts';

export interface FetchOptions {
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Where the file is or will be. */
export function weightsPath(dataDir: string, { sha256, name }: Weights): string {
  return join(dataDir, 'weights', sha256, name);
}

/** @returns its absolute path when it is there whole (only whole files are ever moved there) */
export async function findWeights(dataDir: string, weights: Weights): Promise<string | undefined> {
  const path = weightsPath(dataDir, weights);
  return (await sizeOf(path)) === weights.bytes ? path : undefined;
}

/** Fetches the file unless it is there. @throws Error naming the file, what was expected and what came */
export async function ensureWeights(dataDir: string, weights: Weights, options: FetchOptions): Promise<string> {
  const path = weightsPath(dataDir, weights);
  return withFileLock(
    `${dirname(path)}.lock`,
    async () => {
      const found = await findWeights(dataDir, weights);
      if (found !== undefined) return found;
      await mkdir(dirname(path), { recursive: true });
      const half = `${path}.half`;
      options.report(`fetching ${weights.name} (${String(weights.bytes)} bytes)`);
      await fetchInto(half, weights, options);
      await acceptWeights(half, path, weights);
      return path;
    },
    { signal: options.signal },
  );
}

/** Checks a file that came from elsewhere (a bundle) and moves it to its place. */
export async function acceptWeights(from: string, to: string, weights: Weights): Promise<void> {
  const size = (await sizeOf(from)) ?? 0;
  const digest = await sha256Of(from);
  if (size !== weights.bytes || digest !== weights.sha256) {
    await rm(from, { force: true });
    throw new Error(
      `${weights.name} is not what the manifest declares: ${String(size)} bytes with SHA-256 ${digest}, in place of ${String(weights.bytes)} with ${weights.sha256}. It was removed; try again, and if it comes back ask the author of the model.`,
    );
  }
  await chmod(from, 0o444);
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
}

async function fetchInto(half: string, { url, bytes, name }: Weights, { signal }: FetchOptions): Promise<void> {
  const have = (await sizeOf(half)) ?? 0;
  if (url.startsWith('file:')) {
    await pipeline(createReadStream(fileURLToPath(url)), createWriteStream(half), { ...(signal ? { signal } : {}) });
    return;
  }
  if (have > bytes) await rm(half, { force: true });
  const start = have > 0 && have < bytes ? have : 0;
  const answer = await fetch(url, { ...(signal ? { signal } : {}), headers: start > 0 ? { range: `bytes=${String(start)}-` } : {} });
  if (!answer.ok || !answer.body) throw new Error(`${name} could not be fetched from ${url}: HTTP ${String(answer.status)}.`);
  const goesOn = start > 0 && answer.status === 206;
  await pipeline(
    Readable.fromWeb(answer.body),
    limitTo(bytes + 1 - (goesOn ? start : 0)),
    createWriteStream(half, { flags: goesOn ? 'a' : 'w' }),
  );
}

/** Ends a source that sends more than was declared. */
function limitTo(bytes: number) {
  return async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let left = bytes;
    for await (const chunk of source) {
      yield chunk.subarray(0, left);
      left -= chunk.length;
      if (left <= 0) return;
    }
  };
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isErrorCode(error, 'ENOENT') || isErrorCode(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}
