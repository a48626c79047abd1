/** Calls of a remote backend that were told, and the run that stands for one. */
import { newRunId, newWorkerId, type JobId, type OwnerId, type RunId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { LEASE_SECONDS } from './runs/claim-run.ts';
import type { RemoteCallsTable } from './tables.ts';

export type RemoteCallResult = RemoteCallsTable['result'];

export async function findRemoteCall(db: Database, callId: string): Promise<RemoteCallResult | undefined> {
  const call = await db.selectFrom('remote_calls').select('result').where('call_id', '=', callId).executeTakeFirst();
  return call?.result;
}

/** @returns false when the call was told before */
export async function rememberRemoteCall(
  db: Database,
  callId: string,
  result: RemoteCallResult,
  place: { readonly jobId: JobId; readonly index: number } | undefined,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('remote_calls')
    .values({ call_id: callId, result, job_id: place?.jobId ?? null, index: place?.index ?? null })
    .onConflict((conflict) => conflict.column('call_id').doNothing())
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export interface RemoteCall {
  readonly callId: string;
  readonly receivedAt: Date;
  readonly jobId: JobId | null;
  readonly index: number | null;
  readonly result: RemoteCallResult;
}

/** The newest first. */
export async function listRemoteCalls(db: Database, limit: number): Promise<readonly RemoteCall[]> {
  const calls = await db.selectFrom('remote_calls').selectAll().orderBy('received_at', 'desc').limit(limit).execute();
  return calls.map((call) => ({
    callId: call.call_id,
    receivedAt: call.received_at,
    jobId: call.job_id,
    index: call.index,
    result: call.result,
  }));
}

export async function countRemoteCalls(db: Database): Promise<Readonly<Record<string, number>>> {
  const { rows } = await sql<{
    result: string;
    count: number;
  }>`select result, count(*)::int as count from remote_calls group by result`.execute(db);
  return Object.fromEntries(rows.map(({ result, count }) => [result, count]));
}

export interface RemoteRun {
  readonly id: RunId;
  readonly attempt: number;
}

/**
 * Opens a run on one row for a result that came from outside, so that it is recorded under the same fence as any other.
 * The job row is the lock, as for a claim.
 * @returns undefined where the row is not open: it has an outcome, its job is over or cancelled, or a run holds it
 */
export async function openRemoteRun(
  db: Database,
  owner: OwnerId,
  place: { readonly jobId: JobId; readonly index: number },
  host: string,
): Promise<RemoteRun | undefined> {
  return db.transaction().execute(async (tx) => {
    await sql`
      insert into workers (id, host, boot_id, pid, process_started_at, offers, stopped_at)
      select ${newWorkerId()}, ${host}, '', 0, '', '[]', now() where not exists (select from workers where host = ${host})`.execute(tx);
    const { rows } = await sql<RemoteRun>`
      with chosen as (
        select id, model_version from jobs
        where id = ${place.jobId} and owner = ${owner} and finished_at is null and cancelled_at is null
        for update
      ), open as (
        select chosen.id, chosen.model_version, r.attempt
        from chosen join batch_rows r on r.batch_id = chosen.id and r.index = ${place.index} and r.status = 'pending' and r.reused_from is null
        where not exists (select from runs where batch_id = chosen.id and ended_at is null and ${place.index} = any (in_flight))
      ), taken as (
        update jobs set slots_in_use = slots_in_use + 1 from open where jobs.id = open.id returning jobs.id
      )
      insert into runs (id, batch_id, worker_id, model_version, slots, indexes, attempts, in_flight, lease_until)
      select ${newRunId()}, open.id, (select id from workers where host = ${host} limit 1), open.model_version, 1,
        array[${place.index}::int], array[open.attempt], array[${place.index}::int], now() + make_interval(secs => ${LEASE_SECONDS})
      from open join taken using (id)
      returning id, attempts[1] as attempt`.execute(tx);
    return rows[0];
  });
}
