/** The text that Prometheus reads: what this process counted, and what the database says of the whole hub at this moment. */
import { JOB_STATUSES } from '@omtx/contract';
import { Gauge, Registry } from 'prom-client';
import { readLoad, type Load, type QueueLoad, type RunLoad, type WorkerLoad } from '../storage/load.ts';
import { readTallies } from '../storage/tallies.ts';
import { cacheFigures, type CacheFigures } from './cache.ts';
import type { HubContext } from './context.ts';
import { LEASE_SECONDS } from './read-workers.ts';

export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** Gauges over things of one kind: a name, what it says, and its value of one thing. */
type Gauges<Thing> = readonly (readonly [name: string, help: string, valueOf: (thing: Thing) => number])[];

const QUEUES: Gauges<QueueLoad> = [
  ['omtx_queue_jobs', 'Jobs that are not finished.', ({ openJobs }) => openJobs],
  ['omtx_queue_rows', 'Rows without an outcome.', ({ openRows }) => openRows],
  ['omtx_queue_oldest_seconds', 'Age of the oldest job that is not finished.', ({ oldestSeconds }) => oldestSeconds],
];
const RUNS: Gauges<RunLoad> = [
  ['omtx_live_runs', 'Runs that a worker host holds now.', ({ liveRuns }) => liveRuns],
  ['omtx_rows_in_flight', 'Rows that model processes work on now.', ({ rowsInFlight }) => rowsInFlight],
  ['omtx_slots_in_use', 'Slots that live runs hold.', ({ slotsInUse }) => slotsInUse],
];
const WORKERS: Gauges<WorkerLoad> = [
  ['omtx_worker_hosts', 'Living worker hosts that offer the model.', ({ hosts }) => hosts],
  ['omtx_slots_offered', 'Slots for the model on living worker hosts, which share their CPUs between models.', ({ slots }) => slots],
];
const CACHES: Gauges<CacheFigures> = [
  ['omtx_cache_hits', 'Answers given from memory since this process started.', ({ hits }) => hits],
  ['omtx_cache_misses', 'Answers read from the database since this process started.', ({ misses }) => misses],
  ['omtx_cache_faults', 'Times that a cache failed and the database answered, since this process started.', ({ faults }) => faults],
  ['omtx_cache_bytes', 'Size of what is kept.', ({ bytes }) => bytes],
];

/** Without the database the process's own figures are still given, and `omtx_database_up` is 0. */
export async function renderMetrics(ctx: HubContext): Promise<string> {
  const now = new Registry();
  const state = await readState(ctx);
  new Gauge({ name: 'omtx_database_up', help: 'Whether the database answered this very request.', registers: [now] }).set(state ? 1 : 0);
  if (state) {
    const { load, jobs } = state;
    const jobsOf: Gauges<string> = [['omtx_jobs', 'Stored jobs.', (status) => jobs.get(status) ?? 0]];
    add(now, jobsOf, JOB_STATUSES, { status: (status) => status });
    add(now, QUEUES, load.queues, { model: ({ modelId }) => modelId, lane: ({ lane }) => lane });
    add(now, RUNS, load.runs, { model: ({ modelId }) => modelId });
    add(now, WORKERS, load.workers, { model: ({ modelId }) => modelId });
  }
  const caches = Object.entries(cacheFigures(ctx.caches)).map(([kind, figures]) => ({ kind, ...figures }));
  add(now, CACHES, caches, { kind: ({ kind }) => kind });
  return Registry.merge([ctx.meter.registry, now]).metrics();
}

interface State {
  readonly load: Load;
  /** By status. */
  readonly jobs: ReadonlyMap<string, number>;
}

async function readState({ db, log }: HubContext): Promise<State | undefined> {
  try {
    const [load, tallies] = await Promise.all([readLoad(db, LEASE_SECONDS), readTallies(db, 'all', ['jobs'])]);
    const jobs = new Map<string, number>();
    for (const { status, n } of tallies) jobs.set(status, (jobs.get(status) ?? 0) + n);
    return { load, jobs };
  } catch (error) {
    log.warn({ event: 'metrics_without_database', err: error }, 'figures were asked for while the database was away');
    return undefined;
  }
}

/** A series for each thing, and none where there is nothing. */
function add<Kind, Thing extends Kind>(
  registry: Registry,
  gauges: Gauges<Kind>,
  things: readonly Thing[],
  labels: Readonly<Record<string, (thing: Thing) => string>>,
): void {
  for (const [name, help, valueOf] of gauges) {
    const gauge = new Gauge({ name, help, labelNames: Object.keys(labels), registers: [registry] });
    for (const thing of things) {
      gauge.set(Object.fromEntries(Object.entries(labels).map(([label, textOf]) => [label, textOf(thing)])), valueOf(thing));
    }
  }
}
