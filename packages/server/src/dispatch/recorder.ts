/**
 * Gathers the outcomes of one run and writes them in groups, one after another: while one is written, the next is gathered. Files are
 * stored before the row that names them, so a row never refers to what is not there.
 */
import { readFile } from 'node:fs/promises';
import type { Failure, RunId } from '@omtx/contract';
import type { Logger } from 'pino';
import type { Meter } from '../observe/meter.ts';
import { inSpan } from '../observe/tracing.ts';
import type { ProducedFile, RunnerOutcome } from '../runners/runner.ts';
import type { ArtifactStore } from '../storage/artifacts/artifact-store.ts';
import type { Database } from '../storage/database.ts';
import { recordOutcomes, type RecordedRows } from '../storage/runs/record-outcomes.ts';
import type { StoredArtifactLink } from '../storage/tables.ts';
import { outlastFaults } from './outlast-faults.ts';

export interface ToldOutcome {
  readonly index: number;
  readonly attempt: number;
  /** Of this process's own clock. */
  readonly startedAtMs: number;
  readonly outcome: RunnerOutcome;
}

export interface RecorderOptions {
  readonly db: Database;
  readonly artifacts: ArtifactStore;
  readonly log: Logger;
  readonly meter: Meter;
  readonly modelId: string;
  readonly runId: RunId;
  readonly rankBy: string | null;
  /** Called after a group is committed, or was found late. */
  readonly onWritten: (indexes: readonly number[]) => void;
  /** Aborted when nobody wants the outcomes any more; a fault is then not waited out. */
  readonly signal: AbortSignal;
}

/** A page sees a result this long after it was told at the latest; fast rows gather in it. */
const GATHER_MS = 50;
/** A group this large is written without waiting (`npm run bench -- drain`: below 500 the transaction costs more than its rows). */
export const MAX_GROUP = 1_000;
/** Files of different rows stored at once. */
const STORES_AT_ONCE = 8;

export class Recorder {
  readonly #options: RecorderOptions;
  #gathered: ToldOutcome[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** All writes so far; the next one waits for it. */
  #writing: Promise<void> = Promise.resolve();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Waits only while a full group is gathered and the one before is not written yet. @throws what the database or the disk says */
  async add(told: ToldOutcome): Promise<void> {
    this.#gathered.push(told);
    if (this.#gathered.length < MAX_GROUP) {
      this.#timer ??= setTimeout(() => {
        this.#begin();
      }, GATHER_MS);
      return;
    }
    await this.#writing;
    this.#begin();
  }

  async addFailures(rows: readonly { readonly index: number; readonly attempt: number }[], failure: Failure): Promise<void> {
    const startedAtMs = performance.now();
    for (const { index, attempt } of rows) await this.add({ index, attempt, startedAtMs, outcome: { kind: 'failed', failure } });
  }

  /** Resolves when everything that was added is committed. @throws what the database or the disk says */
  async flush(): Promise<void> {
    this.#begin();
    await this.#writing;
  }

  /** A failed write fails all later ones: the run is over, and its rows are put back. */
  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const group = this.#gathered;
    if (group.length === 0) return;
    this.#gathered = [];
    this.#writing = this.#writing.then(() => inSpan('record', { 'omtx.rows': group.length }, () => this.#write(group)));
    this.#writing.catch(() => undefined); // The next add or flush throws it.
  }

  async #write(group: readonly ToldOutcome[]): Promise<void> {
    const { db, runId, rankBy, signal } = this.#options;
    const onFault = (error: unknown): void => {
      this.#options.log.warn(
        { event: 'record_delayed', runId, rows: group.length, err: error },
        'outcomes are not stored yet; it is tried again',
      );
    };
    const links = await this.#storeFiles(group, onFault);
    await outlastFaults(
      async () => {
        const now = performance.now();
        const common = (told: ToldOutcome) => ({
          index: told.index,
          attempt: told.attempt,
          startedSecondsAgo: (now - told.startedAtMs) / 1_000,
        });
        const completed = group.flatMap((told) => {
          if (told.outcome.kind !== 'completed') return [];
          const { metrics, tables, notes } = told.outcome;
          const score = rankBy === null ? null : (metrics[rankBy] ?? null);
          return [{ ...common(told), score, metrics, tables, notes, artifacts: links.get(told) ?? [] }];
        });
        const failed = group.flatMap((told) =>
          told.outcome.kind === 'failed' ? [{ ...common(told), failure: told.outcome.failure }] : [],
        );
        this.#count(group, await recordOutcomes(db, runId, completed, failed));
      },
      onFault,
      signal,
    );
    this.#options.onWritten(group.map((told) => told.index));
  }

  /** What was late is not counted: it changed nothing. */
  #count(group: readonly ToldOutcome[], { written, requeued }: RecordedRows): void {
    const kept = new Set([...written, ...requeued]);
    const { meter, modelId } = this.#options;
    const outcomes = group.filter(({ index }) => kept.has(index)).map(({ outcome }) => outcome);
    const codes = outcomes.flatMap((outcome) => (outcome.kind === 'failed' ? [outcome.failure.code] : []));
    meter.countCompleted(modelId, outcomes.length - codes.length);
    meter.countFailed(modelId, codes);
  }

  async #storeFiles(
    group: readonly ToldOutcome[],
    onFault: (error: unknown) => void,
  ): Promise<ReadonlyMap<ToldOutcome, readonly StoredArtifactLink[]>> {
    const { artifacts, signal } = this.#options;
    const links = new Map<ToldOutcome, readonly StoredArtifactLink[]>();
    const waiting = group.filter(({ outcome }) => outcome.kind === 'completed' && outcome.files.length > 0).values();
    const storeNext = async (): Promise<void> => {
      for (const told of waiting) {
        const files = told.outcome.kind === 'completed' ? told.outcome.files : [];
        links.set(told, await storeFiles(artifacts, files, (store) => outlastFaults(store, onFault, signal)));
      }
    };
    await Promise.all(Array.from({ length: STORES_AT_ONCE }, storeNext));
    return links;
  }
}

/** Files that the worker may still read: they stay where they are. */
export async function storeCopies(artifacts: ArtifactStore, files: readonly ProducedFile[]): Promise<readonly StoredArtifactLink[]> {
  const links: StoredArtifactLink[] = [];
  for (const { name, absolutePath, mediaType, role } of files) {
    links.push({ name, role: role ?? null, mediaType, ...(await artifacts.put(await readFile(absolutePath))) });
  }
  return links;
}

/** Files that nobody reads any more: they are moved. */
export async function storeFiles(
  artifacts: ArtifactStore,
  files: readonly ProducedFile[],
  outlasting: <T>(store: () => Promise<T>) => Promise<T> = (store) => store(),
): Promise<readonly StoredArtifactLink[]> {
  const links: StoredArtifactLink[] = [];
  for (const { name, absolutePath, mediaType, role } of files) {
    links.push({ name, role: role ?? null, mediaType, ...(await outlasting(() => artifacts.putFile(absolutePath))) });
  }
  return links;
}
