/** Commands that run the hub itself on this machine. */
import { Command, Option } from 'commander';
import type { Flags } from '@omtx/server/config';
import { columns } from './columns.ts';
import { EXIT } from './exit-codes.ts';

export interface HubOptions extends Flags {
  readonly dataDir?: string;
  readonly modelsDir?: string;
  readonly databaseUrl?: string;
  readonly offeredModels?: string;
  readonly msaFallback?: string;
  readonly legacyOff?: string;
  readonly chemistryWorkers?: string;
  readonly logLevel?: string;
  readonly drainSeconds?: string;
  readonly metrics?: string;
  readonly artifacts?: string;
  readonly work?: boolean;
}

export function hubCommands(): readonly Command[] {
  const serve = withSettings(new Command('serve').description('start the hub: API, database and worker in one process'))
    .addOption(portOption())
    .addOption(hostOption())
    .addOption(metricsOption())
    .option('--no-work', 'only serve; runs are taken by "omtx work" elsewhere')
    .action(async (options: HubOptions) => {
      const { runHub } = await import('@omtx/server/main');
      process.exitCode = await runHub({ serves: true, works: options.work !== false }, flagsOf(options));
    });
  const work = withSettings(new Command('work').description('take runs for the models installed here; needs the database of a hub'))
    .addOption(new Option('--drain-seconds <number>', 'time that runs in work have to end on SIGTERM').env('OMTX_DRAIN_SECONDS'))
    .addOption(metricsOption())
    .action(async (options: HubOptions) => {
      const { runHub } = await import('@omtx/server/main');
      process.exitCode = await runHub({ serves: false, works: true }, flagsOf(options));
    });
  const migrate = withSettings(new Command('migrate').description('bring the database to the schema of this version and end')).action(
    async (options: HubOptions) => {
      const { runMigrate } = await import('@omtx/server/main');
      process.exitCode = await runMigrate(flagsOf(options));
    },
  );
  const doctor = withSettings(new Command('doctor').description('say what is missing, here and in the hub, and how to get it'))
    .addOption(portOption())
    .addOption(hostOption())
    .addOption(metricsOption())
    .option('--json', 'machine-readable')
    .action(async (options: HubOptions & { readonly json?: boolean }) => {
      const { examine } = await import('@omtx/server/main');
      const findings = await examine(flagsOf(options));
      if (options.json) console.log(JSON.stringify(findings, undefined, 2));
      else
        console.log(
          columns(
            ['', 'what', 'found', 'remedy'],
            findings.map(({ state, what, found, remedy }) => [state, what, found, remedy ?? '']),
          ),
        );
      process.exitCode = findings.some((finding) => finding.state === 'missing') ? EXIT.failed : EXIT.ok;
    });
  return [serve, work, migrate, doctor];
}

function portOption(): Option {
  return new Option('--port <number>', 'port of the API').env('OMTX_PORT');
}

function hostOption(): Option {
  return new Option('--host <address>', 'loopback address to listen on').env('OMTX_HOST');
}

function metricsOption(): Option {
  return new Option('--metrics <address>', 'port, or address:port, that serves figures for Prometheus and health alone').env(
    'OMTX_METRICS',
  );
}

export function withSettings(command: Command): Command {
  return command
    .addOption(new Option('--data-dir <folder>', 'data folder').env('OMTX_DATA_DIR'))
    .addOption(new Option('--models-dir <folders>', 'more folders of models, separated by ":"').env('OMTX_MODELS_DIR'))
    .addOption(new Option('--artifacts <url>', 's3://bucket/prefix in place of files in the data folder').env('OMTX_ARTIFACTS'))
    .addOption(new Option('--database-url <url>', 'PostgreSQL server in place of the embedded one').env('DATABASE_URL'))
    .addOption(new Option('--cpus <number>', 'CPUs that model runs may use together').env('OMTX_CPUS'))
    .addOption(new Option('--gpus <number>', 'GPUs that model runs may use; found by nvidia-smi where left out').env('OMTX_GPUS'))
    .addOption(
      new Option('--egress <hosts>', 'hosts that models may send rows to, separated by ","; none where left out').env('OMTX_EGRESS'),
    )
    .addOption(new Option('--chemistry-workers <number>', 'workers that check molecules at once').env('OMTX_CHEMISTRY_WORKERS'))
    .addOption(new Option('--offered-models <ids>', 'models that workers elsewhere run, separated by ","').env('OMTX_OFFERED_MODELS'))
    .addOption(new Option('--legacy-off <groups>', 'groups of old paths to turn off, separated by ",", or all').env('OMTX_LEGACY_OFF'))
    .addOption(
      new Option('--msa-fallback <what>', 'for a protein without an alignment: refuse, or single_sequence').env('OMTX_MSA_FALLBACK'),
    )
    .addOption(new Option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent').env('OMTX_LOG_LEVEL'));
}

export function flagsOf({
  port,
  host,
  dataDir,
  modelsDir,
  databaseUrl,
  cpus,
  gpus,
  chemistryWorkers,
  offeredModels,
  msaFallback,
  legacyOff,
  logLevel,
  drainSeconds,
  metrics,
  artifacts,
  egress,
}: HubOptions): Flags {
  const given = {
    port,
    host,
    'data-dir': dataDir,
    'models-dir': modelsDir,
    'database-url': databaseUrl,
    cpus,
    gpus,
    'chemistry-workers': chemistryWorkers,
    'offered-models': offeredModels,
    'msa-fallback': msaFallback,
    'legacy-off': legacyOff,
    'log-level': logLevel,
    'drain-seconds': drainSeconds,
    metrics,
    artifacts,
    egress,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
