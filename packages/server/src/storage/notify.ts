/** Channels of NOTIFY, and what their payloads hold. */
import { sql } from 'kysely';
import type { Database } from './database.ts';

/** `<job id>:<sequence>` of an event. */
export const EVENT_CHANNEL = 'omtx_events';
/** `<job id>`, or `<job id>:<row index>,...`, that was cancelled. */
export const CANCEL_CHANNEL = 'omtx_cancel';
/** `<job id>` that was paused: rows in flight end, no other starts. */
export const PAUSE_CHANNEL = 'omtx_pause';

/** Id of a model that has rows to give. A host that hears it claims at once; the queue message beside it is for those that do not. */
export const WAKE_CHANNEL = 'omtx_wake';

/** `<job id>` whose rows are to be checked. */
export const CHECK_CHANNEL = 'omtx_checks';

/** Sent when the caller's transaction commits. */
export async function notify(db: Database, channel: string, payload: string): Promise<void> {
  await sql`select pg_notify(${channel}, ${payload})`.execute(db);
}
