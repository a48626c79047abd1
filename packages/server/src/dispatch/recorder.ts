/**
 * Gathers the outcomes of one run and writes them in small groups, one after another. Files are stored before the row that names them,
 * so a row never refers to what is not there.
 */
import { readFile } from 'node:fs/promises';
import type { Failure, RunId } from '@omtx/contract';
import type { ProducedFile, RunnerOutcome } from '../runners/runner.ts';
import type { ArtifactStore } from '../storage/artifacts/artifact-store.ts';
import type { Database } from '../storage/database.ts';
import { recordOutcomes, type CompletedRow, type FailedRow } from '../storage/runs/record-outcomes.ts';
import type { StoredArtifactLink } from '../storage/tables.ts';

export interface ToldOutcome {
  readonly index: number;
  readonly attempt: number;
  readonly startedAt: Date;
  readonly outcome: RunnerOutcome;
}

/** A page sees a result this long after it was told at the latest; fast rows gather in it. */
const GATHER_MS = 50;
const MAX_GROUP = 500;

export class Recorder {
  readonly #db: Database;
  readonly #artifacts: ArtifactStore;
  readonly #runId: RunId;
  readonly #rankBy: string | null;
  readonly #onWritten: (indexes: readonly number[]) => void;
  #completed: CompletedRow[] = [];
  #failed: FailedRow[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** All writes so far; the next one waits for it. */
  #writing: Promise<void> = Promise.resolve();

  constructor(
    db: Database,
    artifacts: ArtifactStore,
    run: { readonly id: RunId; readonly rankBy: string | null },
    /** Called after a group is committed, or was found late. */
    onWritten: (indexes: readonly number[]) => void,
  ) {
    this.#db = db;
    this.#artifacts = artifacts;
    this.#runId = run.id;
    this.#rankBy = run.rankBy;
    this.#onWritten = onWritten;
  }

  async add({ index, attempt, startedAt, outcome }: ToldOutcome): Promise<void> {
    if (outcome.kind === 'failed') this.#failed.push({ index, attempt, startedAt, failure: outcome.failure });
    else {
      const { metrics, tables, notes, files } = outcome;
      const artifacts = await storeFiles(this.#artifacts, files);
      const score = this.#rankBy === null ? null : (metrics[this.#rankBy] ?? null);
      this.#completed.push({ index, attempt, startedAt, score, metrics, tables, notes, artifacts });
    }
    if (this.#completed.length + this.#failed.length >= MAX_GROUP) await this.flush();
    else this.#timer ??= setTimeout(() => void this.flush().catch(() => undefined), GATHER_MS); // The next flush throws it again.
  }

  async addFailures(rows: readonly { readonly index: number; readonly attempt: number }[], failure: Failure): Promise<void> {
    const startedAt = new Date();
    for (const { index, attempt } of rows) await this.add({ index, attempt, startedAt, outcome: { kind: 'failed', failure } });
  }

  /** Resolves when everything that was added is committed. @throws what the database says */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [completed, failed] = [this.#completed, this.#failed];
    this.#completed = [];
    this.#failed = [];
    this.#writing = this.#writing.then(() => this.#write(completed, failed));
    await this.#writing;
  }

  async #write(completed: readonly CompletedRow[], failed: readonly FailedRow[]): Promise<void> {
    if (completed.length + failed.length === 0) return;
    await recordOutcomes(this.#db, this.#runId, completed, failed);
    this.#onWritten([...completed, ...failed].map((row) => row.index));
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
export async function storeFiles(artifacts: ArtifactStore, files: readonly ProducedFile[]): Promise<readonly StoredArtifactLink[]> {
  const links: StoredArtifactLink[] = [];
  for (const { name, absolutePath, mediaType, role } of files) {
    links.push({ name, role: role ?? null, mediaType, ...(await artifacts.putFile(absolutePath)) });
  }
  return links;
}
