/** Queue messages. A message only says that a worker of a model is wanted; the claim statement chooses what it does. */
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { KEPT_PLAN } from './kept-plans.ts';
import { WAKE_CHANNEL } from './notify.ts';

/** Graphile Worker's own schema. */
export const QUEUE_SCHEMA = 'omtx_queue';

/** One task identifier per model, so that a host takes only messages for what it offers. */
export function wakeTask(modelId: string): string {
  return `wake:${modelId}`;
}

/**
 * Asks for a worker of the model, in the caller's transaction: a notice, which idle hosts hear on commit, and a message, which outlives
 * them. Messages of one model fold into one while none has taken it; one that is being handled is left alone and a new one is written,
 * because there is something new to look at.
 */
export async function wakeWorkers(db: Database, modelId: string): Promise<void> {
  const task = wakeTask(modelId);
  await sql`${KEPT_PLAN}
    select ${sql.id(QUEUE_SCHEMA)}.add_job(${task}, '{}'::json, job_key => ${task}, max_attempts => 3), pg_notify(${WAKE_CHANNEL}, ${modelId})`.execute(
    db,
  );
}
