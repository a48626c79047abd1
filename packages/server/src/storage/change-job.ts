/** What an owner changes of a job: name, tags, notes, project. */
import type { ChangeJob, JobId, OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';

/** @returns false where the owner has no such job */
export async function changeJob(db: Database, owner: OwnerId, id: JobId, change: ChangeJob): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const { name, tags, notes, project } = change;
    if (typeof project === 'string')
      await tx
        .insertInto('projects')
        .values({ owner, name: project, retention_days: null })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    const changed = await tx
      .updateTable('jobs')
      .set({
        ...(name === undefined ? {} : { name }),
        ...(tags === undefined ? {} : { tags: [...new Set(tags)] }),
        ...(notes === undefined ? {} : { notes }),
        ...(project === undefined ? {} : { project }),
        updated_at: sql<Date>`now()`,
      })
      .where('id', '=', id)
      .where('owner', '=', owner)
      .returning('id')
      .executeTakeFirst();
    return changed !== undefined;
  });
}

/** Most tags of one job. */
const MOST_TAGS = 50;

/** @returns the number of jobs that did not have all of them; one that would have too many tags stays as it is */
export async function addTags(db: Database, owner: OwnerId, ids: readonly JobId[], tags: readonly string[]): Promise<number> {
  const { rows } = await sql`
    update jobs set tags = wanted.tags, updated_at = now()
    from (
      select id, tags || array(select distinct tag from unnest(${tags}::text[]) tag where tag <> all (tags)) as tags
      from jobs where id = any (${ids}::uuid[]) and owner = ${owner} and not tags @> ${tags}::text[]
      order by id for update
    ) wanted
    where jobs.id = wanted.id and cardinality(wanted.tags) <= ${MOST_TAGS}
    returning jobs.id`.execute(db);
  return rows.length;
}

/** @returns the number of jobs that had any of them */
export async function removeTags(db: Database, owner: OwnerId, ids: readonly JobId[], tags: readonly string[]): Promise<number> {
  const { rows } = await sql`
    update jobs set tags = array(select tag from unnest(jobs.tags) tag where tag <> all (${tags}::text[])), updated_at = now()
    from (select id from jobs where id = any (${ids}::uuid[]) and owner = ${owner} and tags && ${tags}::text[] order by id for update) had
    where jobs.id = had.id
    returning jobs.id`.execute(db);
  return rows.length;
}
