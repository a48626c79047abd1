/** The database, its schema, the worker hosts that it knows, and jobs that stand still. */
import { manifestOf, type Registry } from '../catalog/registry.ts';
import type { Config } from '../config.ts';
import { needsSomebody, waitingFor } from '../domain/waiting.ts';
import { VERSION } from '../machine/version.ts';
import { LEASE_SECONDS } from '../services/read-workers.ts';
import { inspectHub, inspectServer, type HubFacts, type ServerFacts } from '../storage/inspect.ts';
import { readSchemaState, type SchemaState } from '../storage/migrate.ts';
import { databaseStatus } from '../storage/postgres/supervisor.ts';
import { durationText, messageOf, type Finding } from './finding.ts';

/** `merge ... returning` and others that the hub does without are newer; what it uses is in this one. */
const LEAST_MAJOR = 15;
/** Pool, listener and queue of one process that serves and works. */
const CONNECTIONS_OF_A_HUB = 16;
/** Leases go by the database's clock alone; signed addresses, certificates and logs need right ones. */
const CLOCK_LIMIT_SECONDS = 2;
const MOST_JOBS = 10;
/** A job of a model with free hosts that still stands after this time is worth a look. */
const STANDING_SECONDS = 600;

export async function databaseFindings(config: Config, registry: Registry): Promise<readonly Finding[]> {
  if (config.databaseUrl !== undefined) return reachedFindings(config.databaseUrl, 'by DATABASE_URL', registry);
  const what = 'PostgreSQL';
  const status = await databaseStatus(config.dataDir);
  switch (status.state) {
    case 'not_made':
      return [{ state: 'missing', what, found: 'not made', remedy: 'Run "npm run setup".' }];
    case 'other_version':
      return [{ state: 'missing', what, found: `of version ${status.madeBy}`, remedy: status.remedy }];
    case 'stopped':
      return [
        { state: 'ok', what, found: 'embedded, stopped' },
        {
          state: 'note',
          what: 'schema, workers and jobs',
          found: 'not looked at: the database is stopped',
          remedy: 'Start the hub, then ask again.',
        },
      ];
    case 'running':
      return reachedFindings(status.url, 'embedded, running', registry);
    default:
      return status satisfies never;
  }
}

async function reachedFindings(url: string, how: string, registry: Registry): Promise<readonly Finding[]> {
  const what = 'PostgreSQL';
  const server = await inspectServer(url).catch(messageOf);
  if (typeof server === 'string')
    return [{ state: 'missing', what, found: `${how}: ${server}`, remedy: 'Start that server, or correct DATABASE_URL (--database-url).' }];
  const schema = await readSchemaState(url);
  const gpuModels = [...registry.models].filter(([, state]) => manifestOf(state).resources.gpus > 0).map(([id]) => id);
  const isReadable = schema.kind === 'same' || schema.kind === 'newer';
  const hub = isReadable ? await inspectHub(url, gpuModels, LEASE_SECONDS, MOST_JOBS) : undefined;
  return [...serverFindings(server, how), schemaFinding(schema), ...(hub ? [...workerFindings(hub), ...jobFindings(hub, gpuModels)] : [])];
}

function serverFindings(
  { version, major, isDurable, connections, maxConnections, clockAheadSeconds }: ServerFacts,
  how: string,
): readonly Finding[] {
  const isOld = major < LEAST_MAJOR;
  const free = maxConnections - connections;
  return [
    {
      state: isOld ? 'missing' : 'ok',
      what: 'PostgreSQL',
      found: `${version}, ${how}`,
      ...(isOld && { remedy: `Upgrade the server to PostgreSQL ${String(LEAST_MAJOR)} or newer.` }),
    },
    ...(isDurable
      ? []
      : [
          {
            state: 'note' as const,
            what: 'durability',
            found: 'fsync or synchronous_commit is off',
            remedy: 'Switch both on: an accepted job may be lost with the power.',
          },
        ]),
    {
      state: free >= CONNECTIONS_OF_A_HUB ? 'ok' : 'note',
      what: 'connections',
      found: `${String(connections)} of ${String(maxConnections)} in use`,
      ...(free < CONNECTIONS_OF_A_HUB && {
        remedy: `One more process of the hub takes up to ${String(CONNECTIONS_OF_A_HUB)}: raise max_connections.`,
      }),
    },
    clockFinding('clock of this machine', clockAheadSeconds),
  ];
}

function clockFinding(what: string, aheadSeconds: number): Finding {
  const by = Math.abs(aheadSeconds);
  if (by <= CLOCK_LIMIT_SECONDS) return { state: 'ok', what, found: 'that of the database' };
  return {
    state: 'note',
    what,
    found: `${durationText(by)} ${aheadSeconds > 0 ? 'ahead of' : 'behind'} the database`,
    remedy:
      "Set both by NTP (chrony or systemd-timesyncd). Leases go by the database's clock; signed addresses, certificates and logs need right ones.",
  };
}

function schemaFinding(schema: SchemaState): Finding {
  const what = 'schema';
  switch (schema.kind) {
    case 'none':
      return { state: 'note', what, found: 'not made', remedy: 'The first start of the hub makes it, or "omtx migrate".' };
    case 'older':
      return {
        state: 'note',
        what,
        found: `${schema.at}, ${String(schema.behind)} behind this version`,
        remedy: 'The next start of this version brings it forward, or "omtx migrate". Make a backup first.',
      };
    case 'same':
      return { state: 'ok', what, found: schema.at };
    case 'newer':
      return {
        state: 'note',
        what,
        found: `${schema.at}, one newer than this version`,
        remedy: 'This version runs on it for the time of an upgrade: update this host next.',
      };
    case 'refused':
      return { state: 'missing', what, found: schema.at, remedy: schema.reason };
    default:
      return schema satisfies never;
  }
}

function workerFindings({ workers }: HubFacts): readonly Finding[] {
  const living = workers.filter(({ isAlive }) => isAlive);
  const what = 'worker hosts';
  if (living.length === 0)
    return [
      {
        state: 'note',
        what,
        found: 'none',
        remedy: 'Start the hub without --no-work, or "omtx work" on a host where models are installed.',
      },
    ];
  const versions = Map.groupBy(living, ({ version }) => (version === '' ? 'an earlier version' : version));
  const others = [...versions.keys()].filter((version) => version !== VERSION);
  return [
    {
      state: others.length === 0 ? 'ok' : 'note',
      what,
      found: [...versions].map(([version, of]) => `${String(of.length)} of ${version}`).join(', '),
      ...(others.length > 0 && {
        remedy: `This is ${VERSION}. Bring all to one version: stop each with SIGTERM (OMTX_DRAIN_SECONDS lets its runs end), update it, start it.`,
      }),
    },
    ...living
      .filter(({ drainingSince }) => drainingSince !== null)
      .map(({ host, liveRuns }): Finding => ({
        state: 'note',
        what: `worker host ${host}`,
        found: `draining, ${String(liveRuns)} runs left`,
      })),
    ...living
      .filter(({ clockAheadSeconds }) => Math.abs(clockAheadSeconds ?? 0) > CLOCK_LIMIT_SECONDS)
      .map(({ host, clockAheadSeconds }) => clockFinding(`clock of ${host}`, clockAheadSeconds ?? 0)),
    ...workers
      .filter(({ isAlive, stoppedAt }) => !isAlive && stoppedAt === null)
      .map(({ host, silentSeconds }): Finding => ({
        state: 'note',
        what: `worker host ${host}`,
        found: `silent for ${durationText(silentSeconds)}`,
        remedy: 'Its rows are put back. Start it again, or look at its network.',
      })),
  ];
}

function jobFindings({ standing }: HubFacts, gpuModels: readonly string[]): readonly Finding[] {
  const told = standing.jobs.map((job) => ({ ...job, needsGpu: gpuModels.includes(job.modelId) }));
  const worth = told.filter((job) => needsSomebody(job) || job.standingSeconds > STANDING_SECONDS);
  if (worth.length === 0) return [{ state: 'ok', what: 'jobs', found: 'none stands still without need' }];
  const more = standing.total - told.length;
  return [
    ...worth.map((job): Finding => ({
      state: needsSomebody(job) && job.pausedAt === null ? 'missing' : 'note',
      what: `job ${job.id}`,
      found: `stands for ${durationText(job.standingSeconds)}, ${String(job.openRows)} rows`,
      remedy: waitingFor(job) ?? 'Its last rows are being written down.',
    })),
    ...(more > 0
      ? [{ state: 'note' as const, what: 'more jobs that stand', found: String(more), remedy: 'The page Workers lists them.' }]
      : []),
  ];
}
