/**
 * Takes runs for the models that this process can run, as long as it has CPUs free.
 *
 * Messages of Graphile Worker say only that a worker of a model is wanted; the claim statement chooses the work. A message that finds
 * no CPU free is written anew for a moment later, so that another host can take it.
 * States: running -> draining (no claims; runs end or are stopped) -> stopped.
 */
import { mkdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { newWorkerId, type WorkerId } from '@omtx/contract';
import { sql } from 'kysely';
import { installedVersions, type InstalledModel, type Registry } from '../catalog/registry.ts';
import { leastShardSize, shardSize, updatePace, type Pace } from '../domain/shard-size.ts';
import { identifyProcess, isRunning } from '../machine/process-identity.ts';
import { claimRun, type ClaimedRun } from '../storage/runs/claim-run.ts';
import { endRun } from '../storage/runs/end-run.ts';
import { heartbeat, HEARTBEAT_SECONDS } from '../storage/runs/heartbeat.ts';
import { hasSmallJobWaiting, liveRunsOf } from '../storage/runs/watch.ts';
import { changeOffers, earlierLives, markWorkerStopped, registerWorker, type WorkerOffer } from '../storage/runs/workers.ts';
import type { Listener } from '../storage/listener.ts';
import { CANCEL_CHANNEL, PAUSE_CHANNEL, WAKE_CHANNEL } from '../storage/notify.ts';
import { learnTiming, readTiming } from '../storage/timing.ts';
import { QUEUE_SCHEMA, wakeTask } from '../storage/wake.ts';
import { HeldRun, type RunContext } from './held-run.ts';
import { WakeQueue } from './wake-queue.ts';

export interface WorkerHostOptions extends RunContext {
  readonly databaseUrl: string;
  readonly listener: Listener;
  readonly registry: () => Registry;
  /** CPUs that all runs of this host may use together. */
  readonly cpus: number;
}

/** A message that found no CPU free comes back after this time. */
const BUSY_SECONDS = 1;
/** A job that another transaction holds is looked at again after this time; nobody wakes the host when it is free. */
const BUSY_JOB_MS = 100;
/** After a fault of our own (a full disk, a database that is away) the same model is not claimed again at once. */
const FAULT_PAUSE_MS = 2_000;

/** `busy`: a job has rows, perhaps, and another transaction holds it. */
type ClaimEnd = 'nothing_left' | 'no_cpu_free' | 'busy';

export class WorkerHost {
  readonly id: WorkerId = newWorkerId();
  readonly #options: WorkerHostOptions;
  /** By id, every installed version. */
  #models: ReadonlyMap<string, readonly InstalledModel[]>;
  readonly #runs = new Map<HeldRun, Promise<void>>();
  readonly #paces = new Map<string, Pace>();
  /** Models that may have rows to give; looked at again when a run ends. */
  readonly #wanted = new Set<string>();
  #cpusInUse = 0;
  #isStopping = false;
  #later: NodeJS.Timeout | undefined;
  #pumping: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  readonly #queue: WakeQueue;
  readonly #unsubscribes: (() => void)[] = [];

  private constructor(options: WorkerHostOptions) {
    this.#options = options;
    this.#models = modelsById(options.registry());
    this.#queue = new WakeQueue({ ...options, onWake: (modelId) => this.#wake(modelId) });
  }

  static async start(options: WorkerHostOptions): Promise<WorkerHost> {
    const host = new WorkerHost(options);
    await host.#start();
    return host;
  }

  /** Runs in work now. */
  get runCount(): number {
    return this.#runs.size;
  }

  /** Looks for rows of a model at once; what a notice of the database does. */
  wake(modelId: string): void {
    this.#handleWake(modelId);
  }

  /** Takes no more; gives the runs in work `drainSeconds` to end, then stops them and puts their rows back. */
  async stop(drainSeconds = 0): Promise<void> {
    this.#isStopping = true;
    for (const unsubscribe of this.#unsubscribes.splice(0)) unsubscribe();
    await this.#queue.stop();
    await this.#pumping;
    const late = setTimeout(() => {
      for (const run of this.#runs.keys()) run.stop('stopped');
    }, drainSeconds * 1_000);
    await Promise.all(this.#runs.values());
    clearTimeout(late);
    clearInterval(this.#timer);
    await markWorkerStopped(this.#options.db, this.id);
  }

  async #start(): Promise<void> {
    const { listener, folder } = this.#options;
    await this.#register();
    // Folders of an earlier life: its processes are gone with it.
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    this.#unsubscribes.push(
      await listener.subscribe(CANCEL_CHANNEL, (payload) => {
        this.#handleCancel(payload);
      }),
      await listener.subscribe(WAKE_CHANNEL, (payload) => {
        this.#handleWake(payload);
      }),
      await listener.subscribe(PAUSE_CHANNEL, (payload) => {
        for (const run of this.#runs.keys()) if (run.batchId === payload) run.yieldRows();
      }),
    );
    this.#timer = setInterval(() => void this.#beat(), HEARTBEAT_SECONDS * 1_000);
    await this.#queue.offer([...this.#models.keys()]);
  }

  /** After the registry has changed: offers what can run now. Runs in work go on with the model that they started with. */
  async reload(): Promise<void> {
    const before = [...this.#models.keys()].join();
    this.#models = modelsById(this.#options.registry());
    if (this.#isStopping) return;
    await changeOffers(this.#options.db, this.id, this.#offers());
    if ([...this.#models.keys()].join() !== before) await this.#queue.offer([...this.#models.keys()]);
    for (const id of this.#models.keys()) this.#wanted.add(id);
    await this.#pump();
  }

  #offers(): readonly WorkerOffer[] {
    const { cpus } = this.#options;
    return [...this.#models.values()].flat().map(({ manifest }) => ({
      modelId: manifest.id,
      modelVersion: manifest.version,
      slots: slotsFor(cpus, manifest.resources.cpus, cpus),
    }));
  }

  /** Writes this life down and ends the runs of earlier ones at once, without waiting for their leases. */
  async #register(): Promise<void> {
    const { db, log } = this.#options;
    const identity = identifyProcess(process.pid);
    if (!identity) throw new Error('unreachable: this process is not running');
    const host = hostname();
    await registerWorker(db, {
      id: this.id,
      host,
      bootId: identity.start.split(':')[0] ?? '',
      pid: identity.pid,
      processStart: identity.start,
      offers: this.#offers(),
    });
    for (const life of await earlierLives(db, host, this.id)) {
      if (isRunning({ pid: life.pid, start: life.processStart })) continue;
      const runs = await liveRunsOf(db, life.id);
      for (const run of runs) await endRun(db, run, 'lost');
      await markWorkerStopped(db, life.id);
      log.warn(
        { event: 'earlier_life_ended', workerId: life.id, runs: runs.length },
        'a worker host of this machine had died; its rows are put back',
      );
    }
  }

  async #wake(modelId: string): Promise<void> {
    this.#wanted.add(modelId);
    await this.#pump();
    // Still wanted: no CPU was free. Another host may have one.
    if (!this.#wanted.has(modelId) || this.#isStopping) return;
    await this.#makeRoom();
    await this.#wakeLater(modelId);
  }

  /** A small job must not wait for the end of a long run: the run with most rows to start gives them back. */
  async #makeRoom(): Promise<void> {
    const [longest] = [...this.#runs.keys()].toSorted((a, b) => b.waitingCount - a.waitingCount);
    if (!longest || longest.waitingCount === 0) return;
    if (await hasSmallJobWaiting(this.#options.db, [...this.#models.keys()])) longest.yieldRows();
  }

  async #wakeLater(modelId: string): Promise<void> {
    const task = wakeTask(modelId);
    await sql`
      select ${sql.id(QUEUE_SCHEMA)}.add_job(
        ${task}, '{}'::json, job_key => ${task}, max_attempts => 3, run_at => now() + make_interval(secs => ${BUSY_SECONDS}))`.execute(
      this.#options.db,
    );
  }

  /** One at a time, so that two claims never count the same free CPU. */
  #pump(): Promise<void> {
    this.#pumping = this.#pumping
      .then(() => this.#claimAll())
      .catch((error: unknown) => {
        this.#options.log.error({ event: 'claim_failed', err: error }, 'rows could not be claimed; it is tried again');
      });
    return this.#pumping;
  }

  async #claimAll(): Promise<void> {
    for (const modelId of [...this.#wanted]) {
      const ends: ClaimEnd[] = [];
      for (const model of this.#models.get(modelId) ?? []) ends.push(await this.#claimRows(model));
      if (ends.every((end) => end === 'nothing_left')) this.#wanted.delete(modelId);
      if (ends.includes('busy')) this.#pumpLater(BUSY_JOB_MS);
    }
  }

  #pumpLater(pauseMs: number): void {
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      void this.#pump();
    }, pauseMs).unref();
  }

  /** Takes runs of one version of a model as long as there are rows and CPUs. */
  async #claimRows(model: InstalledModel): Promise<ClaimEnd> {
    for (;;) {
      const slots = slotsFor(this.#options.cpus - this.#cpusInUse, model.manifest.resources.cpus, this.#options.cpus);
      if (this.#isStopping || slots === 0) return 'no_cpu_free';
      const claimed = await this.#claim(model, slots);
      if (!claimed) return 'nothing_left';
      if (claimed === 'busy') return 'busy';
      this.#take(claimed, model);
    }
  }

  async #claim({ manifest, environmentDigest }: InstalledModel, freeSlots: number): ReturnType<typeof claimRun> {
    await this.#recallPace(manifest);
    const pace = this.#pace(manifest);
    const maxRows = shardSize(pace, freeSlots, manifest.shard.maxRows);
    return claimRun(this.#options.db, {
      workerId: this.id,
      modelId: manifest.id,
      modelVersion: manifest.version,
      environmentDigest: environmentDigest ?? null,
      freeSlots,
      maxRows,
      rowSeconds: pace.rowSeconds,
      leastRows: leastShardSize(pace, freeSlots),
    });
  }

  #take(claimed: ClaimedRun, model: InstalledModel): void {
    const cpus = claimed.slots * model.manifest.resources.cpus;
    this.#cpusInUse += cpus;
    const run = new HeldRun(this.#options, claimed, model, this.#pace(model.manifest));
    const done = this.#finish(run, model, cpus);
    this.#runs.set(run, done);
  }

  async #finish(run: HeldRun, { manifest }: InstalledModel, cpus: number): Promise<void> {
    let isFaulty = false;
    try {
      const measured = await run.run();
      this.#paces.set(manifest.id, updatePace(this.#pace(manifest), measured));
      await learnTiming(this.#options.db, manifest.id, manifest.version, measured);
    } catch (error) {
      isFaulty = true;
      this.#options.log.error(
        { event: 'run_failed', runId: run.id, err: error },
        'a run ended by a fault of the hub; its rows are put back',
      );
    }
    this.#runs.delete(run);
    this.#cpusInUse -= cpus;
    this.#wanted.add(manifest.id);
    if (isFaulty) this.#pumpLater(FAULT_PAUSE_MS);
    else void this.#pump();
  }

  /** What earlier lives of the hub have measured is better than the manifest's hint. */
  async #recallPace({ id, version, timing }: InstalledModel['manifest']): Promise<void> {
    if (!this.#paces.has(id)) this.#paces.set(id, { ...timing, ...(await readTiming(this.#options.db, id, version)) });
  }

  #pace({ id, timing }: InstalledModel['manifest']): Pace {
    return this.#paces.get(id) ?? timing;
  }

  /** Sooner than the message beside it, which waits for its turn in the queue. After a gap in the notices every model may be wanted. */
  #handleWake(modelId: string | undefined): void {
    for (const id of modelId === undefined ? this.#models.keys() : [modelId]) if (this.#models.has(id)) this.#wanted.add(id);
    void this.#pump();
  }

  /** A missed notice is made good by the next heartbeat. */
  #handleCancel(payload: string | undefined): void {
    if (payload === undefined) {
      void this.#beat();
      return;
    }
    const [jobId, indexes] = payload.split(':');
    for (const run of this.#runs.keys()) {
      if (run.batchId !== jobId) continue;
      if (indexes === undefined) run.stop('cancelled');
      else for (const index of indexes.split(',')) run.stopRow(Number(index));
    }
  }

  /** One at a time: a database that does not answer must not take a connection at each beat. */
  #beat(): Promise<void> {
    this.#beating ??= this.#beatOnce().finally(() => {
      this.#beating = undefined;
    });
    return this.#beating;
  }

  async #beatOnce(): Promise<void> {
    const runs = [...this.#runs.keys()];
    try {
      const live = await heartbeat(
        this.#options.db,
        this.id,
        runs.map((run) => run.held),
      );
      for (const run of runs) {
        const state = live.get(run.id);
        if (!state) run.stop('cancelled');
        if (state?.isPaused) run.yieldRows();
        for (const index of state?.stale ?? []) run.stopRow(index);
      }
    } catch (error) {
      this.#options.log.warn({ event: 'heartbeat_failed', err: error }, 'the database did not take the heartbeat; it is tried again');
    }
  }
}

function modelsById(registry: Registry): ReadonlyMap<string, readonly InstalledModel[]> {
  return Map.groupBy(installedVersions(registry), ({ manifest }) => manifest.id);
}

/** Rows at once on so many CPUs; a model that wants more than the machine has runs alone on all of it. */
function slotsFor(freeCpus: number, cpusPerRow: number, allCpus: number): number {
  return Math.floor((freeCpus + 1e-9) / Math.min(cpusPerRow, allCpus));
}
