/**
 * What a job of Slurm runs on its node: one part of a shard, in a worker process as on a worker host. It knows no database and no network;
 * what it has to say goes into the task's folder, from which a hub reads it now or later.
 * Usage: node part-program.ts FOLDER PART JOB GPUS
 */
import { appendFileSync } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessRunner } from '../process/process-runner.ts';
import type { ProducedFile, RunnerEvent, RunnerHooks, ShardRow } from '../runner.ts';
import { cancelFolder, partFolder, shardFile, toldFile, type Told, type WrittenShard } from './part-folder.ts';

/** A cancel must be done in 2 s. */
const LOOK_MS = 500;
const IDLE_SECONDS = 60;
const SIGNAL_MS = 1_000;

class Part {
  readonly #folder: string;
  readonly #part: number;
  readonly #gpus: readonly string[];
  readonly #stopping: AbortSignal;
  readonly #left = new Map<number, ShardRow>();
  readonly #stops = new Map<number, AbortController>();
  readonly #cancelled = new Set<number>();

  constructor(folder: string, part: number, gpus: readonly string[], stopping: AbortSignal) {
    this.#folder = folder;
    this.#part = part;
    this.#gpus = gpus;
    this.#stopping = stopping;
  }

  async run(): Promise<void> {
    const shard: WrittenShard = JSON.parse(await readFile(shardFile(this.#folder), 'utf8'));
    for (const row of shard.parts[this.#part] ?? []) this.#left.set(row.index, row);
    const runner = new ProcessRunner({
      ...shard.worker,
      folder: join(partFolder(this.#folder, this.#part), 'workers'),
      idleSeconds: IDLE_SECONDS,
    });
    const watching = new AbortController();
    const watch = this.#watchCancels(watching.signal);
    try {
      // A worker that dies takes rows of this part with it, and the next one has the others.
      for (let round = 0; this.#left.size > 0 && !this.#stopping.aborted; round += 1) {
        const before = this.#left.size;
        await this.#runOnce(runner, shard, round);
        if (this.#left.size === before) break;
      }
      if (!this.#stopping.aborted) this.#tell({ kind: 'done' });
    } finally {
      watching.abort();
      await watch;
      await runner.stop();
    }
  }

  async #runOnce(runner: ProcessRunner, shard: WrittenShard, round: number): Promise<void> {
    const { parts: _, worker: __, ...given } = shard;
    const events = runner.run(
      {
        ...given,
        rows: [...this.#left.values()],
        slots: 1,
        gpus: this.#gpus,
        folder: join(partFolder(this.#folder, this.#part), `run-${String(round)}`),
      },
      this.#hooks(),
      this.#stopping,
    );
    for await (const event of events) await this.#hear(event);
  }

  async #hear(event: RunnerEvent): Promise<void> {
    if (event.kind === 'outcome') {
      const { startedAtMs, ...rest } = event;
      this.#left.delete(event.index);
      this.#tell({ ...rest, seconds: (performance.now() - startedAtMs) / 1_000 });
      return;
    }
    if (event.kind === 'lost') {
      // Slurm signals all processes of a job that it ends: then the worker is not to blame, and Slurm says why.
      await sleep(SIGNAL_MS);
      if (this.#stopping.aborted) return;
      for (const { index } of event.inFlight) this.#left.delete(index);
    }
    this.#tell(event.kind === 'opened' ? { ...event, files: await this.#kept(event.files) } : event);
  }

  /** Files of the shard are the worker's, and go with it. */
  async #kept(files: readonly ProducedFile[]): Promise<readonly ProducedFile[]> {
    const folder = join(partFolder(this.#folder, this.#part), 'shard');
    await mkdir(folder, { recursive: true });
    const kept: ProducedFile[] = [];
    for (const [place, file] of files.entries()) {
      const absolutePath = join(folder, String(place));
      await copyFile(file.absolutePath, absolutePath);
      kept.push({ ...file, absolutePath });
    }
    return kept;
  }

  #hooks(): RunnerHooks {
    return {
      beforeRow: (index) => {
        if (this.#cancelled.has(index)) {
          this.#left.delete(index);
          return Promise.resolve(false);
        }
        this.#tell({ kind: 'sent', index });
        return Promise.resolve(true);
      },
      rowSignal: (index) => {
        const stop = new AbortController();
        this.#stops.set(index, stop);
        return stop.signal;
      },
    };
  }

  async #watchCancels(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const name of await readdir(cancelFolder(this.#folder)).catch(() => [])) this.#cancel(Number(name));
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined); // Aborted: the loop ends.
    }
  }

  #cancel(index: number): void {
    if (this.#cancelled.has(index)) return;
    this.#cancelled.add(index);
    this.#left.delete(index);
    this.#stops.get(index)?.abort();
  }

  /** At once: the node may be switched off with the next line. */
  #tell(told: Told): void {
    appendFileSync(toldFile(this.#folder, this.#part), `${JSON.stringify(told)}\n`);
  }
}

/** The same part may have been submitted twice, by a hub that died before it heard the id of the first job. @returns false for the second */
async function hold(folder: string, part: number, job: string): Promise<boolean> {
  const file = join(partFolder(folder, part), 'holder');
  await mkdir(partFolder(folder, part), { recursive: true });
  return writeFile(file, job, { flag: 'wx' }).then(
    () => true,
    () => false,
  );
}

const [folder = '', part = '', job = '', gpus = ''] = process.argv.slice(2);
const stopping = new AbortController();
process.on('SIGTERM', () => {
  stopping.abort();
});
if (await hold(folder, Number(part), job)) {
  const devices = gpus.split(',').filter((each) => each !== '');
  await new Part(folder, Number(part), devices, stopping.signal).run();
} else {
  process.stderr.write(`another job does part ${part}; job ${job} ends\n`);
}
process.exitCode = stopping.signal.aborted ? 143 : 0;
