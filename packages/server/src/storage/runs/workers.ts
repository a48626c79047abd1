/** Worker hosts: a row for each life of a process that takes runs. */
import type { WorkerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Gpu } from '../../domain/host-capacity.ts';
import type { Database } from '../database.ts';

export interface WorkerOffer {
  readonly modelId: string;
  readonly modelVersion: string;
  readonly slots: number;
  /** What its rows run on here, where times are compared. */
  readonly hardware: string;
}

export interface WorkerLife {
  readonly id: WorkerId;
  readonly host: string;
  readonly bootId: string;
  readonly pid: number;
  /** Tells two processes with the same id apart. */
  readonly processStart: string;
  readonly cpus: number;
  readonly gpus: readonly Gpu[];
  readonly offers: readonly WorkerOffer[];
  /** Of the hub. */
  readonly version: string;
}

export interface EarlierLife {
  readonly id: WorkerId;
  readonly bootId: string;
  readonly pid: number;
  readonly processStart: string;
}

export async function registerWorker(db: Database, life: WorkerLife): Promise<void> {
  const { id, host, bootId, pid, processStart, cpus, gpus, offers, version } = life;
  await db
    .insertInto('workers')
    .values({
      id,
      host,
      boot_id: bootId,
      pid,
      process_started_at: processStart,
      cpus,
      gpus: JSON.stringify(gpus),
      offers: JSON.stringify(offers),
      version,
    })
    .execute();
}

/** What a life offers now, after its models have changed. */
export async function changeOffers(db: Database, id: WorkerId, offers: readonly WorkerOffer[]): Promise<void> {
  await db
    .updateTable('workers')
    .set({ offers: JSON.stringify(offers) })
    .where('id', '=', id)
    .execute();
}

/** Lives of this host that nobody has ended; which of them are over only the host can tell. */
export async function earlierLives(db: Database, host: string, except: WorkerId): Promise<readonly EarlierLife[]> {
  const rows = await db
    .selectFrom('workers')
    .select(['id', 'boot_id', 'pid', 'process_started_at'])
    .where('host', '=', host)
    .where('stopped_at', 'is', null)
    .where('id', '<>', except)
    .execute();
  return rows.map((row) => ({ id: row.id, bootId: row.boot_id, pid: row.pid, processStart: row.process_started_at }));
}

/** It takes no more runs; those that it holds go on to their end. */
export async function markWorkerDraining(db: Database, id: WorkerId): Promise<void> {
  await sql`update workers set draining_since = now() where id = ${id} and stopped_at is null and draining_since is null`.execute(db);
}

export async function markWorkerStopped(db: Database, id: WorkerId): Promise<void> {
  await sql`update workers set stopped_at = now() where id = ${id} and stopped_at is null`.execute(db);
}

export interface ListedWorker {
  readonly id: WorkerId;
  readonly host: string;
  readonly isAlive: boolean;
  readonly startedAt: Date;
  readonly heartbeatAt: Date;
  readonly stoppedAt: Date | null;
  readonly drainingSince: Date | null;
  /** Since its last heartbeat, by the database's clock. */
  readonly silentSeconds: number;
  readonly version: string;
  /** Its clock against the database's, as of its last heartbeat; null before the first. */
  readonly clockAheadSeconds: number | null;
  readonly cpus: number;
  readonly gpus: readonly Gpu[];
  readonly offers: readonly WorkerOffer[];
  readonly liveRuns: number;
  readonly rowsInFlight: number;
}

/** Those that live first; at most 500, the stopped ones of the last day. @param leaseSeconds after which a silent one counts as dead */
export async function listWorkers(db: Database, leaseSeconds: number): Promise<readonly ListedWorker[]> {
  const { rows } = await sql<ListedWorker>`
    select w.id, w.host, w.stopped_at is null and w.heartbeat_at > now() - make_interval(secs => ${leaseSeconds}) as "isAlive",
      w.started_at as "startedAt", w.heartbeat_at as "heartbeatAt", w.stopped_at as "stoppedAt",
      w.draining_since as "drainingSince",
      extract(epoch from now() - w.heartbeat_at)::float8 as "silentSeconds", w.version, w.clock_ahead_seconds as "clockAheadSeconds", w.cpus, w.gpus, w.offers,
      count(r.id)::int as "liveRuns", coalesce(sum(cardinality(r.in_flight)), 0)::int as "rowsInFlight"
    from workers w
    left join runs r on r.worker_id = w.id and r.ended_at is null
    where w.stopped_at is null or w.stopped_at > now() - interval '1 day'
    group by w.id
    order by "isAlive" desc, w.started_at desc
    limit 500`.execute(db);
  return rows;
}
