/** Whose turn it is among models that a host could run: the same order as the claim's, over the first job of each. */
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { isOpen, lineOf, type ModelVersion } from './claim-run.ts';

export interface ModelInLine extends ModelVersion {
  /** Its first job was given nothing for so long that it goes before all others. */
  readonly isStarved: boolean;
}

interface Place {
  readonly isStarved: boolean;
  readonly waitingSince: Date;
  readonly lane: number;
  readonly tag: number;
  readonly createdAt: Date;
}

/**
 * Locks nothing: the claim that follows decides anew. Those that have no job to give rows come last, for another transaction may hold theirs.
 * Two models are in the order of their first jobs: starved ones by the time they wait; then lane, share of the owner, age.
 */
export async function modelsInLine(db: Database, versions: readonly ModelVersion[]): Promise<readonly ModelInLine[]> {
  const open = await withOpenJobs(db, versions);
  const places = new Map<ModelVersion, Place>();
  if (open.length > 1) {
    for (const version of open) {
      const place = await firstPlace(db, version);
      if (place) places.set(version, place);
    }
  }
  const first = [...places].toSorted(([, a], [, b]) => compare(a, b)).map(([version]) => version);
  const rest = versions.filter((version) => !places.has(version)).toSorted((a, b) => Number(open.includes(b)) - Number(open.includes(a)));
  return [...first, ...rest].map((version) => ({ ...version, isStarved: places.get(version)?.isStarved ?? false }));
}

/** Most models of a host have none, which one look at the index of the line tells. */
async function withOpenJobs(db: Database, versions: readonly ModelVersion[]): Promise<readonly ModelVersion[]> {
  const { rows } = await sql<{ place: number }>`
    select given.place::int as place
    from unnest(${versions.map((each) => each.modelId)}::text[], ${versions.map((each) => each.modelVersion)}::text[])
      with ordinality as given (model_id, model_version, place)
    where exists (
      select from jobs j
      where j.model_id = given.model_id and j.model_version = given.model_version
        and j.finished_at is null and j.cancelled_at is null and j.paused_at is null
    )`.execute(db);
  const places = new Set(rows.map((row) => row.place - 1));
  return versions.filter((_, place) => places.has(place));
}

async function firstPlace(db: Database, version: ModelVersion): Promise<Place | undefined> {
  const open = isOpen(version);
  const { rows } = await sql<Place>`
    with recursive ${lineOf(version, open)}
    )
    select line.is_starved as "isStarved", j.waiting_since as "waitingSince", j.lane, line.tag, j.created_at as "createdAt"
    from line join jobs j on j.id = line.id
    order by line.is_starved desc, case when line.is_starved then j.waiting_since end, j.lane, line.tag, j.owner, j.priority desc, j.created_at, j.id
    limit 1`.execute(db);
  return rows[0];
}

function compare(a: Place, b: Place): number {
  if (a.isStarved !== b.isStarved) return a.isStarved ? -1 : 1;
  if (a.isStarved) return a.waitingSince.getTime() - b.waitingSince.getTime();
  return a.lane - b.lane || a.tag - b.tag || a.createdAt.getTime() - b.createdAt.getTime();
}
