/**
 * What was found wrong with manifests before, by the SHA-256 of their text: compiling the schemas of a manifest costs milliseconds and
 * memory, and with 200 models that would be seconds at each start. The file is a cache: whoever removes it loses nothing but time.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Manifest, SHARED_METRICS, TASK_TYPES } from '@omtx/contract';
import { Type } from 'typebox';
import { Value } from 'typebox/value';

const Stored = Type.Object({ rules: Type.String(), sound: Type.Array(Type.String()) });

/** Raise it when a check changes. */
const CHECKS = 1;
/** A manifest is judged by the schema, the shared names, and the checks. */
const RULES = createHash('sha256')
  .update(JSON.stringify([CHECKS, Manifest, SHARED_METRICS.map(({ id, direction }) => [id, direction]), TASK_TYPES.map(({ id }) => id)]))
  .digest('hex');

/** Only sound manifests are kept: a broken one is rare, and its reasons are found anew. */
export class CheckCache {
  readonly #file: string | undefined;
  readonly #sound: Set<string>;
  readonly #seen = new Set<string>();
  #isChanged = false;

  private constructor(file: string | undefined, sound: readonly string[]) {
    this.#file = file;
    this.#sound = new Set(sound);
  }

  /** @param file undefined: nothing is kept */
  static async open(file: string | undefined): Promise<CheckCache> {
    if (file === undefined) return new CheckCache(undefined, []);
    try {
      const stored: unknown = JSON.parse(await readFile(file, 'utf8'));
      if (Value.Check(Stored, stored) && stored.rules === RULES) return new CheckCache(file, stored.sound);
    } catch {
      // No cache, or a damaged one: the checks run.
    }
    return new CheckCache(file, []);
  }

  isSound(text: string): boolean {
    const key = createHash('sha256').update(text).digest('hex');
    this.#seen.add(key);
    return this.#sound.has(key);
  }

  keepSound(text: string): void {
    this.#sound.add(createHash('sha256').update(text).digest('hex'));
    this.#isChanged = true;
  }

  /** Keeps what was looked at since it was opened. A disk that is full costs the next start time and nothing else. */
  async save(): Promise<void> {
    if (this.#file === undefined || !this.#isChanged) return;
    const sound = [...this.#sound].filter((key) => this.#seen.has(key));
    const half = `${this.#file}.${String(process.pid)}.half`;
    await mkdir(dirname(this.#file), { recursive: true })
      .then(() => writeFile(half, JSON.stringify({ rules: RULES, sound })))
      .then(() => rename(half, this.#file ?? half))
      .catch(() => undefined);
  }
}
