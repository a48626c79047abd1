/** One run from claim to end: its shard goes to the runner, and what the runner tells is written down. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunId } from '@omtx/contract';
import type { Logger } from 'pino';
import type { InstalledModel } from '../catalog/registry.ts';
import { inputSize } from '../domain/input-size.ts';
import type { Pace } from '../domain/shard-size.ts';
import type { SizedTime } from '../domain/size-fit.ts';
import type { Meter } from '../observe/meter.ts';
import { inSpan } from '../observe/tracing.ts';
import type { Runner, RunnerEvent, RunnerHooks, Shard } from '../runners/runner.ts';
import type { ArtifactStore } from '../storage/artifacts/artifact-store.ts';
import type { Database } from '../storage/database.ts';
import type { ClaimedRun } from '../storage/runs/claim-run.ts';
import { endRun, type EndReason } from '../storage/runs/end-run.ts';
import { markInFlight, type HeldRun as Held } from '../storage/runs/heartbeat.ts';
import { readPinnedMsas } from '../storage/msas.ts';
import { describeRun, readRunInput, type RunInput } from '../storage/runs/run-input.ts';
import type { Measured } from '../storage/timing.ts';
import type { HostShare } from './host-slots.ts';
import { profileJob } from './profile-job.ts';
import { outlastFaults } from './outlast-faults.ts';
import { Recorder, storeCopies, storeFiles } from './recorder.ts';

export interface RunContext {
  readonly db: Database;
  readonly artifacts: ArtifactStore;
  readonly runner: Runner;
  readonly log: Logger;
  readonly meter: Meter;
  /** Private folders of runs are made here. */
  readonly folder: string;
}

/** Rows that take longer are written in flight one by one; faster ones at each heartbeat. */
const SLOW_ROW_SECONDS = 1;
/** Rows of a run whose time is learned with the size of their input. */
const SIZED_ROWS = 1_000;

export class HeldRun {
  readonly #ctx: RunContext;
  readonly #claimed: ClaimedRun;
  readonly #model: InstalledModel;
  readonly #pace: Pace;
  readonly share: HostShare;
  readonly #stop = new AbortController();
  readonly #rowStops = new Map<number, AbortController>();
  readonly #attemptOf: ReadonlyMap<number, number>;
  readonly #inFlight = new Set<number>();
  /** Cancelled while the run held them. */
  readonly #dropped = new Set<number>();
  #reason: EndReason = 'finished';
  #rowSeconds: number[] = [];
  readonly #rows: SizedTime[] = [];
  #sizeOf: (index: number) => number = () => 0;
  #setupSeconds: number | undefined;
  #describing: Promise<void> | undefined;
  #hasMarked = false;
  #isYielding = false;
  #sent = 0;

  constructor(ctx: RunContext, claimed: ClaimedRun, model: InstalledModel, pace: Pace, share: HostShare) {
    this.#ctx = ctx;
    this.#claimed = claimed;
    this.#attemptOf = new Map(claimed.indexes.map((index, place) => [index, claimed.attempts[place] ?? 1]));
    this.#model = model;
    this.#pace = pace;
    this.share = share;
  }

  get id(): RunId {
    return this.#claimed.id;
  }

  get batchId(): string {
    return this.#claimed.batchId;
  }

  get slots(): number {
    return this.#claimed.slots;
  }

  get held(): Held {
    return { id: this.id, inFlight: [...this.#inFlight].map((index) => ({ index, attempt: this.#attemptOf.get(index) ?? 1 })) };
  }

  /** Stops all of its work within 2 s; rows without an outcome are put back, or stay as they are in a cancelled job. */
  stop(reason: Extract<EndReason, 'stopped' | 'cancelled'>): void {
    if (!this.#stop.signal.aborted) this.#reason = reason;
    this.#stop.abort();
  }

  /** Rows that have not started; more of them make a better giver. */
  get waitingCount(): number {
    return this.#isYielding ? 0 : Math.max(0, this.#claimed.indexes.length - this.#sent);
  }

  /** Starts no further row (a small job gets its turn, or the job is paused); what has not started is put back when the rows in flight have ended. */
  yieldRows(): void {
    this.#isYielding = true;
  }

  /** The row was cancelled: it is stopped, or never starts. */
  stopRow(index: number): void {
    this.#dropped.add(index);
    this.#inFlight.delete(index);
    this.#rowStops.get(index)?.abort();
  }

  /** Runs to the end. @returns what was measured. Throws only what the database or the disk says; the run is ended either way. */
  async run(): Promise<Measured> {
    const folder = join(this.#ctx.folder, this.id);
    const { id: modelId, version: modelVersion } = this.#model.manifest;
    const told = { runId: this.id, jobId: this.batchId, modelId, modelVersion };
    this.#ctx.log.debug({ event: 'run_started', ...told, rows: this.#claimed.indexes.length, slots: this.slots }, 'a run starts');
    try {
      if (this.#claimed.indexes.length > 0) await this.#runRows(folder);
      return this.#measured();
    } finally {
      await this.#end();
      await rm(folder, { recursive: true, force: true });
      this.#ctx.log.debug({ event: 'run_ended', ...told, reason: this.#reason }, 'a run has ended');
    }
  }

  /** A database that is away is waited for: a run that nobody ends would hold its rows until its lease is over, and charge some of them. */
  async #end(): Promise<void> {
    const { db, log } = this.#ctx;
    await outlastFaults(
      () => endRun(db, this.id, this.#reason),
      (error) => {
        log.warn({ event: 'end_delayed', runId: this.id, err: error }, 'a run could not be ended yet; it is tried again');
      },
    );
  }

  async #runRows(folder: string): Promise<void> {
    const { batchId, indexes, slots, retryId } = this.#claimed;
    const input = await readRunInput(this.#ctx.db, batchId, indexes, retryId);
    const { id, version } = this.#model.manifest;
    const attributes = {
      'omtx.job': batchId,
      'omtx.run': this.id,
      'omtx.model': `${id} ${version}`,
      'omtx.rows': indexes.length,
      'omtx.slots': slots,
    };
    this.#ctx.meter.countRunStarted(id);
    await inSpan('run', attributes, () => this.#runShard(input, folder), input.traceparent);
  }

  async #runShard(input: RunInput, folder: string): Promise<void> {
    const { runner } = this.#ctx;
    const { batchId, indexes, attempts, slots } = this.#claimed;
    const sharedSize = inputSize(input.shared);
    this.#sizeOf = (index) => sharedSize + inputSize(input.inputs.get(index));
    const profiling = this.#profile(sharedSize);
    const recorder = this.#openRecorder(input.rankBy);
    const shard: Shard = {
      runId: this.id,
      batchId,
      model: this.#model,
      ...input,
      shared: { ...input.shared, ...(await this.#alignments(input)) },
      rows: indexes.map((index, place) => ({ index, attempt: attempts[place] ?? 1, input: input.inputs.get(index) ?? {} })),
      slots,
      gpus: this.share.gpus.map(({ device }) => device),
      folder,
    };
    try {
      for await (const event of runner.run(shard, this.#hooks(), this.#stop.signal)) await this.#handle(event, recorder);
    } finally {
      await recorder.flush();
    }
    await this.#describing;
    await profiling;
  }

  /** For a model that takes them, those that the job was submitted with. */
  async #alignments({ parameters }: RunInput): Promise<{ readonly msas?: readonly object[] }> {
    const { alignments } = this.#model.manifest;
    if (alignments === undefined || parameters[alignments.parameter] !== true) return {};
    return { msas: await readPinnedMsas(this.#ctx.db, this.#claimed.batchId) };
  }

  /** Beside the first rows. An estimate is no reason to fail a run. */
  async #profile(sharedSize: number): Promise<void> {
    const { db, log } = this.#ctx;
    if (!this.#claimed.wantsTimeProfile) return;
    await profileJob(db, this.#model.manifest, this.#claimed.batchId, sharedSize).catch((error: unknown) => {
      log.warn({ event: 'profile_failed', runId: this.id, err: error }, 'the time left of a batch could not be foretold by sizes');
    });
  }

  #openRecorder(rankBy: string | null): Recorder {
    const { db, artifacts, log, meter } = this.#ctx;
    const onWritten = (written: readonly number[]): void => {
      for (const index of written) this.#inFlight.delete(index);
    };
    const { id: runId } = this;
    return new Recorder({
      db,
      artifacts,
      log,
      meter,
      modelId: this.#model.manifest.id,
      runId,
      rankBy,
      onWritten,
      signal: this.#stop.signal,
    });
  }

  /** Beside the first rows, which need not wait for it. */
  async #describe({ setupSeconds, notes, files }: Extract<RunnerEvent, { kind: 'opened' }>): Promise<void> {
    const links = await storeCopies(this.#ctx.artifacts, files);
    await describeRun(this.#ctx.db, this.id, { setupSeconds, notes, artifacts: links });
  }

  async #handle(event: RunnerEvent, recorder: Recorder): Promise<void> {
    const { db, artifacts, log } = this.#ctx;
    switch (event.kind) {
      case 'opened': {
        this.#setupSeconds = event.setupSeconds;
        this.#describing = this.#describe(event);
        this.#describing.catch(() => undefined); // It is awaited when the rows are done.
        return;
      }
      case 'outcome':
        if (event.outcome.kind === 'completed') this.#time(event.index, (performance.now() - event.startedAtMs) / 1_000);
        this.#rowStops.delete(event.index);
        await recorder.add(event);
        return;
      case 'lost':
        log.warn({ event: 'worker_lost', runId: this.id, rows: event.inFlight.length, failure: event.failure }, 'a model process was lost');
        await recorder.addFailures(event.inFlight, event.failure);
        return;
      case 'log':
        await describeRun(db, this.id, { artifacts: await storeFiles(artifacts, [event.file]) });
        return;
      case 'started':
      case 'progress':
        return;
      default:
        event satisfies never;
    }
  }

  #hooks(): RunnerHooks {
    return {
      beforeRow: async (index) => {
        if (this.#stop.signal.aborted || this.#isYielding || this.#dropped.has(index)) return false;
        this.#sent += 1;
        const isWritten = !this.#hasMarked || this.#pace.rowSeconds >= SLOW_ROW_SECONDS;
        this.#hasMarked = true;
        if (isWritten && !(await markInFlight(this.#ctx.db, this.id, index))) return false;
        this.#inFlight.add(index);
        return true;
      },
      rowSignal: (index) => {
        const stop = new AbortController();
        this.#rowStops.set(index, stop);
        return stop.signal;
      },
    };
  }

  #time(index: number, seconds: number): void {
    this.#rowSeconds.push(seconds);
    if (this.#rows.length < SIZED_ROWS) this.#rows.push({ size: this.#sizeOf(index), seconds });
  }

  #measured(): Measured {
    const rows = this.#rowSeconds.toSorted((a, b) => a - b);
    const median = rows[Math.floor(rows.length / 2)];
    return {
      rows: this.#rows,
      ...(this.#setupSeconds === undefined ? {} : { setupSeconds: this.#setupSeconds }),
      ...(median === undefined ? {} : { rowSeconds: median }),
    };
  }
}
