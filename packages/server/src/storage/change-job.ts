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
