/**
 * The protocol's conformance test: does a worker, in whatever language, speak as the hub expects, also when it is asked for nonsense.
 * It runs the model's health check, and misbehaves around it.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rankingOf, type protocol } from '@omtx/contract';
import type { InstalledModel } from '../catalog/registry.ts';
import { checkResult } from '../runners/check-result.ts';
import { commandOf, environmentOf, parseMessage } from '../runners/process/worker-launch.ts';
import { WorkerProcess } from '../runners/process/worker-process.ts';
import { isReady, readExample, type ReadyExample } from './read-example.ts';
import { gpusFor, unmetOf, type RunSettings } from './run-example.ts';

export interface ConformanceFinding {
  readonly rule: string;
  /** Undefined: kept. */
  readonly broken: string | undefined;
}

type Message = protocol.WorkerMessage;
/** Answers that need no engine. */
const ANSWER_SECONDS = 20;
const END_SECONDS = 5;

/** @throws Error where there is no example to run */
export async function testConformance(model: InstalledModel, settings: RunSettings): Promise<readonly ConformanceFinding[]> {
  const { healthCheck } = model.manifest;
  if (!healthCheck) throw new Error(`${model.manifest.id} has no healthCheck; name an example that takes seconds.`);
  const example = await readExample(model.folder, healthCheck.example, model.manifest);
  if (!isReady(example)) throw new Error(example.join('; '));
  const folder = await mkdtemp(join(tmpdir(), 'omtx-conformance-'));
  try {
    return await new Conversation(model, example, settings, folder).hold();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

class Conversation {
  readonly #model: InstalledModel;
  readonly #example: ReadyExample;
  readonly #settings: RunSettings;
  readonly #folder: string;
  readonly #findings: ConformanceFinding[] = [];
  #worker: WorkerProcess;
  #messages: AsyncIterator<string>;
  #batchRows: number | undefined;
  /** A read that nobody has waited for to its end. */
  #pending: Promise<IteratorResult<string>> | undefined;

  constructor(model: InstalledModel, example: ReadyExample, settings: RunSettings, folder: string) {
    this.#model = model;
    this.#example = example;
    this.#settings = settings;
    this.#folder = folder;
    this.#worker = this.#start();
    this.#messages = this.#worker.lines[Symbol.asyncIterator]();
  }

  async hold(): Promise<readonly ConformanceFinding[]> {
    try {
      if (!(await this.#keeps('it says "ready" first, with its model, version and slots', () => this.#expectReady())))
        return this.#findings;
      await this.#keeps('it opens a shard', () => this.#open('first'));
      await this.#keeps('a row ends as a result that its manifest declares', () => this.#runRow('0', 'first'));
      await this.#keeps('a message that it does not know is passed over', () => this.#survivesNonsense());
      await this.#keeps('a row of a shard that is not open fails, and the worker lives on', () => this.#failsRowOfClosedShard());
      await this.#keeps('input that fits nothing fails its row, and the worker lives on', () => this.#failsBadInput());
      await this.#keeps('a row that is cancelled ends once', () => this.#cancelsRow());
      await this.#keeps('after "close" another shard can be opened', () => this.#reopens());
      await this.#keeps('"stop" ends it', () => this.#stops());
      await this.#keeps('it ends when the hub is gone', () => this.#endsWithHub());
    } finally {
      await this.#worker.stop(0);
    }
    return this.#findings;
  }

  async #keeps(rule: string, check: () => Promise<string | undefined>): Promise<boolean> {
    const broken = await check().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    this.#findings.push({ rule, broken });
    return broken === undefined;
  }

  #start(): WorkerProcess {
    const { cpus, pythonPath, programPath } = this.#settings;
    const settings = { folder: this.#folder, cpus, pythonPath, programPath };
    const environment = environmentOf(this.#model, settings, this.#folder, gpusFor(this.#model, this.#settings));
    return WorkerProcess.start({ command: commandOf(this.#model), environment, folder: this.#folder, stop: this.#model.manifest.stop });
  }

  async #expectReady(): Promise<string | undefined> {
    const { id, version, setupTimeoutSeconds } = this.#model.manifest;
    const message = await this.#next(setupTimeoutSeconds);
    if (message.type !== 'ready') return `its first message is "${message.type}"`;
    if (message.model !== id || message.version !== version)
      return `it is ${message.model} ${message.version}; the manifest says ${id} ${version}`;
    this.#batchRows = message.batchRows;
    return undefined;
  }

  async #open(shard: string): Promise<string | undefined> {
    const folder = await this.#newFolder(shard);
    const { shared, parameters, seed } = this.#example;
    this.#worker.send({ type: 'open', shard, shared, parameters, seed, folder });
    const answer = await this.#nextOf(['opened', 'failure'], this.#model.manifest.setupTimeoutSeconds);
    if (answer.type === 'failure') return `it failed with ${answer.code}: ${answer.message}`;
    return answer.type === 'opened' && answer.shard === shard ? undefined : 'the answer names another shard';
  }

  async #runRow(row: string, shard: string): Promise<string | undefined> {
    const folder = await this.#predict(row, shard, this.#example.own);
    const answer = await this.#nextOf(['result', 'failure'], this.#model.manifest.timeoutSeconds);
    if (answer.type === 'failure') return `it failed with ${answer.code}: ${answer.message}`;
    if (answer.type !== 'result' || answer.row !== row) return 'the answer names another row';
    const { manifest } = this.#model;
    const outcome = await checkResult(manifest, rankingOf(manifest, this.#example.task) ?? null, answer, folder);
    if (outcome.kind === 'failed') return outcome.failure.message;
    const unmet = unmetOf(this.#example, outcome);
    return unmet.length === 0 ? undefined : unmet.join('; ');
  }

  async #survivesNonsense(): Promise<string | undefined> {
    this.#worker.sendRaw('{"type":"a_message_of_a_later_version"}\n');
    this.#worker.send({ type: 'cancel', row: 'nobody' });
    return this.#runRow('1', 'first');
  }

  async #failsRowOfClosedShard(): Promise<string | undefined> {
    await this.#predict('2', 'never-opened', this.#example.own);
    const answer = await this.#nextOf(['failure', 'result'], ANSWER_SECONDS);
    if (answer.type !== 'failure' || answer.row !== '2') return 'it did not fail that row';
    return this.#runRow('3', 'first');
  }

  async #failsBadInput(): Promise<string | undefined> {
    await this.#predict('4', 'first', { nonsense: true });
    const answer = await this.#nextOf(['failure', 'result'], this.#model.manifest.timeoutSeconds);
    if (answer.type !== 'failure') return 'it gave a result for input that no task has';
    if (answer.row !== '4') return 'it failed the shard, and with it every row';
    return this.#runRow('5', 'first');
  }

  /** Cancelled while it runs or when it is done: exactly one outcome, and no more of it. */
  async #cancelsRow(): Promise<string | undefined> {
    if (this.#model.manifest.stop.cancelRow === 'kill') return undefined;
    await this.#predict('6', 'first', this.#example.own);
    await this.#nextOf(['started'], ANSWER_SECONDS);
    this.#worker.send({ type: 'cancel', row: '6' });
    const answer = await this.#nextOf(['failure', 'result'], ANSWER_SECONDS);
    if (!('row' in answer) || answer.row !== '6') return 'the answer names another row';
    return this.#runRow('7', 'first');
  }

  async #reopens(): Promise<string | undefined> {
    this.#worker.send({ type: 'close', shard: 'first' });
    return (await this.#open('second')) ?? this.#runRow('8', 'second');
  }

  async #stops(): Promise<string | undefined> {
    this.#worker.send({ type: 'stop' });
    return this.#hasEnded(this.#model.manifest.stop.graceSeconds + END_SECONDS, '"stop"');
  }

  async #endsWithHub(): Promise<string | undefined> {
    this.#worker = this.#start();
    this.#messages = this.#worker.lines[Symbol.asyncIterator]();
    this.#pending = undefined;
    const broken = await this.#expectReady();
    if (broken !== undefined) return broken;
    this.#worker.hangUp();
    return this.#hasEnded(END_SECONDS, 'the end of descriptor 3');
  }

  async #hasEnded(seconds: number, after: string): Promise<string | undefined> {
    const ended = await Promise.race([this.#worker.ended.then(() => true), sleep(seconds * 1_000, false, { ref: false })]);
    return ended ? undefined : `it still runs ${String(seconds)} s after ${after}`;
  }

  async #predict(row: string, shard: string, input: unknown): Promise<string> {
    const folder = await this.#newFolder(`row-${row}`);
    if (this.#batchRows === undefined) this.#worker.send({ type: 'predict', shard, row, input, folder });
    else this.#worker.send({ type: 'predictMany', shard, rows: [{ row, input, folder }] });
    return folder;
  }

  async #newFolder(name: string): Promise<string> {
    const folder = join(this.#folder, name);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  async #nextOf(types: readonly Message['type'][], seconds: number): Promise<Message> {
    const deadline = Date.now() + seconds * 1_000;
    for (;;) {
      const message = await this.#next((deadline - Date.now()) / 1_000);
      if (types.includes(message.type)) return message;
    }
  }

  async #next(seconds: number): Promise<Message> {
    this.#pending ??= this.#messages.next();
    const line = await Promise.race([this.#pending, sleep(Math.max(0, seconds) * 1_000, undefined, { ref: false })]);
    if (line === undefined) throw new Error(`it said nothing for ${seconds.toFixed(0)} s. ${this.#log()}`);
    this.#pending = undefined;
    if (line.done === true) throw new Error(`it ended. ${this.#log()}`);
    const message = parseMessage(line.value);
    if (typeof message === 'string') throw new Error(`it wrote ${message}`);
    return message;
  }

  #log(): string {
    const end = this.#worker.log.end(1_000);
    return end === '' ? '' : `Its log ends: ${end}`;
  }
}
