/** Shares and limits that an operator sets: weight and most slots of an owner, most slots of a model. */
import type { OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';

/** @param maxSlots rows of the owner in flight at once on all hosts; null: no limit */
export async function setOwnerShare(db: Database, owner: OwnerId, weight: number, maxSlots: number | null): Promise<void> {
  await sql`
    insert into owners (id, weight, max_slots) values (${owner}, ${weight}, ${maxSlots})
    on conflict (id) do update set weight = excluded.weight, max_slots = excluded.max_slots`.execute(db);
}

/** @param maxSlots rows of the model in flight at once on all hosts; null: no limit. What runs goes on; the monitor counts it. */
export async function setModelLimit(db: Database, modelId: string, maxSlots: number | null): Promise<void> {
  if (maxSlots === null) {
    await sql`delete from model_limits where model_id = ${modelId}`.execute(db);
    return;
  }
  await sql`
    insert into model_limits (model_id, max_slots, slots_in_use)
    select ${modelId}, ${maxSlots}, coalesce(sum(runs.slots), 0)::int
    from runs join jobs on jobs.id = runs.batch_id
    where runs.ended_at is null and jobs.model_id = ${modelId}
    on conflict (model_id) do update set max_slots = excluded.max_slots`.execute(db);
}
