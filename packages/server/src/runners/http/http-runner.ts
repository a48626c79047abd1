/**
 * Runs rows at model servers over HTTP, as many at once as the run has slots. What was sent is in the ledger, so the next run of a row goes
 * on with it. A run that is stopped leaves its work there; `release` stops what nobody waits for.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpRunner as HttpSettings } from '@omtx/contract';
import type { InstalledModel } from '../../catalog/registry.ts';
import type { RemoteTask } from '../../domain/remote-task.ts';
import { Channel } from '../channel.ts';
import type { RemoteLedger } from '../remote-ledger.ts';
import type { RemoteRunner, RunnerEvent, RunnerHooks, Shard, ShardRow } from '../runner.ts';
import { baseUrlOf, Endpoint, NotPermitted, retryAfterMs, type Outbound } from './endpoint.ts';
import { CallFailed } from './http-call.ts';
import { HttpRow } from './http-row.ts';

const READY_PAUSE_MS = 2_000;
const LOOK_LIMIT_MS = 10_000;
const LOG_LINES = 10_000;

/** What a run that is open has beside its shard. */
interface OpenRun {
  readonly endpoint: Endpoint;
  readonly runner: HttpSettings;
  readonly hooks: RunnerHooks;
  readonly events: Channel<RunnerEvent>;
  readonly lines: string[];
  readonly signal: AbortSignal;
}

export class HttpRunner implements RemoteRunner {
  readonly kind = 'http';
  readonly #outbound: Outbound;
  readonly #ledger: RemoteLedger;
  /** One for each server, so that all rows heed its wish to be left alone. */
  readonly #endpoints = new Map<string, Endpoint>();
  /** Requests whose row was left before the server had said whether it took them. */
  readonly #settling = new Map<string, Promise<void>>();

  constructor(outbound: Outbound, ledger: RemoteLedger) {
    this.#outbound = outbound;
    this.#ledger = ledger;
  }

  async *run(shard: Shard, hooks: RunnerHooks, signal: AbortSignal): AsyncGenerator<RunnerEvent> {
    const runner = settingsOf(shard.model);
    const endpoint = this.#endpointOf(shard.model, runner);
    const run: OpenRun = { endpoint, runner, hooks, events: new Channel(), lines: [], signal };
    const startedAtMs = performance.now();
    const fault = await this.#untilReady(shard, run);
    if (signal.aborted) return;
    if (fault !== undefined) {
      yield* failAll(shard.rows, fault);
      return;
    }
    const notes = [{ code: 'remote', message: `The rows ran at ${endpoint.origin}.` }];
    yield { kind: 'opened', setupSeconds: (performance.now() - startedAtMs) / 1_000, files: [], notes };
    const working = this.#runRows(shard, run).finally(() => {
      run.events.close();
    });
    working.catch(() => undefined); // It is awaited below.
    yield* run.events;
    await working;
    if (run.lines.length > 0 && !signal.aborted) yield await logOf(shard, run.lines);
  }

  /** Work of rows goes on at the server; what it calls the newest is still heard and written down. */
  async stop(): Promise<void> {
    await Promise.all(this.#settling.values());
  }

  /** Stops the work at the server, where the server offers that. @returns false when it has to be tried again */
  async release(task: RemoteTask, model: InstalledModel, signal: AbortSignal): Promise<boolean> {
    const runner = settingsOf(model);
    if (this.#settling.has(task.id)) return false;
    const cancel = runner.accepted?.cancel;
    if (!cancel || task.remoteId === undefined || task.isEnded) return true;
    const { method, path } = cancel;
    try {
      const answer = await this.#endpointOf(model, runner).call({ method, path, id: task.remoteId, timeoutMs: LOOK_LIMIT_MS, signal });
      // Anything but a fault that may pass: it is stopped, has ended meanwhile, or is not known there.
      return answer.status < 500 && ![401, 403, 408, 429].includes(answer.status);
    } catch (error) {
      if (error instanceof CallFailed || error instanceof NotPermitted || signal.aborted) return false;
      throw error;
    }
  }

  readonly #settle = (taskId: string, settling: Promise<void>): void => {
    const settled = settling
      .catch(() => undefined) // Nobody learns what the server calls it; the task is as one whose process died.
      .finally(() => this.#settling.delete(taskId));
    this.#settling.set(taskId, settled);
  };

  #endpointOf(model: InstalledModel, runner: HttpSettings): Endpoint {
    const key = JSON.stringify([baseUrlOf(runner, model.settings), runner]);
    const known = this.#endpoints.get(key) ?? new Endpoint(runner, model.settings, this.#outbound);
    this.#endpoints.set(key, known);
    return known;
  }

  /** @returns why it never was */
  async #untilReady({ model }: Shard, { endpoint, runner, signal }: OpenRun): Promise<string | undefined> {
    if (!runner.ready) return undefined;
    const { path, status = [200] } = runner.ready;
    const deadlineMs = performance.now() + model.manifest.setupTimeoutSeconds * 1_000;
    for (;;) {
      const look = await endpoint
        .call({ method: 'GET', path, timeoutMs: LOOK_LIMIT_MS, signal })
        .catch((error: unknown) => whyNot(error, signal));
      if (signal.aborted) return undefined;
      if (typeof look !== 'string' && status.includes(look.status)) return undefined;
      const said = typeof look === 'string' ? look : `${path} answers ${String(look.status)}`;
      const pauseMs = (typeof look === 'string' ? undefined : retryAfterMs(look, Date.now())) ?? READY_PAUSE_MS;
      if (performance.now() + pauseMs > deadlineMs)
        return endpoint.redact(`${endpoint.origin} was not ready within ${String(model.manifest.setupTimeoutSeconds)} s: ${said}`);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined); // Aborted: seen by the next call.
    }
  }

  async #runRows(shard: Shard, run: OpenRun): Promise<void> {
    const waiting = shard.rows.values();
    const next = async (): Promise<void> => {
      for (const row of waiting) {
        if (run.signal.aborted) return;
        if (await run.hooks.beforeRow(row.index)) await this.#runRow(shard, row, run);
      }
    };
    await Promise.all(Array.from({ length: Math.max(1, shard.slots) }, next));
  }

  async #runRow(shard: Shard, row: ShardRow, { endpoint, runner, hooks, events, lines, signal }: OpenRun): Promise<void> {
    const stop = AbortSignal.any([signal, hooks.rowSignal(row.index)]);
    const log = (line: string): void => {
      if (lines.length < LOG_LINES) lines.push(line);
    };
    const { index, attempt } = row;
    try {
      events.put({ kind: 'started', index });
      const end = await new HttpRow({ endpoint, runner, ledger: this.#ledger, shard, row, log, signal: stop, settle: this.#settle }).run();
      if (end) events.put({ kind: 'outcome', index, attempt, ...end });
    } catch (error) {
      if (stop.aborted) return;
      if (!(error instanceof NotPermitted)) throw error;
      for (const event of failAll([row], error.message)) events.put(event);
    }
  }
}

function settingsOf({ manifest }: InstalledModel): HttpSettings {
  if (manifest.runner.kind !== 'http') throw new Error(`unreachable: the runner of kind "${manifest.runner.kind}" is no server`);
  return manifest.runner;
}

function whyNot(error: unknown, signal: AbortSignal): string {
  if (error instanceof CallFailed || error instanceof NotPermitted || signal.aborted) return String(error);
  throw error;
}

function* failAll(rows: readonly ShardRow[], message: string): Generator<RunnerEvent> {
  const startedAtMs = performance.now();
  for (const { index, attempt } of rows)
    yield { kind: 'outcome', index, attempt, startedAtMs, outcome: { kind: 'failed', failure: { code: 'model_unavailable', message } } };
}

async function logOf({ folder }: Shard, lines: readonly string[]): Promise<RunnerEvent> {
  await mkdir(folder, { recursive: true });
  const absolutePath = join(folder, 'log.txt');
  await writeFile(absolutePath, `${lines.join('\n')}\n`);
  return { kind: 'log', file: { name: 'log.txt', absolutePath, mediaType: 'text/plain', role: 'log' } };
}
