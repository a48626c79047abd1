/**
 * One row at a model server.
 *
 * States: written down -> sent -> accepted (looked at again and again) -> answered -> told. A row whose task was written down by an earlier
 * run goes on where that one stopped. Leaving it at any point (an abort) leaves the task as it is: whoever holds the row next finds it,
 * and what nobody waits for is stopped at the server by `HttpRunner.release`.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Failure, HttpRunner } from '@omtx/contract';
import { Untranslatable, type Translation } from '../../domain/dialects/translation.ts';
import { writeDialect } from '../../domain/dialects/write-dialect.ts';
import { isRecord, valueAt } from '../../domain/free-object.ts';
import type { RemoteTask } from '../../domain/remote-task.ts';
import { checkFailure } from '../check-result.ts';
import type { RemoteLedger } from '../remote-ledger.ts';
import type { RunnerOutcome, Shard, ShardRow } from '../runner.ts';
import { retryAfterMs, type Endpoint } from './endpoint.ts';
import { fillTemplate, putAt } from './fill-template.ts';
import { CallFailed, type HttpAnswer } from './http-call.ts';
import { messageIn, readAnswer, type AnswerReading } from './read-answer.ts';

export interface HttpRowParts {
  readonly endpoint: Endpoint;
  readonly runner: HttpRunner;
  readonly ledger: RemoteLedger;
  readonly shard: Shard;
  readonly row: ShardRow;
  /** A line of the log of the run. */
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
  /** Takes over a request that is under way when the row is left, until it is known what the server calls it. */
  readonly settle: (taskId: string, settling: Promise<void>) => void;
}

export interface RowEnd {
  readonly startedAtMs: number;
  readonly outcome: RunnerOutcome;
}

/** A part of it that ends the row. */
class RowFailed extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** A look at the work, or a file of its answer: small. */
const LOOK_LIMIT_MS = 60_000;
const FILE_LIMIT_MS = 10 * 60_000;
const LONGEST_LOOK_PAUSE_MS = 60_000;
/** It may be there behind the gateway that says so. */
const MAY_HAVE_ARRIVED = [502, 504];

export class HttpRow {
  readonly #parts: HttpRowParts;
  #translation: Translation = { body: {}, report: [] };
  #startedAtMs = performance.now();

  constructor(parts: HttpRowParts) {
    this.#parts = parts;
  }

  /** @returns undefined when the run is over. @throws NotPermitted; the reason of the signal when aborted; what database and disk say */
  async run(): Promise<RowEnd | undefined> {
    const { ledger, shard, row } = this.#parts;
    const translation = translationOf(this.#parts);
    if (translation instanceof Untranslatable)
      return {
        startedAtMs: this.#startedAtMs,
        outcome: { kind: 'failed', failure: { code: 'invalid_input', message: translation.message } },
      };
    this.#translation = translation;
    const [known] = await ledger.tasksOf(shard.batchId, [row]);
    const { id: modelId, version: modelVersion } = shard.model.manifest;
    const task =
      known ?? (await ledger.begin({ runId: shard.runId, kind: 'http', modelId, modelVersion, batchId: shard.batchId, rows: [row] }));
    if (!task) return undefined;
    if (task.acceptedSecondsAgo !== undefined) this.#startedAtMs = performance.now() - task.acceptedSecondsAgo * 1_000;
    try {
      const answer = await this.#answerOf(task, known !== undefined);
      return { startedAtMs: this.#startedAtMs, outcome: await readAnswer(answer, this.#reading()) };
    } catch (error) {
      if (!(error instanceof RowFailed)) throw error;
      return { startedAtMs: this.#startedAtMs, outcome: { kind: 'failed', failure: error.failure } };
    }
  }

  async #answerOf(task: RemoteTask, wasKnown: boolean): Promise<Buffer> {
    const { ledger, runner } = this.#parts;
    // Addresses in an answer are good for minutes: where it can be asked for again, it is.
    const hasAddresses = (runner.result.artifacts ?? []).some(({ form }) => form === 'url');
    if (task.answerSha256 !== undefined && !(hasAddresses && task.remoteId !== undefined)) return ledger.readAnswer(task);
    const accepted = task.remoteId ?? (await this.#submit(task, wasKnown));
    const answer = typeof accepted === 'string' ? await this.#follow(task, accepted) : accepted;
    await ledger.keepAnswer(task.id, answer.body);
    return answer.body;
  }

  /** @returns what the server calls the work, or its answer where it gives that at once */
  async #submit(task: RemoteTask, wasKnown: boolean): Promise<string | HttpAnswer> {
    const { endpoint, signal, runner, ledger } = this.#parts;
    const repeats = (runner.submit.repeat ?? 'never') !== 'never';
    if (wasKnown && !repeats) throw this.#unknown('the hub was stopped while it was sent');
    const busyUntilMs = performance.now() + this.#parts.shard.model.manifest.setupTimeoutSeconds * 1_000;
    for (;;) {
      await endpoint.waitForQuiet(signal);
      this.#startedAtMs = performance.now();
      const answer = await this.#send(task.id);
      if (answer instanceof CallFailed) {
        if (answer.isLate && !runner.accepted) throw this.#late();
        if (answer.mayHaveArrived && !repeats) throw this.#unknown(answer.message);
        this.#pause(undefined, answer.message, busyUntilMs);
        continue;
      }
      this.#say(`sent: ${String(answer.status)}`);
      if (endpoint.isBusy(answer)) {
        if (MAY_HAVE_ARRIVED.includes(answer.status) && !repeats) throw this.#unknown(`the server answered ${String(answer.status)}`);
        this.#pause(retryAfterMs(answer, Date.now()), `it answers ${String(answer.status)}`, busyUntilMs);
        continue;
      }
      endpoint.isWell();
      const remoteId = this.#idIn(answer);
      if (remoteId !== undefined) {
        await ledger.accept(task.id, remoteId);
        this.#say(`taken as ${remoteId}`);
        return remoteId;
      }
      if (answer.status >= 200 && answer.status < 300) return answer;
      await ledger.end(task.id);
      throw new RowFailed(this.#failureOf(answer));
    }
  }

  async #send(key: string): Promise<HttpAnswer | CallFailed> {
    const { endpoint, runner, shard, row, signal } = this.#parts;
    const { submit } = runner;
    const { shared, parameters, seed, timeoutSeconds } = shard;
    const template = fillTemplate(submit.body, { input: row.input, shared, parameters, seed, key });
    const filled = submit.dialect === undefined ? template : { ...this.#translation.body, ...(isRecord(template) ? template : {}) };
    const { repeat } = submit;
    const json = typeof repeat === 'object' && 'pointer' in repeat ? putAt(filled, repeat.pointer, key) : filled;
    const headers = typeof repeat === 'object' && 'header' in repeat ? { [repeat.header.toLowerCase()]: key } : {};
    const call = { method: submit.method ?? 'POST', path: submit.path, headers, json };
    if (!runner.accepted) return endpoint.call({ ...call, timeoutMs: timeoutSeconds * 1_000, signal }).catch(asCallFailed);
    // A server that takes work answers soon. What it calls the work must be known even when nobody wants the row any more.
    const sending = endpoint.call({ ...call, timeoutMs: LOOK_LIMIT_MS, signal: new AbortController().signal }).catch(asCallFailed);
    return this.#orLeave(key, sending);
  }

  async #orLeave(taskId: string, sending: Promise<HttpAnswer | CallFailed>): Promise<HttpAnswer | CallFailed> {
    const { signal, settle, ledger } = this.#parts;
    const { promise: aborted, resolve: abort } = Promise.withResolvers<undefined>();
    const listen = (): void => {
      abort(undefined);
    };
    signal.addEventListener('abort', listen, { once: true });
    try {
      const answer = await Promise.race([sending, aborted]);
      if (answer !== undefined) return answer;
    } finally {
      signal.removeEventListener('abort', listen);
    }
    const learn = async (): Promise<void> => {
      const answer = await sending;
      const id = answer instanceof CallFailed ? undefined : this.#idIn(answer);
      if (id !== undefined) await ledger.accept(taskId, id);
    };
    settle(taskId, learn());
    signal.throwIfAborted();
    throw new Error('unreachable: the signal was aborted');
  }

  #pause(askedMs: number | undefined, why: string, busyUntilMs: number): void {
    const pauseMs = this.#parts.endpoint.keepQuiet(askedMs);
    this.#say(`${why}; asked again in ${String(Math.round(pauseMs / 1_000))} s`);
    if (performance.now() + pauseMs <= busyUntilMs) return;
    const { setupTimeoutSeconds } = this.#parts.shard.model.manifest;
    throw new RowFailed({
      code: 'model_unavailable',
      message: this.#parts.endpoint.redact(
        `${this.#parts.endpoint.origin} took no work within ${String(setupTimeoutSeconds)} s: ${why}. Look whether the server is up and has room.`,
      ),
    });
  }

  #idIn(answer: HttpAnswer): string | undefined {
    const { accepted } = this.#parts.runner;
    if (!accepted?.status.includes(answer.status)) return undefined;
    const place = 'header' in accepted.id ? accepted.id.header : accepted.id.pointer;
    const id = 'header' in accepted.id ? answer.headers[accepted.id.header.toLowerCase()] : valueAt(jsonOf(answer), accepted.id.pointer);
    if ((typeof id === 'string' && id !== '') || typeof id === 'number') return String(id);
    // A server that sometimes answers at once says so by giving no id with 200.
    if (answer.status === 200) return undefined;
    throw new RowFailed({
      code: 'protocol_error',
      message: `The server took the row (${String(answer.status)}) and gave no id at ${place}.`,
    });
  }

  /** Looks until the work is done. What fails by itself is looked at again, because the work goes on there and would be paid anew. */
  async #follow(task: RemoteTask, id: string): Promise<HttpAnswer> {
    const { runner, signal, shard } = this.#parts;
    const { accepted } = runner;
    if (!accepted)
      throw new RowFailed({
        code: 'protocol_error',
        message: `The server took the row as ${id}, and its model says nothing of looking at it.`,
      });
    const deadlineMs = this.#startedAtMs + shard.timeoutSeconds * 1_000;
    let pauseMs = accepted.pollSeconds * 1_000;
    for (let isFirst = true; ; isFirst = false) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) throw this.#late();
      if (!isFirst || task.remoteId === undefined) await sleep(Math.min(pauseMs, leftMs), undefined, { signal });
      const look = await this.#look(accepted.pollPath, id);
      if (look instanceof CallFailed) {
        pauseMs = Math.min(pauseMs * 2, LONGEST_LOOK_PAUSE_MS);
        this.#say(`could not be looked at: ${look.message}`);
        continue;
      }
      if (await this.#isDone(task, look, id))
        return accepted.resultPath === undefined ? look : this.#fetchResult(accepted.resultPath, id, deadlineMs);
      pauseMs =
        retryAfterMs(look, Date.now()) ?? (isGood(look) ? accepted.pollSeconds * 1_000 : Math.min(pauseMs * 2, LONGEST_LOOK_PAUSE_MS));
    }
  }

  #look(path: string, id: string): Promise<HttpAnswer | CallFailed> {
    const { endpoint, signal } = this.#parts;
    return endpoint.call({ method: 'GET', path, id, timeoutMs: LOOK_LIMIT_MS, signal }).catch(asCallFailed);
  }

  /** @returns false when it is to be looked at again. @throws RowFailed when it has failed, or the server knows it no more */
  async #isDone(task: RemoteTask, look: HttpAnswer, id: string): Promise<boolean> {
    const { ledger, runner, endpoint } = this.#parts;
    if (look.status === 404 || look.status === 410) {
      await ledger.end(task.id);
      throw new RowFailed({ code: 'worker_lost', message: `${endpoint.origin} does not know ${id} any more (${String(look.status)}).` });
    }
    if (!isGood(look)) {
      const mayPass = endpoint.isBusy(look) || [401, 403, 408].includes(look.status);
      if (mayPass) return false;
      await ledger.end(task.id);
      throw new RowFailed(this.#failureOf(look));
    }
    const state = runner.accepted?.state;
    if (!state) return look.status !== 202;
    const said = valueAt(jsonOf(look), state.pointer);
    if (typeof said === 'string' && state.failed.includes(said)) {
      await ledger.end(task.id);
      const why = messageIn(look.body, this.#reading());
      throw new RowFailed(checkFailure({ code: 'model_error', message: `The server says that ${id} is ${said}: ${why}` }));
    }
    return !(typeof said === 'string' && state.running.includes(said)) && look.status !== 202;
  }

  async #fetchResult(path: string, id: string, deadlineMs: number): Promise<HttpAnswer> {
    for (;;) {
      const answer = await this.#look(path, id);
      if (!(answer instanceof CallFailed) && !this.#parts.endpoint.isBusy(answer)) {
        if (isGood(answer)) return answer;
        throw new RowFailed(this.#failureOf(answer));
      }
      if (performance.now() > deadlineMs) throw this.#late();
      const pollMs = (this.#parts.runner.accepted?.pollSeconds ?? 1) * 1_000;
      const pauseMs = answer instanceof CallFailed ? pollMs : (retryAfterMs(answer, Date.now()) ?? pollMs);
      await sleep(pauseMs, undefined, { signal: this.#parts.signal });
    }
  }

  /** An answer that is neither good nor busy. What is wrong with the request is the row's fault, what is wrong with the way there is not. */
  #failureOf(answer: HttpAnswer): Failure {
    const { status, body, headers } = answer;
    const said = messageIn(body, this.#reading());
    const { endpoint, runner } = this.#parts;
    const head = `${endpoint.origin} answered ${String(status)}`;
    const told = said === '' ? `${head}.` : `${head}: ${said}`;
    if ([400, 413, 422].includes(status)) return { code: 'invalid_input', message: told };
    if (status === 401 || status === 402 || status === 403)
      return {
        code: 'model_unavailable',
        message: `${told} Look at the secret "${runner.auth?.secret ?? 'none'}" and the account behind it.`,
      };
    if (status >= 300 && status < 400)
      return {
        code: 'model_unavailable',
        message: `${head} and sends on to ${endpoint.redact(headers['location'] ?? 'nowhere')}. Correct the address of the server.`,
      };
    if (status === 404 || status === 405)
      return { code: 'model_unavailable', message: `${told} Correct the address of the server: a path under it is missing or wrong.` };
    return checkFailure({ code: 'model_error', message: told });
  }

  #late(): RowFailed {
    return new RowFailed({
      code: 'timeout',
      message: `The row ran longer than its limit of ${String(this.#parts.shard.timeoutSeconds)} s.`,
    });
  }

  #unknown(what: string): RowFailed {
    const message = `Whether ${this.#parts.endpoint.origin} took the row is not known (${this.#parts.endpoint.redact(what)}), and it could be paid twice.`;
    return new RowFailed({ code: 'remote_unknown', message });
  }

  #say(line: string): void {
    this.#parts.log(this.#parts.endpoint.redact(`row ${String(this.#parts.row.index)}: ${line}`));
  }

  #reading(): AnswerReading {
    const { endpoint, runner, shard, row, signal } = this.#parts;
    return {
      manifest: shard.model.manifest,
      rankBy: shard.rankBy,
      notes: this.#translation.report,
      runner,
      folder: join(shard.folder, `row-${String(row.index)}`),
      redact: (text) => endpoint.redact(text),
      fetchFile: async (address) => {
        const answer = await endpoint.fetchFile(address, FILE_LIMIT_MS, signal).catch(asCallFailed);
        if (answer instanceof CallFailed) return answer.message;
        return answer.status === 200 ? answer.body : `its address answered ${String(answer.status)}.`;
      },
    };
  }
}

function isGood({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}

function jsonOf({ body }: HttpAnswer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined; // What is looked for in it is then not there, and that is told.
  }
}

function asCallFailed(error: unknown): CallFailed {
  if (error instanceof CallFailed) return error;
  throw error;
}

/** The request in the service's own dialect; empty where the manifest's template is all of it. */
function translationOf({ runner, shard, row }: HttpRowParts): Translation | Untranslatable {
  const { dialect } = runner.submit;
  if (dialect === undefined) return { body: {}, report: [] };
  const { shared, parameters, seed } = shard;
  const pinned = Array.isArray(shared['msas']) ? shared['msas'].filter(isRecord) : [];
  const msas = new Map(pinned.map(({ sequence, a3m }) => [String(sequence), String(a3m)]));
  try {
    return writeDialect(dialect, { asked: { ...shared, ...row.input }, parameters, seed, msas });
  } catch (error) {
    if (error instanceof Untranslatable) return error;
    throw error;
  }
}
