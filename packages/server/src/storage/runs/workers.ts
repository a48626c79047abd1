/** Worker hosts: a row for each life of a process that takes runs. */
import type { WorkerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

export interface WorkerOffer {
  readonly modelId: string;
  readonly modelVersion: string;
  readonly slots: number;
}

export interface WorkerLife {
  readonly id: WorkerId;
  readonly host: string;
  readonly bootId: string;
  readonly pid: number;
  /** Tells two processes with the same id apart. */
  readonly processStart: string;
  readonly offers: readonly WorkerOffer[];
}

export interface EarlierLife {
  readonly id: WorkerId;
  readonly bootId: string;
  readonly pid: number;
  readonly processStart: string;
}

export async function registerWorker(db: Database, life: WorkerLife): Promise<void> {
  const { id, host, bootId, pid, processStart, offers } = life;
  await db
    .insertInto('workers')
    .values({ id, host, boot_id: bootId, pid, process_started_at: processStart, offers: JSON.stringify(offers) })
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

export async function markWorkerStopped(db: Database, id: WorkerId): Promise<void> {
  await sql`update workers set stopped_at = now() where id = ${id} and stopped_at is null`.execute(db);
}
