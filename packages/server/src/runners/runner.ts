/** How a model is executed, behind one interface: a warm process, or a server elsewhere. */
import type { Failure, JobId, RunId } from '@omtx/contract';
import type { Note } from '@omtx/contract/protocol';
import type { InstalledModel } from '../catalog/registry.ts';
import type { RemoteKind, RemoteTask } from '../domain/remote-task.ts';

/** One row as a run holds it. */
export interface ShardRow {
  readonly index: number;
  /** 1 at first; an outcome counts only for the attempt that the run was given. */
  readonly attempt: number;
  readonly input: Readonly<Record<string, unknown>>;
}

/** The rows of one batch that one model invocation handles. */
export interface Shard {
  readonly runId: RunId;
  readonly batchId: JobId;
  readonly model: InstalledModel;
  readonly shared: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly seed: number;
  /** Metric that ranks the rows: a result without it is none. */
  readonly rankBy: string | null;
  /** Limit of one row in seconds, from the moment the worker starts it. */
  readonly timeoutSeconds: number;
  /** Most memory of one row, where it is not the manifest's. */
  readonly memoryBytes?: number | undefined;
  readonly rows: readonly ShardRow[];
  /** Rows in flight at once; at most what the worker states. */
  readonly slots: number;
  /** GPUs that the worker may use, as `CUDA_VISIBLE_DEVICES` names them; no other run has them meanwhile. */
  readonly gpus: readonly string[];
  /** Private folder of the run, absolute; the runner makes sub-folders and the caller removes it. */
  readonly folder: string;
}

/** A file in the run's folder. */
export interface ProducedFile {
  readonly name: string;
  readonly absolutePath: string;
  readonly mediaType: string;
  readonly role: string | undefined;
}

export type RunnerOutcome =
  | {
      readonly kind: 'completed';
      readonly metrics: Readonly<Record<string, number>>;
      readonly tables: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
      readonly files: readonly ProducedFile[];
      readonly notes: readonly Note[];
    }
  | { readonly kind: 'failed'; readonly failure: Failure };

export type RunnerEvent =
  /** The shared input is prepared. */
  | { readonly kind: 'opened'; readonly setupSeconds: number; readonly files: readonly ProducedFile[]; readonly notes: readonly Note[] }
  | { readonly kind: 'started'; readonly index: number }
  | {
      readonly kind: 'progress';
      readonly index: number | undefined;
      readonly phase: string;
      readonly done: number;
      readonly total: number;
      readonly note: string | undefined;
    }
  | {
      readonly kind: 'outcome';
      readonly index: number;
      readonly attempt: number;
      /** Milliseconds of this process's own clock (`performance.now()`), which no change of the time of day moves. */
      readonly startedAtMs: number;
      readonly outcome: RunnerOutcome;
    }
  /** The worker process died; these rows were in flight and are to blame. Rows not named are not. */
  | { readonly kind: 'lost'; readonly inFlight: readonly ShardRow[]; readonly failure: Failure }
  /** What the engine printed during the run, told last; absent where it printed nothing. */
  | { readonly kind: 'log'; readonly file: ProducedFile };

export interface RunnerHooks {
  /**
   * Called before a row is sent; the caller writes the index in flight (for slow rows) and re-reads the cancel mark.
   * @returns false when the row must not start: it was cancelled or the run is over.
   */
  beforeRow(index: number): Promise<boolean>;
  /** Aborted when one row must stop (cancel of a row, not of the run). */
  rowSignal(index: number): AbortSignal;
}

export interface Runner {
  /**
   * Runs a shard; yields each row's outcome as it comes, in any order, and ends when all are told or the worker is lost.
   * Throws only on bugs. An abort of `signal` stops all child work within 2 s, with the whole process group, and blames no row; a remote
   * runner leaves its work to the next run of the rows.
   */
  run(shard: Shard, hooks: RunnerHooks, signal: AbortSignal): AsyncIterable<RunnerEvent>;
  /** Ends warm workers; rows in flight are the caller's to wait for first. */
  stop(): Promise<void>;
}

/** A runner whose work goes on elsewhere when its run, or this process, ends. */
export interface RemoteRunner extends Runner {
  readonly kind: RemoteKind;
  /** Stops the work of a task for which nobody waits, and takes away what it left. @returns false when it has to be tried again */
  release(task: RemoteTask, model: InstalledModel, signal: AbortSignal): Promise<boolean>;
}
