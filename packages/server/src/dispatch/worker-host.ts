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
import type { Gpu } from '../domain/host-capacity.ts';
import { leastShardSize, shardSize, updatePace, type Pace } from '../domain/shard-size.ts';
import { identifyProcess, isRunning } from '../machine/process-identity.ts';
import { VERSION } from '../machine/version.ts';
import { claimRun } from '../storage/runs/claim-run.ts';
import { endRun } from '../storage/runs/end-run.ts';
import { heartbeat, HEARTBEAT_SECONDS } from '../storage/runs/heartbeat.ts';
import { modelsInLine } from '../storage/runs/models-in-line.ts';
import { liveRunsOf, modelsOfSmallJobs } from '../storage/runs/watch.ts';
import {
  changeOffers,
  earlierLives,
  markWorkerDraining,
  markWorkerStopped,
  registerWorker,
  type WorkerOffer,
} from '../storage/runs/workers.ts';
import type { Listener } from '../storage/listener.ts';
import { CANCEL_CHANNEL, PAUSE_CHANNEL, WAKE_CHANNEL } from '../storage/notify.ts';
import { learnTiming, readTiming } from '../storage/timing.ts';
import { QUEUE_SCHEMA, wakeTask } from '../storage/wake.ts';
import { HeldRun, type RunContext } from './held-run.ts';
import { HostSlots } from './host-slots.ts';
import { RemoteSweeper, type Releasing } from './remote-sweeper.ts';
import { WakeQueue } from './wake-queue.ts';

export interface WorkerHostOptions extends RunContext {
  readonly databaseUrl: string;
  readonly listener: Listener;
  readonly registry: () => Registry;
  /** CPUs that all runs of this host may use together. */
  readonly cpus: number;
  readonly gpus: readonly Gpu[];
  /** Most jobs of Slurm that runs of this host have at once. */
  readonly slurmSlots?: number;
  /** Stops work elsewhere; absent where every model runs on this host. */
  readonly releasing?: Releasing;
}

/** A message that found no CPU or GPU free comes back after this time. */
const BUSY_SECONDS = 1;
/** A job that another transaction holds is looked at again after this time; nobody wakes the host when it is free. */
const BUSY_JOB_MS = 100;
/** After a fault of our own (a full disk, a database that is away) the same model is not claimed again at once. */
const FAULT_PAUSE_MS = 2_000;

/** `busy`: a job has rows, perhaps, and another transaction holds it. */
type ClaimEnd = 'taken' | 'nothing_left' | 'no_room' | 'busy';

export class WorkerHost {
  readonly id: WorkerId = newWorkerId();
  readonly #options: WorkerHostOptions;
  /** Every installed version that this host can run, by id and version. */
  #models: ReadonlyMap<string, InstalledModel>;
  readonly #runs = new Map<HeldRun, Promise<void>>();
  readonly #paces = new Map<string, Pace>();
  /** Versions of models that may have rows to give; looked at again when a run ends. */
  readonly #wanted = new Set<string>();
  readonly #slots: HostSlots;
  readonly #sweeper: RemoteSweeper | undefined;
  #isStopping = false;
  #later: NodeJS.Timeout | undefined;
  #pumping: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> | undefined;
  readonly #queue: WakeQueue;
  readonly #unsubscribes: (() => void)[] = [];

  private constructor(options: WorkerHostOptions) {
    this.#options = options;
    this.#slots = new HostSlots(options.cpus, options.gpus, options.slurmSlots);
    this.#models = this.#runnable();
    const { releasing } = options;
    this.#sweeper = releasing && new RemoteSweeper({ ...options, releasing, models: () => this.#models.values() });
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
    const told = this.#tellDraining();
    await this.#queue.stop();
    await this.#pumping;
    const late = setTimeout(() => {
      for (const run of this.#runs.keys()) run.stop('stopped');
    }, drainSeconds * 1_000);
    await Promise.all(this.#runs.values());
    clearTimeout(late);
    clearInterval(this.#timer);
    await this.#sweeper?.stop();
    await told;
    await markWorkerStopped(this.#options.db, this.id);
  }

  /** Operators see it; nothing depends on it, so a database that is away does not keep the host from draining. */
  #tellDraining(): Promise<void> {
    return markWorkerDraining(this.#options.db, this.id).catch((error: unknown) => {
      this.#options.log.warn({ event: 'draining_not_told', err: error }, 'the database does not know that this host drains');
    });
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
    await this.#queue.offer(this.#modelIds());
    void this.#sweeper?.look();
  }

  /** After the registry has changed: offers what can run now. Runs in work go on with the model that they started with. */
  async reload(): Promise<void> {
    const before = this.#modelIds().join();
    this.#models = this.#runnable();
    if (this.#isStopping) return;
    await changeOffers(this.#options.db, this.id, this.#offers());
    if (this.#modelIds().join() !== before) await this.#queue.offer(this.#modelIds());
    this.#want(undefined);
    await this.#pump();
  }

  #runnable(): ReadonlyMap<string, InstalledModel> {
    const able = installedVersions(this.#options.registry()).filter((model) => this.#slots.slotsOf(model) > 0);
    return new Map(able.map((model) => [versionKey(model), model]));
  }

  #modelIds(): readonly string[] {
    return [...new Set([...this.#models.values()].map(({ manifest }) => manifest.id))];
  }

  #offers(): readonly WorkerOffer[] {
    return [...this.#models.values()].map((model) => {
      const { id, version } = model.manifest;
      return { modelId: id, modelVersion: version, slots: this.#slots.slotsOf(model), hardware: this.#slots.offeredHardware(model) };
    });
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
      cpus: this.#slots.cpus,
      gpus: this.#slots.gpus,
      offers: this.#offers(),
      version: VERSION,
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
    this.#want(modelId);
    await this.#pump();
    // Still wanted: no CPU or GPU was free. Another host may have one.
    if (this.#isStopping || !this.#wantedModels().some(({ manifest }) => manifest.id === modelId)) return;
    await this.#makeRoom();
    await this.#wakeLater(modelId);
  }

  /** Every version of a model, or all models. */
  #want(modelId: string | undefined): void {
    for (const [key, { manifest }] of this.#models) if (modelId === undefined || manifest.id === modelId) this.#wanted.add(key);
  }

  #wantedModels(): readonly InstalledModel[] {
    return [...this.#models.entries()].filter(([key]) => this.#wanted.has(key)).map(([, model]) => model);
  }

  /** A small job must not wait for the end of a long run: the run with most rows to start, of those that have what it needs, gives them back. */
  async #makeRoom(): Promise<void> {
    const long = [...this.#runs.keys()].filter((run) => run.waitingCount > 0).toSorted((a, b) => b.waitingCount - a.waitingCount);
    if (long.length === 0) return;
    const small = new Set(await modelsOfSmallJobs(this.#options.db, this.#modelIds()));
    const waiting = this.#wantedModels().filter(({ manifest }) => small.has(manifest.id));
    const needs = waiting.map((model) => ({ pool: this.#slots.poolName(model), gpu: this.#slots.needsGpu(model) }));
    for (const { pool, gpu } of new Map(needs.map((need) => [JSON.stringify(need), need])).values())
      long.find(({ share }) => share.pool === pool && (!gpu || share.gpus.length > 0))?.yieldRows();
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

  /** One run at a time, because each claim changes whose turn it is. */
  async #claimAll(): Promise<void> {
    while (!this.#isStopping && (await this.#claimNext()));
  }

  /** Takes a run of the first model in line that finds room. @returns false where none does */
  async #claimNext(): Promise<boolean> {
    let isBusy = false;
    for (const { model, isStarved } of await this.#line()) {
      const end = await this.#claimRows(model);
      if (end === 'taken') return true;
      if (end === 'nothing_left') this.#wanted.delete(versionKey(model));
      if (end === 'busy') isBusy = true;
      // Nobody behind it may take what it has waited for so long.
      if (end === 'no_room' && isStarved) break;
    }
    if (isBusy) this.#pumpLater(BUSY_JOB_MS);
    return false;
  }

  /** Models that are wanted, in the order in which their first jobs have their turn. */
  async #line(): Promise<readonly { readonly model: InstalledModel; readonly isStarved: boolean }[]> {
    const wanted = this.#wantedModels();
    if (wanted.length < 2) return wanted.map((model) => ({ model, isStarved: false }));
    const versions = wanted.map(({ manifest }) => ({ modelId: manifest.id, modelVersion: manifest.version }));
    const line = await modelsInLine(this.#options.db, versions);
    return line.flatMap(({ modelId, modelVersion, isStarved }) => {
      const model = wanted.find(({ manifest }) => manifest.id === modelId && manifest.version === modelVersion);
      return model ? [{ model, isStarved }] : [];
    });
  }

  #pumpLater(pauseMs: number): void {
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      void this.#pump();
    }, pauseMs).unref();
  }

  /** Takes a run of one version of a model where it finds room and rows. */
  async #claimRows(model: InstalledModel): Promise<ClaimEnd> {
    const isGpuWanted = this.#wantedModels().some((each) => this.#slots.needsGpu(each));
    const room = this.#slots.room(model, !isGpuWanted);
    if (this.#isStopping || !room) return 'no_room';
    const hardware = this.#slots.hardwareOf(model, this.#slots.gpus.slice(0, room.gpus));
    const pace = await this.#paceOn(model.manifest, hardware);
    const claimed = await this.#claim(model, room.slots, pace);
    if (!claimed) return 'nothing_left';
    if (claimed === 'busy') return 'busy';
    const share = this.#slots.take(model, versionKey(model), { slots: claimed.slots, gpus: room.gpus });
    const run = new HeldRun(this.#options, claimed, model, pace, share);
    this.#runs.set(run, this.#finish(run, model));
    return 'taken';
  }

  #claim({ manifest, environmentDigest }: InstalledModel, freeSlots: number, pace: Pace): ReturnType<typeof claimRun> {
    return claimRun(this.#options.db, {
      workerId: this.id,
      modelId: manifest.id,
      modelVersion: manifest.version,
      environmentDigest: environmentDigest ?? null,
      freeSlots,
      maxRows: shardSize(pace, freeSlots, manifest.shard.maxRows),
      rowSeconds: pace.rowSeconds,
      leastRows: leastShardSize(pace, freeSlots),
    });
  }

  async #finish(run: HeldRun, model: InstalledModel): Promise<void> {
    const { manifest } = model;
    let isFaulty = false;
    try {
      const measured = await run.run();
      const hardware = this.#slots.hardwareOf(model, run.share.gpus);
      this.#paces.set(paceKey(manifest, hardware), updatePace(await this.#paceOn(manifest, hardware), measured));
      await learnTiming(this.#options.db, manifest.id, manifest.version, hardware, measured);
    } catch (error) {
      isFaulty = true;
      this.#options.log.error(
        { event: 'run_failed', runId: run.id, err: error },
        'a run ended by a fault of the hub; its rows are put back',
      );
    }
    this.#runs.delete(run);
    this.#slots.giveBack(run.share);
    if (run.share.pool !== undefined) void this.#sweeper?.look();
    this.#want(manifest.id);
    if (isFaulty) this.#pumpLater(FAULT_PAUSE_MS);
    else void this.#pump();
  }

  /** What this life has measured, else what earlier ones have, else the manifest's hint. */
  async #paceOn(manifest: InstalledModel['manifest'], hardware: string): Promise<Pace> {
    const key = paceKey(manifest, hardware);
    const known = this.#paces.get(key);
    if (known) return known;
    const recalled = await readTiming(this.#options.db, manifest.id, manifest.version, hardware);
    const pace = { ...manifest.timing, ...recalled?.pace };
    this.#paces.set(key, pace);
    return pace;
  }

  /** Sooner than the message beside it, which waits for its turn in the queue. After a gap in the notices every model may be wanted. */
  #handleWake(modelId: string | undefined): void {
    this.#want(modelId);
    void this.#pump();
  }

  /** A missed notice is made good by the next heartbeat. */
  #handleCancel(payload: string | undefined): void {
    void this.#sweeper?.look();
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
    void this.#sweeper?.look();
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

function versionKey({ manifest }: InstalledModel): string {
  return `${manifest.id} ${manifest.version}`;
}

function paceKey({ id, version }: InstalledModel['manifest'], hardware: string): string {
  return JSON.stringify([id, version, hardware]);
}
