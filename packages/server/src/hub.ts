/** Wires the parts together: one process that serves, works, or both. */
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { CHEMISTRY_ENVIRONMENT } from './catalog/environments/chemistry-environment.ts';
import { findEnvironment } from './catalog/environments/environment.ts';
import { installedVersions } from './catalog/registry.ts';
import { RegistryKeeper } from './catalog/registry-keeper.ts';
import { PYTHON_LIBRARIES } from './catalog/python-libraries.ts';
import type { Chemistry } from './chemistry/chemistry.ts';
import { openChemistry } from './chemistry/rdkit-chemistry.ts';
import { ConfigError, type Address, type Config } from './config.ts';
import { startCampaignKeeper } from './dispatch/campaign-keeper.ts';
import { Checker } from './dispatch/checker.ts';
import { Indexer } from './dispatch/indexer.ts';
import { Monitor } from './dispatch/monitor.ts';
import { DatabaseLedger } from './dispatch/remote-ledger.ts';
import { startSweeper } from './dispatch/sweeper.ts';
import { openWorkFolder } from './dispatch/work-folder.ts';
import { WorkerHost } from './dispatch/worker-host.ts';
import { buildApp } from './http/app.ts';
import { buildMetricsServer } from './http/observe/metrics-server.ts';
import { findGpus } from './machine/gpus.ts';
import { VERSION } from './machine/version.ts';
import { openLog } from './observe/log.ts';
import { Meter } from './observe/meter.ts';
import { startTracing } from './observe/tracing.ts';
import { HttpRunner } from './runners/http/http-runner.ts';
import { ProcessRunner } from './runners/process/process-runner.ts';
import { SlurmCommands } from './runners/slurm/slurm-commands.ts';
import { SlurmRunner } from './runners/slurm/slurm-runner.ts';
import { RunnerByKind } from './runners/runner-by-kind.ts';
import { hearNotice, openCaches } from './services/cache.ts';
import { StructureCache } from './services/structure-cache.ts';
import type { HubContext } from './services/context.ts';
import { announceTo } from './storage/artifacts/announcer.ts';
import type { Announce, ArtifactStore } from './storage/artifacts/artifact-store.ts';
import { openStore } from './storage/artifacts/open-store.ts';
import { openDatabase } from './storage/database.ts';
import { openListener } from './storage/listener.ts';
import { migrate } from './storage/migrate.ts';
import { EVENT_CHANNEL } from './storage/notify.ts';
import { keepRunning } from './storage/postgres/keep-running.ts';
import { startEmbeddedPostgres } from './storage/postgres/supervisor.ts';

export interface RunningHub {
  /** Undefined where it does not serve. */
  readonly url: string | undefined;
  /** Stops in the order of use: requests, runs, workers, database. */
  stop(): Promise<void>;
}

export interface HubParts {
  readonly serves: boolean;
  readonly works: boolean;
}

const CONNECTIONS = 12;
const IDLE_WORKER_SECONDS = 300;
/** Results come through the shared folder at once; Slurm is asked only how its jobs stand. */
const SLURM_LOOK_SECONDS = 5;

/** @throws ConfigError for what the operator can mend */
export async function startHub(config: Config, parts: HubParts, signal: AbortSignal): Promise<RunningHub> {
  const log = openLog(config.logLevel);
  const meter = new Meter();
  meter.watchProcess();
  const closers: (() => Promise<unknown>)[] =
    config.tracesUrl === undefined ? [] : [startTracing({ url: config.tracesUrl, version: VERSION })];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) {
      // What cannot be closed in order, because the database is gone, must not keep the rest from closing: the process would never end.
      await close().catch((error: unknown) => {
        log.error({ event: 'stop_failed', err: error }, 'a part of the hub could not be stopped in order; the rest is');
      });
    }
  };
  try {
    await checkModelsDirs(config);
    await mkdir(config.dataDir, { recursive: true });
    const databaseUrl = await openServer(config, log, signal, closers);
    await migrate(databaseUrl);
    const db = openDatabase(databaseUrl, CONNECTIONS);
    closers.push(() => db.destroy());
    const listener = openListener(databaseUrl, (error) => {
      log.warn({ event: 'listen_lost', err: error }, 'the connection for notices was lost; it is made anew');
    });
    closers.push(() => listener.close());
    const keeper = await openRegistry(config, log);
    closers.push(() => keeper.close());
    const chemistry = await startChemistry(config, log);
    closers.push(() => chemistry.close());
    const ctx: HubContext = {
      db,
      registry: () => keeper.registry,
      artifacts: await openFiles(config, announceTo(db)),
      spoolDir: join(config.dataDir, 'spool'),
      chemistry,
      caches: openCaches((kind, error) => {
        log.warn({ event: 'cache_failed', kind, err: error }, 'answers are read from the database');
      }),
      structures: new StructureCache(),
      msaFallback: config.msaFallback,
      log,
      meter,
    };
    const checker = await Checker.start(ctx, listener);
    closers.push(() => checker.stop());
    const indexer = new Indexer(ctx);
    closers.push(() => indexer.stop());
    const monitor = new Monitor(ctx);
    closers.push(() => monitor.stop());
    for (const periodic of [startSweeper(ctx), startCampaignKeeper(ctx)]) closers.push(() => periodic.stop());
    if (config.metrics) await serveMetrics(ctx, config.metrics, closers);
    if (parts.works) await startWork(config, databaseUrl, ctx, { listener, closers, keeper });
    keeper.watch();
    await monitor.look();
    if (parts.works) log.info({ event: 'working', models: installedModels(ctx) }, 'the worker takes runs');
    if (!parts.serves) return { url: undefined, stop };
    await listener.subscribe(EVENT_CHANNEL, (payload) => {
      hearNotice(ctx.caches, payload);
    });
    const app = await buildApp(ctx, listener, VERSION, { off: config.legacyOff, webhookSecret: config.webhookSecret });
    closers.push(() => app.close());
    const url = await listen(app, config, 'OMTX_PORT or --port');
    log.info({ event: 'serving', url, version: VERSION }, `the hub answers at ${url}`);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** RDKit for Python where its environment is made; the answers are the same without it, and come later. */
async function startChemistry({ dataDir, chemistryWorkers }: Config, log: Logger): Promise<Chemistry> {
  const environment = await findEnvironment({ ...CHEMISTRY_ENVIRONMENT, dataDir });
  return openChemistry({
    threads: chemistryWorkers,
    python: environment?.python,
    onFallback: (fault) => {
      log.warn({ event: 'chemistry_fallback', err: fault }, 'RDKit for Python cannot start; RDKit.js does its work, more slowly');
    },
  });
}

async function checkModelsDirs({ modelsDirs }: Config): Promise<void> {
  for (const folder of modelsDirs) {
    await access(folder).catch(() => {
      throw new ConfigError(`The folder of models ${folder} cannot be read; correct OMTX_MODELS_DIR (--models-dir).`);
    });
  }
}

async function openServer(config: Config, log: Logger, signal: AbortSignal, closers: (() => Promise<unknown>)[]): Promise<string> {
  if (config.databaseUrl !== undefined) return config.databaseUrl;
  const server = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    signal,
    log: (line) => {
      log.info({ event: 'postgres' }, line);
    },
  });
  closers.push(() => server.stop());
  const keeper = keepRunning(server, (error) => {
    log.error({ event: 'postgres_down', err: error }, 'the database is down and did not start again; it is tried again');
  });
  closers.push(() => keeper.stop());
  return server.url;
}

async function openRegistry(config: Config, log: Logger): Promise<RegistryKeeper> {
  const keeper = await RegistryKeeper.open({
    dataDir: config.dataDir,
    folders: config.modelsDirs,
    offeredModels: config.offeredModels,
    programPath: config.programPath,
    outbound: { hosts: config.egress, secrets: config.secrets },
    slurm: config.slurm,
    onFault: (error) => {
      log.error({ event: 'models_not_read', err: error }, 'the models could not be read anew; those of before stay');
    },
  });
  const tellBroken = (): void => {
    for (const { folder, reasons } of keeper.registry.broken)
      log.error({ event: 'model_broken', folder, reasons }, 'a model folder is broken; the others work');
  };
  tellBroken();
  keeper.onChange(() => {
    log.info({ event: 'models_reloaded', models: keeper.registry.models.size }, 'the models were read anew');
    tellBroken();
  });
  return keeper;
}

function installedModels(ctx: HubContext): readonly string[] {
  return installedVersions(ctx.registry()).map(({ manifest }) => `${manifest.id} ${manifest.version}`);
}

/** @throws ConfigError when a bucket cannot be used */
export function openFiles({ dataDir, s3 }: Config, announce?: Announce): Promise<ArtifactStore> {
  return openStore(dataDir, s3, announce).catch((error: unknown) => {
    throw new ConfigError(error instanceof Error ? error.message : String(error), { cause: error });
  });
}

async function startWork(
  config: Config,
  databaseUrl: string,
  ctx: HubContext,
  {
    listener,
    closers,
    keeper,
  }: {
    readonly listener: ReturnType<typeof openListener>;
    readonly closers: (() => Promise<unknown>)[];
    readonly keeper: RegistryKeeper;
  },
): Promise<void> {
  const work = await openWorkFolder(join(config.dataDir, 'work'));
  const { cpus, programPath } = config;
  const processes = new ProcessRunner({
    folder: join(work, 'workers'),
    cpus,
    pythonPath: PYTHON_LIBRARIES,
    programPath,
    idleSeconds: IDLE_WORKER_SECONDS,
  });
  const servers = new HttpRunner({ hosts: config.egress, secrets: config.secrets }, new DatabaseLedger(ctx));
  const runner = new RunnerByKind(processes, [servers, ...slurmRunners(config, ctx)]);
  closers.push(() => runner.stop());
  const gpus = await findGpus({ programPath, count: config.gpus, visible: config.visibleGpus });
  if (gpus.length > 0) ctx.log.info({ event: 'gpus', gpus }, 'models may use these GPUs');
  const host = await WorkerHost.start({
    ...ctx,
    runner,
    releasing: runner,
    slurmSlots: config.slurm?.jobs ?? 0,
    databaseUrl,
    listener,
    cpus,
    gpus,
    folder: join(work, 'runs'),
  });
  keeper.onChange(() => host.reload());
  closers.push(() => host.stop(config.drainSeconds));
}

function slurmRunners({ slurm, programPath }: Config, ctx: HubContext): readonly SlurmRunner[] {
  if (!slurm) return [];
  const commands = new SlurmCommands({ programPath, configFile: slurm.configFile });
  const settings = { ...slurm, pythonPath: PYTHON_LIBRARIES, programPath, lookSeconds: SLURM_LOOK_SECONDS };
  return [new SlurmRunner(settings, commands, new DatabaseLedger(ctx))];
}

async function serveMetrics(ctx: HubContext, address: Address, closers: (() => Promise<unknown>)[]): Promise<void> {
  const server = buildMetricsServer(ctx);
  closers.push(() => server.close());
  const url = await listen(server, address, 'OMTX_METRICS or --metrics');
  ctx.log.info({ event: 'serving_metrics', url: `${url}/metrics` }, 'figures are served');
}

async function listen(app: FastifyInstance, { host, port }: Address, setting: string): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new ConfigError(
        `Port ${String(port)} is in use, perhaps by a hub that already runs. Stop it, or choose another port by ${setting}.`,
        { cause: error },
      );
    }
    throw error;
  }
}
