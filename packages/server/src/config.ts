/** Settings of the hub: environment variables, each also a flag; a flag wins. Pure. */
import { availableParallelism } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { isEgressEntry } from './domain/egress.ts';
import { MSA_FALLBACKS, type MsaFallback } from '@omtx/contract';
import { LEGACY_GROUPS, type LegacyGroup } from './http/legacy/route.ts';
import { defaultDataDir } from './machine/data-dir.ts';
import type { S3Location } from './storage/artifacts/s3-artifact-store.ts';

export interface Config {
  readonly host: string;
  readonly port: number;
  /** Absolute. */
  readonly dataDir: string;
  /** Absolute folders that hold model folders; a later one wins. */
  readonly modelsDirs: readonly string[];
  /** Undefined: the embedded server in the data folder. */
  readonly databaseUrl: string | undefined;
  /** CPUs that model runs may use together. */
  readonly cpus: number;
  /** GPUs that they may use; undefined: those that the driver's tool finds. */
  readonly gpus: number | undefined;
  /** GPUs that a batch system has given to this process, as it names them. */
  readonly visibleGpus: string | undefined;
  /** Workers that read molecules at once. */
  readonly chemistryWorkers: number;
  readonly offeredModels: readonly string[];
  /** What becomes of a protein without an alignment, where a submission wants one. */
  readonly msaFallback: MsaFallback;
  readonly logLevel: string;
  /** Where programs of model workers are looked for. */
  readonly programPath: string;
  /** Whether this process takes runs. */
  readonly works: boolean;
  /** Where stored files are; undefined: in the data folder. */
  readonly s3: S3Location | undefined;
  /** Seconds that runs in work have to end when the process is told to stop. */
  readonly drainSeconds: number;
  /** Groups of old paths that answer 410. */
  readonly legacyOff: readonly LegacyGroup[];
  /** Where figures and health are served by themselves; undefined: nowhere. */
  readonly metrics: Address | undefined;
  /** Where traces are sent (OTLP over HTTP); undefined: nowhere. */
  readonly tracesUrl: string | undefined;
  /** Hosts that models may send rows to; none unless the operator names them. */
  readonly egress: readonly string[];
  /** Values of OMTX_SECRET_<NAME> for model servers, by the name in lower case. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The Slurm cluster that this host gives rows to; undefined: none. */
  readonly slurm: SlurmChoices | undefined;
  /** What a remote backend signs its results with; undefined: none is believed. */
  readonly webhookSecret: string | undefined;
}

export interface SlurmChoices {
  /** Absolute folder that hub and compute nodes share. */
  readonly folder: string;
  /** SLURM_CONF. */
  readonly configFile: string | undefined;
  readonly partition: string | undefined;
  readonly account: string | undefined;
  readonly qos: string | undefined;
  /** Most jobs at once. */
  readonly jobs: number;
  /** Models with a worker that run there and not on this host. */
  readonly models: readonly string[];
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Names of flags, without dashes, and the variable of each. */
export const SETTINGS = {
  port: 'OMTX_PORT',
  host: 'OMTX_HOST',
  'data-dir': 'OMTX_DATA_DIR',
  'models-dir': 'OMTX_MODELS_DIR',
  'database-url': 'DATABASE_URL',
  cpus: 'OMTX_CPUS',
  gpus: 'OMTX_GPUS',
  'chemistry-workers': 'OMTX_CHEMISTRY_WORKERS',
  'offered-models': 'OMTX_OFFERED_MODELS',
  'log-level': 'OMTX_LOG_LEVEL',
  'drain-seconds': 'OMTX_DRAIN_SECONDS',
  'legacy-off': 'OMTX_LEGACY_OFF',
  metrics: 'OMTX_METRICS',
  artifacts: 'OMTX_ARTIFACTS',
  egress: 'OMTX_EGRESS',
  'msa-fallback': 'OMTX_MSA_FALLBACK',
} as const;

export type Flags = Partial<Readonly<Record<keyof typeof SETTINGS, string>>> & { readonly works?: boolean };

type Environment = Readonly<Record<string, string | undefined>>;

/** What old clients expect. */
export const DEFAULT_PORT = 8_000;
/** The name that the first hub gave it. */
const WEBHOOK_SECRET = 'MODAL_WEBHOOK_SECRET';
const SECRET = /^OMTX_SECRET_([A-Z][A-Z0-9_]*)$/;
const MIN_SECRET = 16;
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const OWN_MODELS = join(import.meta.dirname, '..', '..', '..', 'models');

/** A setting that cannot be used; its message names the setting and the remedy. */
export class ConfigError extends Error {}

function msaFallbackOf(value = 'refuse'): MsaFallback {
  const known = MSA_FALLBACKS.find((each) => each === value);
  if (known) return known;
  throw new ConfigError(`OMTX_MSA_FALLBACK (--msa-fallback) must be one of ${MSA_FALLBACKS.join(', ')}, not "${value}".`);
}

/** @throws ConfigError */
export function readConfig(environment: Environment, flags: Flags): Config {
  const get = (name: keyof typeof SETTINGS): string | undefined => {
    const value = flags[name] ?? environment[SETTINGS[name]];
    return value === '' ? undefined : value;
  };
  const host = get('host') ?? '127.0.0.1';
  if (!LOOPBACK.includes(host)) {
    throw new ConfigError(
      `The hub listens on loopback only, because it has no accounts yet: OMTX_HOST (--host) "${host}" would let anyone on the network use it. ` +
        'Leave it out, and reach the hub through an SSH tunnel or a proxy that asks for a login.',
    );
  }
  const logLevel = get('log-level') ?? 'info';
  if (!LOG_LEVELS.includes(logLevel))
    throw new ConfigError(`OMTX_LOG_LEVEL (--log-level) must be one of ${LOG_LEVELS.join(', ')}, not "${logLevel}".`);
  const dataDir = get('data-dir');
  return {
    host,
    port: wholeNumber('port', get('port'), DEFAULT_PORT, 0, 65_535),
    dataDir: defaultDataDir({ ...environment, ...(dataDir === undefined ? {} : { OMTX_DATA_DIR: dataDir }) }),
    modelsDirs: [
      OWN_MODELS,
      ...(get('models-dir') ?? '')
        .split(delimiter)
        .filter((folder) => folder !== '')
        .map((folder) => resolve(folder)),
    ],
    databaseUrl: get('database-url'),
    cpus: wholeNumber('cpus', get('cpus'), availableParallelism(), 1, 4_096),
    gpus: get('gpus') === undefined ? undefined : wholeNumber('gpus', get('gpus'), 0, 0, 1_024),
    visibleGpus: environment['CUDA_VISIBLE_DEVICES'],
    chemistryWorkers: wholeNumber('chemistry-workers', get('chemistry-workers'), Math.min(4, availableParallelism()), 1, 256),
    msaFallback: msaFallbackOf(get('msa-fallback')),
    offeredModels: (get('offered-models') ?? '')
      .split(',')
      .map((id) => id.trim())
      .filter((id) => id !== ''),
    logLevel,
    programPath: environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    works: flags.works ?? true,
    drainSeconds: wholeNumber('drain-seconds', get('drain-seconds'), 0, 0, 86_400),
    legacyOff: legacyOff(get('legacy-off')),
    metrics: address(get('metrics')),
    s3: s3Location(get('artifacts'), environment),
    tracesUrl: tracesUrl(environment),
    egress: egress(get('egress')),
    secrets: secretsOf(environment),
    slurm: slurmChoices(environment),
    webhookSecret: webhookSecret(environment[WEBHOOK_SECRET]),
  };
}

/** `all`, or names of groups. */
function legacyOff(text: string | undefined): readonly LegacyGroup[] {
  const names = (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.includes('all')) return LEGACY_GROUPS;
  const unknown = names.find((name) => !LEGACY_GROUPS.some((group) => group === name));
  if (unknown === undefined) return LEGACY_GROUPS.filter((group) => names.includes(group));
  throw new ConfigError(`OMTX_LEGACY_OFF (--legacy-off) knows no group "${unknown}"; the groups are ${LEGACY_GROUPS.join(', ')}, or all.`);
}

/** `s3://bucket/prefix`. Endpoint, region and credentials are those that every program of AWS reads. */
function s3Location(text: string | undefined, environment: Environment): S3Location | undefined {
  if (text === undefined) return undefined;
  const { bucket = '', prefix = '' } =
    /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(?<prefix>[\w./-]*?))?\/*$/.exec(text)?.groups ?? {};
  if (bucket === '')
    throw new ConfigError(
      `OMTX_ARTIFACTS (--artifacts) must be s3://bucket or s3://bucket/prefix, not "${text}"; leave it out to keep files in the data folder.`,
    );
  const own = environment['AWS_ENDPOINT_URL_S3'] ?? '';
  const endpoint = own === '' ? (environment['AWS_ENDPOINT_URL'] ?? '') : own;
  if (endpoint !== '' && !/^https?:\/\//.test(endpoint))
    throw new ConfigError(`AWS_ENDPOINT_URL_S3 must be an address such as http://s3.local:7070, not "${endpoint}".`);
  const region = environment['AWS_REGION'] ?? '';
  return { bucket, prefix, endpoint: endpoint === '' ? undefined : endpoint, region: region === '' ? undefined : region };
}

const DEFAULT_SLURM_JOBS = 100;

/** No flags: they belong to the site, like the credentials of a store. */
function slurmChoices(environment: Environment): SlurmChoices | undefined {
  const get = (name: string): string | undefined => (environment[name] === '' ? undefined : environment[name]);
  const folder = get('OMTX_SLURM_DIR');
  const strays = ['OMTX_SLURM_MODELS', 'OMTX_SLURM_JOBS'].filter((name) => get(name) !== undefined);
  if (folder === undefined) {
    if (strays.length === 0) return undefined;
    throw new ConfigError(
      `${strays.join(' and ')} mean nothing without OMTX_SLURM_DIR, a folder that this host and the compute nodes share.`,
    );
  }
  const jobs = Number(get('OMTX_SLURM_JOBS') ?? DEFAULT_SLURM_JOBS);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > 100_000)
    throw new ConfigError(`OMTX_SLURM_JOBS must be a whole number from 1 to 100000, not "${get('OMTX_SLURM_JOBS') ?? ''}".`);
  return {
    folder: resolve(folder),
    configFile: get('SLURM_CONF'),
    partition: get('OMTX_SLURM_PARTITION'),
    account: get('OMTX_SLURM_ACCOUNT'),
    qos: get('OMTX_SLURM_QOS'),
    jobs,
    models: listOf(get('OMTX_SLURM_MODELS')),
  };
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function egress(text: string | undefined): readonly string[] {
  const entries = listOf(text?.toLowerCase());
  const wrong = entries.find((entry) => !isEgressEntry(entry));
  if (wrong === undefined) return entries;
  throw new ConfigError(
    `OMTX_EGRESS (--egress) lists hosts such as api.example.org, gpu1:8000 or *.example.org; "${wrong}" is none. Leave out https:// and paths.`,
  );
}

/** No flags, as for the secret of webhooks. An empty one is not there. */
function secretsOf(environment: Environment): Readonly<Record<string, string>> {
  const given = Object.entries(environment).flatMap(([name, value]) => {
    const [, secret] = SECRET.exec(name) ?? [];
    return secret === undefined || value === undefined || value === '' ? [] : [[secret.toLowerCase(), value] as const];
  });
  return Object.fromEntries(given);
}

/** No flag: others on the machine could read it there. */
function webhookSecret(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (text.length >= MIN_SECRET) return text;
  throw new ConfigError(
    `${WEBHOOK_SECRET} must have at least ${String(MIN_SECRET)} characters: whoever guesses it can write results. Make one with "openssl rand -hex 32".`,
  );
}

/** The variables that every program with OpenTelemetry reads. */
function tracesUrl(environment: Environment): string | undefined {
  const own = environment['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? '';
  const common = environment['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';
  const url = own !== '' ? own : common === '' ? '' : `${common.replace(/\/+$/, '')}/v1/traces`;
  if (url === '') return undefined;
  if (URL.canParse(url) && /^https?:/.test(url)) return url;
  throw new ConfigError(`OTEL_EXPORTER_OTLP_ENDPOINT must be an address such as http://collector:4318, not "${own || common}".`);
}

/** `9464`, `0.0.0.0:9464` or `[::]:9464`. Any address may be given: figures name models and routes, never what was sent. */
function address(text: string | undefined): Address | undefined {
  if (text === undefined) return undefined;
  const parts = /^(?:(?:\[(?<six>[^\]]+)\]|(?<host>[^:]+)):)?(?<port>\d{1,5})$/.exec(text)?.groups;
  const port = Number(parts?.['port'] ?? Number.NaN);
  if (parts && port <= 65_535) return { host: parts['six'] ?? parts['host'] ?? '127.0.0.1', port };
  throw new ConfigError(`OMTX_METRICS (--metrics) must be a port or address:port, such as 9464 or 0.0.0.0:9464, not "${text}".`);
}

function wholeNumber(name: keyof typeof SETTINGS, text: string | undefined, otherwise: number, min: number, max: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ConfigError(`${SETTINGS[name]} (--${name}) must be a whole number from ${String(min)} to ${String(max)}, not "${text}".`);
}
