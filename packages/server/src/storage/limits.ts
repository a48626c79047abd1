/** Shares and limits that an operator sets: weight and most slots of an owner, most slots of a model. */
import type { Limits, OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { wakeWorkers } from './wake.ts';

export interface OwnerShare {
  readonly weight?: number | undefined;
  /** Rows of the owner in flight at once on all hosts; null: no limit. */
  readonly maxSlots?: number | null | undefined;
}

/** What is undefined stays as it is. What runs goes on. */
export async function setOwnerShare(db: Database, owner: OwnerId, { weight, maxSlots }: OwnerShare): Promise<void> {
  await sql`
    insert into owners as o (id, weight, max_slots) values (${owner}, coalesce(${weight ?? null}::float8, 1), ${maxSlots ?? null})
    on conflict (id) do update set
      weight = coalesce(${weight ?? null}::float8, o.weight),
      max_slots = case when ${maxSlots === undefined} then o.max_slots else excluded.max_slots end`.execute(db);
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

/** A limit that is lifted lets rows go that nothing else would wake a worker for. */
export async function wakeForOpenJobs(db: Database): Promise<void> {
  const models = await db
    .selectFrom('jobs')
    .select('model_id')
    .distinct()
    .where('finished_at', 'is', null)
    .where('cancelled_at', 'is', null)
    .where('paused_at', 'is', null)
    .orderBy('model_id')
    .execute();
  for (const { model_id } of models) await wakeWorkers(db, model_id);
}

/** Both lists by name. */
export async function readLimits(db: Database): Promise<Limits> {
  const owners = await db
    .selectFrom('owners')
    .select(['id as owner', 'weight', 'max_slots as maxSlots', 'slots_in_use as slotsInUse'])
    .orderBy('id')
    .execute();
  const models = await db
    .selectFrom('model_limits')
    .select(['model_id as modelId', 'max_slots as maxSlots', 'slots_in_use as slotsInUse'])
    .orderBy('model_id')
    .execute();
  return { owners, models };
}
