/**
 * One shard on one warm worker. Everything that happens (messages, time limits, cancels, memory, the end of the process) goes through
 * one channel and is handled in order, so there is no state to guard.
 *
 * States: opening -> open (rows waiting, in flight, told) -> over.
 * A row: waiting -> in flight -> told, or (in flight) -> stopping, when it is late or cancelled -> told.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Failure, protocol } from '@omtx/contract';
import type { ProducedFile, RunnerEvent, RunnerHooks, Shard, ShardRow } from '../runner.ts';
import { Channel } from '../channel.ts';
import { checkFailure, checkFiles, checkResult } from '../check-result.ts';
import { watchMemory } from './memory-watch.ts';
import { READ_CHARACTERS, speaksOfMemory } from '../speaks-of-memory.ts';
import { describeEnd, type Happening as WorkerHappening, type OpenShard, type WarmWorker } from './warm-worker.ts';

type Happening =
  | WorkerHappening
  | { readonly kind: 'setup_late' }
  | { readonly kind: 'row_late'; readonly index: number }
  | { readonly kind: 'row_cancelled'; readonly index: number }
  /** A row that was told to stop has not answered. */
  | { readonly kind: 'stop_late' }
  | { readonly kind: 'memory_exceeded'; readonly bytes: number }
  | { readonly kind: 'aborted' };

/** Rows of one `predict` or `predictMany`. */
interface Call {
  open: number;
}

interface Flight {
  readonly row: ShardRow;
  readonly folder: string;
  readonly call: Call;
  startedAtMs: number;
  timer: NodeJS.Timeout;
  stopping: 'late' | 'cancelled' | undefined;
  readonly unlisten: () => void;
}

/** A cancel must be done in 2 s: what has not answered by then goes with its process. */
const STOP_LIMIT_MS = 1_500;
/** A row is sent only when there is a slot, so `started` comes at once; a worker that forgets it still has a limit. */
const START_GRACE_SECONDS = 60;
const LOG_CHARACTERS = 1_000;
const GIB = 1024 ** 3;

export class ShardRun {
  readonly #worker: WarmWorker;
  readonly #shard: Shard;
  readonly #hooks: RunnerHooks;
  readonly #channel = new Channel<Happening>();
  readonly #waiting: ShardRow[];
  readonly #flights = new Map<number, Flight>();
  #open: OpenShard | undefined;
  #callsOpen = 0;
  #isOpened = false;
  #isAborted = false;
  #isOver = false;
  #hasTold = false;

  constructor(worker: WarmWorker, shard: Shard, hooks: RunnerHooks) {
    this.#worker = worker;
    this.#shard = shard;
    this.#hooks = hooks;
    this.#waiting = [...shard.rows];
  }

  /** Ends when every row is told, or none will be any more. The worker can be used again if its process still runs. */
  async *run(signal: AbortSignal): AsyncGenerator<RunnerEvent> {
    const { manifest } = this.#shard.model;
    const { pid } = this.#worker.process;
    const tell = (happening: Happening): void => {
      this.#channel.put(happening);
    };
    const abort = (): void => {
      tell({ kind: 'aborted' });
    };
    this.#worker.process.log.clear();
    this.#worker.listen(tell);
    signal.addEventListener('abort', abort, { once: true });
    const setupTimer = setTimeout(tell, manifest.setupTimeoutSeconds * 1_000, { kind: 'setup_late' });
    const unwatch =
      pid === undefined ? () => undefined : watchMemory(pid, this.#memoryLimit(), (bytes) => tell({ kind: 'memory_exceeded', bytes }));
    try {
      await this.#openShard();
      if (signal.aborted) abort();
      if (!this.#worker.process.isRunning) tell({ kind: 'ended', end: await this.#worker.process.ended });
      if (this.#isOpened) clearTimeout(setupTimer);
      if (this.#isOver) return;
      for await (const happening of this.#channel) {
        yield* this.#handle(happening);
        if (this.#isOpened) clearTimeout(setupTimer);
        if (this.#isOver) return;
      }
    } finally {
      clearTimeout(setupTimer);
      unwatch();
      signal.removeEventListener('abort', abort);
      this.#worker.listen(undefined);
      this.#channel.close();
      // A fault of the hub broke the run off: rows that the worker still does would be taken for those of the next run.
      if (this.#flights.size > 0) await this.#worker.stop(0);
      for (const flight of this.#flights.values()) this.#land(flight);
    }
  }

  /** A shard of the same batch may be open still from the run before. */
  async #openShard(): Promise<void> {
    const { runId, batchId, shared, parameters, seed } = this.#shard;
    const key = JSON.stringify([batchId, parameters, seed]);
    if (this.#worker.openShard?.key === key) {
      this.#open = this.#worker.openShard;
      this.#isOpened = true;
      await this.#fill();
      return;
    }
    this.#open = await this.#worker.prepareShard(key, runId);
    this.#worker.process.send({ type: 'open', shard: runId, shared, parameters, seed, folder: this.#open.folder });
  }

  get #shardFolder(): string {
    if (!this.#open) throw new Error('unreachable: nothing is told of a shard before it is opened');
    return this.#open.folder;
  }

  #memoryLimit(): number {
    return (this.#shard.memoryBytes ?? this.#shard.model.manifest.resources.memoryBytes) * this.#slots();
  }

  #slots(): number {
    return Math.min(this.#shard.slots, this.#worker.ready.slots);
  }

  async *#handle(happening: Happening): AsyncGenerator<RunnerEvent> {
    switch (happening.kind) {
      case 'message':
        yield* this.#handleMessage(happening.message);
        return;
      case 'broken':
        await this.#worker.stop(0);
        yield* this.#lost('protocol_error', `The worker sent ${happening.reason}.`);
        return;
      case 'ended':
        yield* this.#handleEnd(`The worker process ended by itself (${describeEnd(happening.end)}).`);
        return;
      case 'setup_late':
        await this.#worker.stop(0);
        yield* this.#failAll(
          'setup_failed',
          `The shared input was not prepared within ${String(this.#shard.model.manifest.setupTimeoutSeconds)} s.`,
        );
        return;
      case 'row_late':
      case 'row_cancelled':
        yield* this.#stopRow(happening);
        return;
      case 'stop_late':
        // What was asked to stop is dealt with; its neighbours are not to blame and are put back by the caller.
        await this.#worker.stop(0);
        this.#isOver = true;
        return;
      case 'memory_exceeded':
        await this.#worker.stop(0);
        yield* this.#lost(
          'out_of_memory',
          `The model used ${(happening.bytes / GIB).toFixed(1)} GiB; its limit is ${(this.#memoryLimit() / GIB).toFixed(1)} GiB.`,
        );
        return;
      case 'aborted':
        await this.#abort();
        return;
      default:
        happening satisfies never;
    }
  }

  async *#handleMessage(message: protocol.WorkerMessage): AsyncGenerator<RunnerEvent> {
    switch (message.type) {
      case 'ready':
        return;
      case 'opened':
        yield* this.#handleOpened(message);
        return;
      case 'started':
        yield* this.#handleStarted(Number(message.row));
        return;
      case 'progress': {
        const { row, phase, done, total, note } = message;
        yield { kind: 'progress', index: row === undefined ? undefined : Number(row), phase, done, total, note };
        return;
      }
      case 'result':
        yield* this.#handleResult(message);
        return;
      case 'failure':
        yield* this.#handleFailure(message);
        return;
      default:
        message satisfies never;
    }
  }

  async *#handleOpened({ setupSeconds, artifacts, notes }: protocol.Opened): AsyncGenerator<RunnerEvent> {
    const files = await checkFiles(this.#shard.model.manifest, 'shard', artifacts, this.#shardFolder);
    if (typeof files === 'string') {
      await this.#worker.closeShard();
      yield* this.#failAll('setup_failed', files);
      return;
    }
    this.#isOpened = true;
    yield { kind: 'opened', setupSeconds, files, notes };
    if (!this.#isAborted) await this.#fill();
  }

  *#handleStarted(index: number): Generator<RunnerEvent> {
    const flight = this.#flights.get(index);
    if (!flight || flight.stopping) return;
    flight.startedAtMs = performance.now();
    clearTimeout(flight.timer);
    flight.timer = this.#rowTimer(index, this.#shard.timeoutSeconds);
    yield { kind: 'started', index };
  }

  async *#handleResult(result: protocol.RowResult): AsyncGenerator<RunnerEvent> {
    const flight = this.#flights.get(Number(result.row));
    if (!flight) return yield* this.#strayRow(result.row);
    this.#land(flight);
    if (!flight.stopping) {
      const { row, startedAtMs, folder } = flight;
      const outcome = await checkResult(this.#shard.model.manifest, this.#shard.rankBy, result, folder);
      this.#hasTold = true;
      yield { kind: 'outcome', index: row.index, attempt: row.attempt, startedAtMs, outcome };
    }
    await this.#goOn();
  }

  async *#handleFailure({
    row,
    code,
    message,
  }: {
    readonly row?: string;
    readonly code: string;
    readonly message: string;
  }): AsyncGenerator<RunnerEvent> {
    if (row === undefined) {
      await this.#worker.closeShard();
      yield* this.#failAll(checkFailure({ code, message }).code, message);
      return;
    }
    const flight = this.#flights.get(Number(row));
    if (!flight) return yield* this.#strayRow(row);
    this.#land(flight);
    if (!flight.stopping) yield this.#failed(flight, checkFailure({ code, message }));
    await this.#goOn();
  }

  async *#strayRow(row: string): AsyncGenerator<RunnerEvent> {
    await this.#worker.stop(0);
    yield* this.#lost('protocol_error', `The worker answered for the row "${row}", which it was not asked for.`);
  }

  /** A late row has its outcome at once; a cancelled one has it from whoever cancelled it. */
  async *#stopRow({ kind, index }: { readonly kind: 'row_late' | 'row_cancelled'; readonly index: number }): AsyncGenerator<RunnerEvent> {
    const flight = this.#flights.get(index);
    if (!flight || flight.stopping) return;
    flight.stopping = kind === 'row_late' ? 'late' : 'cancelled';
    clearTimeout(flight.timer);
    if (kind === 'row_late') {
      const message = `The row ran longer than its limit of ${String(this.#shard.timeoutSeconds)} s.`;
      yield this.#failed(flight, { code: 'timeout', message });
    }
    await this.#askToStop([flight]);
  }

  async #askToStop(flights: readonly Flight[]): Promise<void> {
    if (this.#shard.model.manifest.stop.cancelRow === 'kill') {
      await this.#worker.stop(STOP_LIMIT_MS / 1_000);
      this.#isOver = true;
      return;
    }
    for (const flight of flights) {
      this.#worker.process.send({ type: 'cancel', row: String(flight.row.index) });
      flight.timer = setTimeout(() => {
        this.#channel.put({ kind: 'stop_late' });
      }, STOP_LIMIT_MS);
    }
  }

  /** Rows in flight are asked to stop; a worker that does so keeps its model loaded. */
  async #abort(): Promise<void> {
    this.#isAborted = true;
    this.#waiting.length = 0;
    if (!this.#isOpened) {
      await this.#worker.stop(STOP_LIMIT_MS / 1_000);
      this.#isOver = true;
      return;
    }
    const flights = [...this.#flights.values()].filter((flight) => !flight.stopping);
    for (const flight of flights) {
      flight.stopping = 'cancelled';
      clearTimeout(flight.timer);
    }
    if (this.#flights.size === 0) this.#isOver = true;
    else await this.#askToStop(flights);
  }

  async *#handleEnd(how: string): AsyncGenerator<RunnerEvent> {
    const log = this.#worker.process.log.end(LOG_CHARACTERS);
    const message = log === '' ? how : `${how} Its log ends: ${log}`;
    const isForMemory = speaksOfMemory(this.#worker.process.log.end(READ_CHARACTERS));
    yield* this.#lost(isForMemory ? 'out_of_memory' : 'worker_lost', message);
  }

  /**
   * Rows in flight are blamed. Where none has started the process, or the shared input, is to blame, or chance (a process is killed from
   * outside): every row is charged an attempt that is made again by itself, a few times, because the same rows would be given out for ever.
   */
  *#lost(code: Failure['code'], message: string): Generator<RunnerEvent> {
    if (this.#flights.size === 0 && !this.#hasTold) return yield* this.#failAll('model_unavailable', message);
    const inFlight = [...this.#flights.values()].filter((flight) => !flight.stopping).map((flight) => flight.row);
    this.#isOver = true;
    if (!this.#isAborted) yield { kind: 'lost', inFlight, failure: { code, message } };
  }

  /** The shard failed: every row that is left ends so. */
  *#failAll(code: Failure['code'], message: string): Generator<RunnerEvent> {
    this.#isOver = true;
    if (this.#isAborted) return;
    const failure = { code, message };
    for (const flight of this.#flights.values()) if (!flight.stopping) yield this.#failed(flight, failure);
    const startedAtMs = performance.now();
    for (const { index, attempt } of this.#waiting) {
      yield { kind: 'outcome', index, attempt, startedAtMs, outcome: { kind: 'failed', failure } };
    }
  }

  #failed({ row, startedAtMs }: Flight, failure: Failure): RunnerEvent {
    this.#hasTold = true;
    return { kind: 'outcome', index: row.index, attempt: row.attempt, startedAtMs, outcome: { kind: 'failed', failure } };
  }

  async #goOn(): Promise<void> {
    await this.#fill();
    if (this.#waiting.length === 0 && this.#flights.size === 0) this.#isOver = true;
  }

  async #fill(): Promise<void> {
    const rowsPerCall = this.#worker.ready.batchRows ?? 1;
    while (this.#waiting.length > 0 && this.#callsOpen < this.#slots()) {
      const allowed: ShardRow[] = [];
      for (const row of this.#waiting.splice(0, rowsPerCall)) if (await this.#hooks.beforeRow(row.index)) allowed.push(row);
      if (allowed.length > 0) await this.#send(allowed);
    }
    if (this.#waiting.length === 0 && this.#flights.size === 0) this.#isOver = true;
  }

  async #send(rows: readonly ShardRow[]): Promise<void> {
    const shard = this.#open?.id ?? '';
    const call: Call = { open: rows.length };
    const messages = await Promise.all(
      rows.map(async (row) => ({ row: String(row.index), input: row.input, folder: await this.#takeOff(row, call, rows.length) })),
    );
    this.#callsOpen += 1;
    if (this.#worker.ready.batchRows !== undefined) this.#worker.process.send({ type: 'predictMany', shard, rows: messages });
    else for (const message of messages) this.#worker.process.send({ type: 'predict', shard, ...message });
  }

  async #takeOff(row: ShardRow, call: Call, rowsInCall: number): Promise<string> {
    const folder = join(this.#shard.folder, `row-${String(row.index)}`);
    await mkdir(folder, { recursive: true });
    const signal = this.#hooks.rowSignal(row.index);
    const cancel = (): void => {
      this.#channel.put({ kind: 'row_cancelled', index: row.index });
    };
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    this.#flights.set(row.index, {
      row,
      folder,
      call,
      startedAtMs: performance.now(),
      timer: this.#rowTimer(row.index, this.#shard.timeoutSeconds * rowsInCall + START_GRACE_SECONDS),
      stopping: undefined,
      unlisten: () => {
        signal.removeEventListener('abort', cancel);
      },
    });
    return folder;
  }

  #rowTimer(index: number, seconds: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#channel.put({ kind: 'row_late', index });
    }, seconds * 1_000);
  }

  #land(flight: Flight): void {
    clearTimeout(flight.timer);
    flight.unlisten();
    this.#flights.delete(flight.row.index);
    flight.call.open -= 1;
    if (flight.call.open === 0) this.#callsOpen -= 1;
  }
}

/** The log of the run as a file of it; undefined where nothing was printed. */
export async function logFile(
  worker: WarmWorker,
  folder: string,
  write: (path: string, text: string) => Promise<void>,
): Promise<ProducedFile | undefined> {
  const { text } = worker.process.log;
  if (text.trim() === '') return undefined;
  const absolutePath = join(folder, 'log.txt');
  await write(absolutePath, text);
  return { name: 'log.txt', absolutePath, mediaType: 'text/plain', role: 'log' };
}
