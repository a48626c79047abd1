/**
 * One run of rows in a Slurm cluster.
 *
 * States: finding (tasks that earlier runs began for these rows; what is left is submitted, as far as there are slots) -> following (reads
 * what the parts tell, asks Slurm how they stand) -> over, when each part has told its rows of this run or will tell nothing more.
 * An abort leaves everything to the next run of the rows.
 */
import { constants, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Failure } from '@omtx/contract';
import type { RemoteTask } from '../../domain/remote-task.ts';
import type { RemoteLedger } from '../remote-ledger.ts';
import type { ProducedFile, RunnerEvent, RunnerHooks, Shard, ShardRow } from '../runner.ts';
import { blameOf } from './blame.ts';
import { isOver, isWaiting, stateOfTask, type TaskState } from './job-state.ts';
import { cancelFolder, shardFile, type Told, type WrittenShard } from './part-folder.ts';
import { PartReader } from './part-reader.ts';
import type { SlurmCommands } from './slurm-commands.ts';
import { divide, nameOf, submission, writeTask, type SlurmDefaults } from './submit-job.ts';

export interface SlurmSettings extends SlurmDefaults {
  /** Folder that hub and compute nodes share; each task has one in it. */
  readonly folder: string;
  readonly pythonPath: string;
  readonly programPath: string;
  /** Between two questions to Slurm. */
  readonly lookSeconds: number;
}

export interface SlurmRunParts {
  readonly settings: SlurmSettings;
  readonly commands: SlurmCommands;
  readonly ledger: RemoteLedger;
  readonly shard: Shard;
  readonly hooks: RunnerHooks;
  readonly signal: AbortSignal;
}

/** A part that has rows of this run. */
interface Part {
  readonly task: RemoteTask;
  readonly jobId: string;
  readonly reader: PartReader;
  /** Parts of its task. */
  readonly partCount: number;
  /** Rows of this run that were not told. */
  readonly rows: Map<number, ShardRow>;
  readonly sent: Set<number>;
  /** Whether any row of the part was told, of this run or another. */
  hasTold: boolean;
  isDone: boolean;
  /** As Slurm last told it. */
  state: TaskState | undefined;
  /** Reads since the last row of this run was told; the log comes behind it. */
  readsSinceTold: number;
  /** Looks since Slurm said that it is over, or that it knows nothing of it. */
  looksSinceOver: number;
}

const READ_MS = 500;
/** A shared file system may show the last lines seconds after the job has ended. */
const LOOKS_AFTER_END = 2;
const READS_FOR_LOG = 6;

export class SlurmRun {
  readonly #parts: SlurmRunParts;
  readonly #open: Part[] = [];
  readonly #logs: ProducedFile[] = [];
  /** Parts that are done, by task. */
  readonly #done = new Map<string, number>();
  #hasOpened = false;
  #said = '';

  constructor(parts: SlurmRunParts) {
    this.#parts = parts;
  }

  async *run(): AsyncGenerator<RunnerEvent> {
    const { shard, signal } = this.#parts;
    await mkdir(shard.folder, { recursive: true });
    yield* this.#find();
    for (let nextLookMs = 0; this.#open.length > 0 && !signal.aborted;) {
      for (const part of this.#open) yield* this.#hear(part);
      if (performance.now() >= nextLookMs) {
        yield* this.#look();
        nextLookMs = performance.now() + this.#parts.settings.lookSeconds * 1_000;
      }
      yield* this.#closeEnded();
      if (this.#open.length > 0) await sleep(READ_MS, undefined, { signal }).catch(() => undefined); // Aborted: the loop ends.
    }
    if (!signal.aborted) for (const file of this.#logs) yield { kind: 'log', file };
  }

  /** What earlier runs began is gone on with; the rows that nobody has begun are submitted for the slots that are left. */
  async *#find(): AsyncGenerator<RunnerEvent> {
    const { ledger, shard } = this.#parts;
    const fresh = new Map(shard.rows.map((row) => [row.index, row]));
    for (const task of await ledger.tasksOf(shard.batchId, shard.rows)) {
      const written = await this.#written(task);
      if (!written) {
        await ledger.leave(task.id, task.rows);
        continue;
      }
      for (const { index } of task.rows) fresh.delete(index);
      yield* this.#attach(task, written);
    }
    const slots = shard.slots - this.#open.length;
    if (fresh.size > 0 && slots > 0) yield* this.#begin([...fresh.values()], slots);
  }

  async *#begin(rows: readonly ShardRow[], slots: number): AsyncGenerator<RunnerEvent> {
    const { ledger, shard } = this.#parts;
    const { id: modelId, version: modelVersion } = shard.model.manifest;
    const { runId, batchId } = shard;
    const task = await ledger.begin({ runId, kind: 'slurm', modelId, modelVersion, batchId, rows });
    if (!task) return;
    const written = this.#writtenShard(divide(rows, slots));
    await writeTask(this.#folderOf(task), written);
    yield* this.#attach(task, written);
  }

  #writtenShard(parts: readonly (readonly ShardRow[])[]): WrittenShard {
    const { shard, settings } = this.#parts;
    const { batchId, runId, model, shared, parameters, seed, timeoutSeconds, memoryBytes, rankBy } = shard;
    const worker = { cpus: Math.ceil(model.manifest.resources.cpus), pythonPath: settings.pythonPath, programPath: settings.programPath };
    return { batchId, runId, model, shared, parameters, seed, timeoutSeconds, memoryBytes, rankBy, worker, parts };
  }

  /** A hub that died while it submitted does not know the id of the job; Slurm knows it by its name. */
  async *#attach(task: RemoteTask, written: WrittenShard): AsyncGenerator<RunnerEvent> {
    const { shard, ledger } = this.#parts;
    const mine = new Map(shard.rows.map((row) => [row.index, row]));
    const jobId = task.remoteId ?? (await this.#submitted(task, written));
    if (typeof jobId !== 'string') {
      await ledger.end(task.id);
      const rows = task.rows.flatMap(({ index }) => mine.get(index) ?? []);
      yield* failAll(rows, { code: 'model_unavailable', message: `Slurm does not take the job: ${jobId.refusal}` });
      return;
    }
    for (const [part, rows] of written.parts.entries()) {
      const held = new Map(rows.flatMap((row) => (mine.get(row.index)?.attempt === row.attempt ? [[row.index, row] as const] : [])));
      if (held.size === 0) continue;
      const reader = new PartReader(this.#folderOf(task), part);
      this.#open.push({
        task,
        jobId,
        reader,
        partCount: written.parts.length,
        rows: held,
        sent: new Set(),
        hasTold: false,
        isDone: false,
        state: undefined,
        readsSinceTold: 0,
        looksSinceOver: 0,
      });
    }
  }

  async #submitted(task: RemoteTask, written: WrittenShard): Promise<string | { readonly refusal: string }> {
    const { commands, ledger, settings } = this.#parts;
    const known = (await commands.statesOf({ name: nameOf(task.id) })) ?? [];
    const found = known[0]?.jobId ?? (await commands.submit(submission(task.id, this.#folderOf(task), written, settings)));
    if (typeof found !== 'string' && 'refusal' in found) return found;
    const jobId = typeof found === 'string' ? found : found.jobId;
    await ledger.accept(task.id, jobId);
    return jobId;
  }

  async #written(task: RemoteTask): Promise<WrittenShard | undefined> {
    const text = await readFile(shardFile(this.#folderOf(task)), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined; // The hub died before it was written, and nothing was submitted.
    const written: WrittenShard = JSON.parse(text);
    return written;
  }

  async *#hear(part: Part): AsyncGenerator<RunnerEvent> {
    for (const told of await part.reader.read()) yield* this.#handle(part, told);
  }

  async *#handle(part: Part, told: Told): AsyncGenerator<RunnerEvent> {
    switch (told.kind) {
      case 'sent':
        await this.#handleSent(part, told.index);
        return;
      case 'outcome':
        part.hasTold = true;
        yield* this.#handleOutcome(part, told);
        return;
      case 'lost':
        part.hasTold = true;
        yield { ...told, inFlight: told.inFlight.flatMap(({ index }) => take(part.rows, index)) };
        return;
      case 'done':
        part.isDone = true;
        return;
      case 'opened':
        if (this.#hasOpened) return;
        this.#hasOpened = true;
        yield { ...told, files: await this.#copied(told.files, 'shard') };
        return;
      case 'log':
        this.#logs.push(
          ...(await this.#copied(
            [{ ...told.file, name: `log-${String(part.reader.part)}.txt` }],
            `log-${part.jobId}-${String(part.reader.part)}`,
          )),
        );
        return;
      case 'started':
      case 'progress':
        if (told.index === undefined || part.rows.has(told.index)) yield told;
        return;
      default:
        told satisfies never;
    }
  }

  /** The worker has it already; where it is not wanted any more, it is stopped. */
  async #handleSent(part: Part, index: number): Promise<void> {
    const { hooks } = this.#parts;
    if (!part.rows.has(index)) return;
    part.sent.add(index);
    if (!(await hooks.beforeRow(index))) return this.#cancel(part.task, index);
    hooks.rowSignal(index).addEventListener('abort', () => void this.#cancel(part.task, index), { once: true });
  }

  async *#handleOutcome(
    part: Part,
    { index, attempt, seconds, outcome }: Extract<Told, { readonly kind: 'outcome' }>,
  ): AsyncGenerator<RunnerEvent> {
    const [row] = take(part.rows, index);
    if (row?.attempt !== attempt) return;
    const startedAtMs = performance.now() - seconds * 1_000;
    const files = outcome.kind === 'completed' ? await this.#copied(outcome.files, `row-${String(index)}`) : [];
    yield { kind: 'outcome', index, attempt, startedAtMs, outcome: outcome.kind === 'completed' ? { ...outcome, files } : outcome };
  }

  /** Files are moved when they are stored, and a run that dies before it has recorded them needs them again. */
  async #copied(files: readonly ProducedFile[], name: string): Promise<readonly ProducedFile[]> {
    const folder = join(this.#parts.shard.folder, name);
    await mkdir(folder, { recursive: true });
    const copies: ProducedFile[] = [];
    for (const [place, file] of files.entries()) {
      const absolutePath = join(folder, String(place));
      await copyFile(file.absolutePath, absolutePath, constants.COPYFILE_FICLONE);
      copies.push({ ...file, absolutePath });
    }
    return copies;
  }

  /** How the jobs stand, and which of their rows nobody waits for. */
  async *#look(): AsyncGenerator<RunnerEvent> {
    const { commands, ledger, shard } = this.#parts;
    const tasks = new Map(this.#open.map(({ task, jobId }) => [jobId, task]));
    for (const [jobId, task] of tasks) {
      for (const index of await ledger.unwantedRowsOf(task.id)) await this.#cancel(task, index);
      const states = await commands.statesOf({ jobId });
      if (!states) continue; // Slurm does not answer: its jobs run on.
      for (const part of this.#open.filter((each) => each.jobId === jobId)) {
        part.state = stateOfTask(states, jobId, part.reader.part);
        part.looksSinceOver = part.state === undefined || isOver(part.state) ? part.looksSinceOver + 1 : 0;
      }
    }
    const waiting = this.#open.find(({ state }) => state !== undefined && isWaiting(state))?.state;
    const note = waiting && `${waiting.state} (${waiting.reason})`;
    if (note === undefined || note === this.#said) return;
    this.#said = note;
    yield { kind: 'progress', index: undefined, phase: 'waiting for Slurm', done: 0, total: shard.rows.length, note };
  }

  async *#closeEnded(): AsyncGenerator<RunnerEvent> {
    for (const part of [...this.#open]) {
      const isLost = part.looksSinceOver >= LOOKS_AFTER_END;
      if (part.rows.size === 0) part.readsSinceTold += 1;
      if (!part.isDone && !isLost && part.readsSinceTold < READS_FOR_LOG) continue;
      this.#open.splice(this.#open.indexOf(part), 1);
      if (part.rows.size > 0) yield* this.#settle(part);
      await this.#keepOutput(part);
      if (part.isDone) await this.#countDone(part);
    }
  }

  /** Jobs that end by themselves are not to be stopped. */
  async #countDone({ task, partCount }: Part): Promise<void> {
    const done = (this.#done.get(task.id) ?? 0) + 1;
    this.#done.set(task.id, done);
    if (done === partCount) await this.#parts.ledger.end(task.id);
  }

  /** Rows that will not be told any more: those in flight are to blame, the others are for the next run. */
  async *#settle({ task, jobId, reader, rows, sent, hasTold, isDone, state }: Part): AsyncGenerator<RunnerEvent> {
    const left = [...rows.values()];
    const inFlight = isDone ? [] : left.filter(({ index }) => sent.has(index));
    const failure = blameOf({ jobId, part: reader.part, state, isFirst: !hasTold, output: await reader.output() });
    if (inFlight.length === 0 && !hasTold && !isDone) {
      yield* failAll(left, { code: 'model_unavailable', message: failure.message });
      return;
    }
    await this.#parts.ledger.leave(
      task.id,
      left.filter((row) => !inFlight.includes(row)),
    );
    if (inFlight.length > 0) yield { kind: 'lost', inFlight, failure };
  }

  /** What program and Slurm printed beside the log of the engine, where they did. */
  async #keepOutput({ reader, jobId }: Part): Promise<void> {
    const text = await reader.output();
    if (text === '') return;
    const name = `slurm-${jobId}-${String(reader.part)}.txt`;
    const absolutePath = join(this.#parts.shard.folder, name);
    await writeFile(absolutePath, `${text}\n`);
    this.#logs.push({ name, absolutePath, mediaType: 'text/plain', role: 'log' });
  }

  async #cancel(task: RemoteTask, index: number): Promise<void> {
    // The folder may be gone with its task.
    await writeFile(join(cancelFolder(this.#folderOf(task)), String(index)), '').catch(() => undefined);
  }

  #folderOf({ id }: RemoteTask): string {
    return join(this.#parts.settings.folder, id);
  }
}

function take(rows: Map<number, ShardRow>, index: number): readonly ShardRow[] {
  const row = rows.get(index);
  rows.delete(index);
  return row ? [row] : [];
}

function* failAll(rows: readonly ShardRow[], failure: Failure): Generator<RunnerEvent> {
  const startedAtMs = performance.now();
  for (const { index, attempt } of rows) yield { kind: 'outcome', index, attempt, startedAtMs, outcome: { kind: 'failed', failure } };
}
