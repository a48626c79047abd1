/**
 * A lock between processes of one machine: a file that names its owner. A lock whose owner is gone is taken over,
 * so nothing has to be cleaned up after a kill -9. Not for network file systems.
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';

const POLL_MS = 100;

export interface FileLockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once, when somebody else holds the lock. */
  readonly onWait?: (() => void) | undefined;
}

/** Runs `work` while holding `path`. Not re-entrant: the same process waits for itself too. */
export async function withFileLock<T>(path: string, work: () => Promise<T>, options: FileLockOptions = {}): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  let waited = false;
  while (!(await tryLock(path))) {
    if (!waited) options.onWait?.();
    waited = true;
    await sleep(POLL_MS, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

/** The file appears with its content at once (link of a finished file), so nobody reads a half-written owner. */
async function tryLock(path: string): Promise<boolean> {
  const own = `${path}.${randomUUID()}`;
  await writeFile(own, JSON.stringify(identifyProcess(process.pid)), { mode: 0o600 });
  try {
    if (await linkIfFree(own, path)) return true;
    await removeIfStale(path);
    return false;
  } finally {
    await rm(own, { force: true });
  }
}

async function linkIfFree(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isErrorCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Moves a stale lock aside and looks again at what was moved: between the two looks it may have become somebody's live lock. */
async function removeIfStale(path: string): Promise<void> {
  if (!isStale(await readIfThere(path))) return;
  const moved = `${path}.${randomUUID()}`;
  try {
    await rename(path, moved);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return;
    throw error;
  }
  if (!isStale(await readIfThere(moved))) await linkIfFree(moved, path);
  await rm(moved, { force: true });
}

function isStale(text: string | undefined): boolean {
  if (text === undefined) return false;
  const owner = parseIdentity(text);
  return owner === undefined || !isRunning(owner);
}

/** @returns undefined when the text names no process */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('start' in value)) return undefined;
    return typeof value.pid === 'number' && typeof value.start === 'string' ? { pid: value.pid, start: value.start } : undefined;
  } catch {
    // Not JSON: written by something else, or the disk was full.
    return undefined;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

export function isErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
