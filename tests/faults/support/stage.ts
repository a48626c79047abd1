/** A hub, its worker hosts and its database as processes that can be killed, and the screen that they work on. */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { OmtxClient } from '@omtx/client';
import type { JobDetail, SubmitJob } from '@omtx/contract';
import { expect } from 'vitest';
import { databaseStatus, startEmbeddedPostgres } from '../../../packages/server/src/storage/postgres/supervisor.ts';
import { descendants, newDataDir, startProcess, type HubProcess } from '../../support/hub-process.ts';
import { processesIn } from './verdict.ts';

const LIMIT_MS = 240_000;
const LOOK_EVERY_MS = 100;
type StartOptions = NonNullable<Parameters<typeof startProcess>[2]>;

export class Stage {
  readonly dataDir: string;
  readonly #running = new Set<HubProcess>();
  #hub: HubProcess | undefined;
  /** What a process said that ended though nobody killed it: no fault may bring it down. */
  #fallen: string | undefined;

  private constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  static async open(dataDir?: string): Promise<Stage> {
    return new Stage(dataDir ?? (await newDataDir()));
  }

  async start(command: 'serve' | 'work', options: StartOptions = {}): Promise<HubProcess> {
    const started = await startProcess(command, this.dataDir, options);
    this.#running.add(started);
    if (command === 'serve') this.#hub = started;
    void started.ended.then((code) => {
      if (this.#running.has(started))
        this.#fallen = `${command} ended by itself with ${String(code)}:\n${started.lines.slice(-10).join('\n').slice(-4_000)}`;
    });
    return started;
  }

  async kill(each: HubProcess): Promise<void> {
    this.#running.delete(each);
    await each.kill();
  }

  async stop(each: HubProcess): Promise<void> {
    this.#running.delete(each);
    expect(await each.stop()).toBe(0);
  }

  modelProcesses(worker: HubProcess): readonly number[] {
    return descendants(worker.pid, 'echo/worker.ts');
  }

  /** Sends a signal to the embedded server. @returns false where none runs at the moment */
  async signalPostgres(signal: NodeJS.Signals): Promise<boolean> {
    const status = await databaseStatus(this.dataDir);
    if (status.state === 'running') process.kill(status.pid, signal);
    return status.state === 'running';
  }

  /** Submits, and submits again with the same key where the answer was lost. */
  async submit(job: SubmitJob): Promise<string> {
    const idempotencyKey = crypto.randomUUID();
    return this.#until('a submission is taken', () => this.#ask(async (client) => (await client.submitJob({ ...job, idempotencyKey })).id));
  }

  /** undefined while the hub or its database is down. */
  job(id: string): Promise<JobDetail | undefined> {
    return this.#ask((client) => client.getJob(id));
  }

  async untilCompleted(id: string, rows: number): Promise<void> {
    await this.#until(`${String(rows)} rows are completed`, async () => {
      const job = await this.job(id);
      return job && job.progress.completed >= rows ? job : undefined;
    });
  }

  async untilFinished(id: string): Promise<void> {
    await this.#until('the job is finished', async () => (await this.job(id))?.finishedAt ?? undefined);
  }

  /** Waits for a condition with a limit, and no longer than the processes live that it depends on. */
  async #until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    for (const deadline = performance.now() + LIMIT_MS; performance.now() < deadline; await sleep(LOOK_EVERY_MS)) {
      const found = await look();
      if (found !== undefined) return found;
      if (this.#fallen !== undefined) throw new Error(this.#fallen);
    }
    throw new Error(`In ${String(LIMIT_MS / 1_000)} s it did not come true that ${what}.`);
  }

  /** Adopts the embedded server for as long as `work` takes. */
  async withDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
    const postgres = await startEmbeddedPostgres({ dataDir: this.dataDir, log: () => undefined });
    try {
      return await work(postgres.url);
    } finally {
      await postgres.stop();
    }
  }

  /** Ends everything; what is left then is an orphan. */
  async close(): Promise<readonly string[]> {
    const workers = [...this.#running].filter((each) => each !== this.#hub);
    for (const each of [...workers, ...(this.#hub ? [this.#hub] : [])]) await each.stop();
    this.#running.clear();
    let orphans = processesIn(this.dataDir);
    // Processes that were killed take a moment to be gone.
    for (const deadline = Date.now() + 10_000; orphans.length > 0 && Date.now() < deadline; orphans = processesIn(this.dataDir))
      await new Promise((resolve) => setTimeout(resolve, 100));
    for (const orphan of orphans) process.kill(Number(orphan.split(' ')[0]), 'SIGKILL');
    await rm(this.dataDir, { recursive: true, force: true }).catch(() => undefined);
    return orphans;
  }

  async #ask<T>(question: (client: OmtxClient) => Promise<T>): Promise<T | undefined> {
    return question(new OmtxClient({ baseUrl: this.#hub?.url ?? '' })).catch(() => undefined);
  }
}

const PARTS = ['C', 'N', 'O', 'CC', 'C(F)', 'C(Cl)', 'C(=O)', 'c1ccccc1', 'C1CC1', 'S'];
/** Of a hundred rows one is no molecule, and one repeats its neighbour. */
const PERIOD = 100;

/** Rows that are all different, but for those that are refused or repeated. */
export function screen(rows: number, delaySeconds: number): SubmitJob {
  const smilesOf = (index: number): string =>
    `Br${[3, 2, 1, 0].map((place) => PARTS[Math.floor(index / 10 ** place) % 10] ?? '').join('')}I`;
  const ligands = Array.from({ length: rows }, (_, index) => {
    if (index % PERIOD === PERIOD - 1) return { smiles: 'C1CC' };
    return { smiles: smilesOf(index % PERIOD === PERIOD / 2 ? index - 1 : index) };
  });
  return { name: 'faults', taskType: 'protein_ligand_docking', modelId: 'echo', input: { ligands }, parameters: { delaySeconds } };
}
