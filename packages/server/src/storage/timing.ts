/** How long rows of a model take, as its runs on this hub have shown: one small row per model version, changed in O(1). */
import { sql } from 'kysely';
import type { Pace } from '../domain/shard-size.ts';
import { EMPTY_FIT, learnRun, type SizedTime, type SizeFit } from '../domain/size-fit.ts';
import type { Database } from './database.ts';

/** A new measurement counts a tenth once there are some: it follows a change within a day's runs and forgets an outlier. */
const LEAST_WEIGHT = 0.1;

/** What one run has shown. */
export interface Measured extends Partial<Pace> {
  readonly rows: readonly SizedTime[];
}

/** All hardware together: what is known of hardware on which the model has not run yet. */
const ANY_HARDWARE = '';

/** @param measured of one run; what it did not measure keeps its value */
export async function learnTiming(
  db: Database,
  modelId: string,
  modelVersion: string,
  hardware: string,
  measured: Measured,
): Promise<void> {
  const { setupSeconds = null, rowSeconds = null, rows } = measured;
  if (rowSeconds === null) return;
  await db.transaction().execute(async (tx) => {
    // In this order everywhere, so that nobody waits in a circle.
    for (const kind of [ANY_HARDWARE, hardware]) {
      const fit = await learnPace(tx, { modelId, modelVersion, hardware: kind, setupSeconds, rowSeconds });
      await tx
        .updateTable('model_timings')
        .set({ size_fit: JSON.stringify(learnRun(fit ?? EMPTY_FIT, rows)) })
        .where('model_id', '=', modelId)
        .where('model_version', '=', modelVersion)
        .where('hardware', '=', kind)
        .execute();
    }
  });
}

/** @returns the fit by size as it was; its row is locked from here on, so that no run is forgotten */
async function learnPace(
  tx: Database,
  {
    modelId,
    modelVersion,
    hardware,
    setupSeconds,
    rowSeconds,
  }: {
    readonly modelId: string;
    readonly modelVersion: string;
    readonly hardware: string;
    readonly setupSeconds: number | null;
    readonly rowSeconds: number;
  },
): Promise<SizeFit | null | undefined> {
  const { rows } = await sql<{ fit: SizeFit | null }>`
    insert into model_timings as t (model_id, model_version, hardware, setup_seconds, row_seconds, runs)
    values (${modelId}, ${modelVersion}, ${hardware}, ${setupSeconds}, ${rowSeconds}, 1)
    on conflict (model_id, model_version, hardware) do update set
      row_seconds = t.row_seconds + greatest(${LEAST_WEIGHT}, 1.0 / (t.runs + 1)) * (excluded.row_seconds - t.row_seconds),
      setup_seconds = case
        when excluded.setup_seconds is null or t.setup_seconds is null then coalesce(excluded.setup_seconds, t.setup_seconds)
        else t.setup_seconds + greatest(${LEAST_WEIGHT}, 1.0 / (t.runs + 1)) * (excluded.setup_seconds - t.setup_seconds)
      end,
      runs = t.runs + 1, updated_at = now()
    returning size_fit as fit`.execute(tx);
  return rows[0]?.fit;
}

export interface ReadTiming {
  readonly pace: Partial<Pace>;
  readonly fit: SizeFit | undefined;
}

/** On that hardware, or on all where it has not run there; one read. @returns undefined before the first run */
export async function readTiming(
  db: Database,
  modelId: string,
  modelVersion: string,
  hardware = ANY_HARDWARE,
): Promise<ReadTiming | undefined> {
  const timing = await db
    .selectFrom('model_timings')
    .select(['setup_seconds', 'row_seconds', 'size_fit'])
    .where('model_id', '=', modelId)
    .where('model_version', '=', modelVersion)
    .where('hardware', 'in', [ANY_HARDWARE, hardware])
    .orderBy('hardware', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!timing) return undefined;
  return {
    pace: { rowSeconds: timing.row_seconds, ...(timing.setup_seconds !== null && { setupSeconds: timing.setup_seconds }) },
    fit: timing.size_fit ?? undefined,
  };
}

export interface OfferedSlots {
  readonly hardware: string;
  readonly slots: number;
}

/** Slots of all hosts with a heartbeat that offer the model, by hardware; most first. */
export async function offeredSlots(db: Database, modelId: string, modelVersion: string): Promise<readonly OfferedSlots[]> {
  const { rows } = await sql<OfferedSlots>`
    select coalesce(offer ->> 'hardware', ${ANY_HARDWARE}) as hardware, sum((offer ->> 'slots')::int)::int as slots
    from workers, jsonb_array_elements(offers) as offer
    where stopped_at is null and draining_since is null and heartbeat_at > now() - interval '30 seconds'
      and offer ->> 'modelId' = ${modelId} and offer ->> 'modelVersion' = ${modelVersion}
    group by 1
    order by slots desc, hardware`.execute(db);
  return rows;
}
