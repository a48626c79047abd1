/** What the workers and the server of a test hub stand on: real PostgreSQL, listener, stores, monitor, and a worker host where one is asked for. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Registry } from '../src/catalog/registry.ts';
import { openChemistry } from '../src/chemistry/rdkit-chemistry.ts';
import { Monitor } from '../src/dispatch/monitor.ts';
import { WorkerHost } from '../src/dispatch/worker-host.ts';
import type { Gpu } from '../src/domain/host-capacity.ts';
import { Meter } from '../src/observe/meter.ts';
import { ProcessRunner } from '../src/runners/process/process-runner.ts';
import type { RemoteRunner } from '../src/runners/runner.ts';
import { RunnerByKind } from '../src/runners/runner-by-kind.ts';
import { openCaches } from '../src/services/cache.ts';
import { StructureCache } from '../src/services/structure-cache.ts';
import type { HubContext } from '../src/services/context.ts';
import { announceTo } from '../src/storage/artifacts/announcer.ts';
import { DiskArtifactStore } from '../src/storage/artifacts/disk-artifact-store.ts';
import { openDatabase } from '../src/storage/database.ts';
import { openListener, type Listener } from '../src/storage/listener.ts';
import { createTestDatabase } from './database.ts';

/** Where worker processes of tests find ordinary programs. */
export const PROGRAMS = '/usr/bin:/bin';

export interface HostOptions {
  readonly cpus?: number;
  readonly gpus?: readonly Gpu[];
  /** Folders of Python libraries for workers that need some. */
  readonly pythonPath?: string;
  /** Runners of work elsewhere. */
  readonly remote?: (ctx: HubContext) => readonly RemoteRunner[];
}

export interface HubParts {
  readonly databaseUrl: string;
  readonly ctx: HubContext;
  readonly listener: Listener;
  readonly monitor: Monitor;
  /** For files of this test alone; the stored ones are in its folder `artifacts`. */
  readonly folder: string;
  /** Of 2 CPUs unless told. One host at a time: stop it before the next is started. */
  startHost(options?: HostOptions): Promise<void>;
  stopHost(): Promise<void>;
  /** Runs that the host has now. */
  runCount(): number;
  close(): Promise<void>;
}

/** Call it in `beforeAll`, and `close` in `afterAll`. @param registry read whenever the hub asks for its models */
export async function openHubParts(registry: () => Registry): Promise<HubParts> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'omtx-hub-'));
  const listener = openListener(database.url, () => undefined);
  const db = openDatabase(database.url, 8);
  const ctx: HubContext = {
    db,
    registry,
    artifacts: new DiskArtifactStore(join(folder, 'artifacts'), announceTo(db)),
    spoolDir: join(folder, 'spool'),
    chemistry: openChemistry({ threads: 1 }),
    caches: openCaches(),
    structures: new StructureCache(),
    msaFallback: 'refuse',
    log: pino({ level: 'silent' }),
    meter: new Meter(),
  };
  const monitor = new Monitor(ctx);
  const hosts = new HostPlace(ctx, listener, database.url, folder);
  return {
    databaseUrl: database.url,
    ctx,
    listener,
    monitor,
    folder,
    startHost: (options) => hosts.start(options),
    stopHost: () => hosts.stop(),
    runCount: () => hosts.runCount,
    close: async () => {
      await monitor.stop();
      await hosts.stop();
      await listener.close();
      await ctx.chemistry.close();
      await db.destroy();
      await rm(folder, { recursive: true, force: true });
      await database.drop();
    },
  };
}

/** A worker host with its runners, or none. */
class HostPlace {
  readonly #ctx: HubContext;
  readonly #listener: Listener;
  readonly #databaseUrl: string;
  readonly #folder: string;
  #running: { readonly host: WorkerHost; readonly runner: RunnerByKind } | undefined;

  constructor(ctx: HubContext, listener: Listener, databaseUrl: string, folder: string) {
    this.#ctx = ctx;
    this.#listener = listener;
    this.#databaseUrl = databaseUrl;
    this.#folder = folder;
  }

  async start({ cpus = 2, gpus = [], pythonPath = '', remote = () => [] }: HostOptions = {}): Promise<void> {
    if (this.#running) throw new Error('the host before it still runs');
    const folder = this.#folder;
    const processes = new ProcessRunner({ folder: join(folder, 'workers'), cpus, pythonPath, programPath: PROGRAMS, idleSeconds: 60 });
    const runner = new RunnerByKind(processes, remote(this.#ctx));
    const parts = { runner, releasing: runner, databaseUrl: this.#databaseUrl, listener: this.#listener };
    const options = { ...parts, cpus, gpus, folder: join(folder, 'runs') };
    this.#running = { host: await WorkerHost.start({ ...this.#ctx, ...options }), runner };
  }

  get runCount(): number {
    return this.#running?.host.runCount ?? 0;
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.host.stop();
    await running?.runner.stop();
  }
}
