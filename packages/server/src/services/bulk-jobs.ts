/** Many jobs of one owner at once. What is meant is counted first; it is changed only where the caller has seen that number. */
import { HubError, MAX_BULK_JOBS, parseId, type BulkAnswer, type BulkJobs, type JobId } from '@omtx/contract';
import { markCancelled, writeDownCancelledRows } from '../storage/cancel.ts';
import { addTags, removeTags } from '../storage/change-job.ts';
import { deleteJobWithRows } from '../storage/delete-job.ts';
import { findJobIds, listJobs } from '../storage/list-jobs.ts';
import type { HubContext, Principal } from './context.ts';
import { notFound } from './read-jobs.ts';
import { readSearch } from './search.ts';

/** @throws HubError invalid_body, job_not_found for an id that the owner does not have, too_many_rows, count_changed */
export async function bulkJobs(ctx: HubContext, principal: Principal, wish: BulkJobs): Promise<BulkAnswer> {
  const ids = await idsOf(ctx, principal, wish);
  if (wish.confirm === undefined) return { found: ids.length, changed: 0, unchanged: ids.length };
  if (wish.confirm !== ids.length)
    throw new HubError(
      'count_changed',
      `${String(ids.length)} jobs are meant now, not ${String(wish.confirm)}; nothing was changed. Look again, and confirm that number.`,
    );
  const changed = await change(ctx, principal, ids, wish);
  return { found: ids.length, changed, unchanged: ids.length - changed };
}

async function idsOf(ctx: HubContext, principal: Principal, { ids, filter }: BulkJobs): Promise<readonly JobId[]> {
  if ((ids === undefined) === (filter === undefined))
    throw new HubError('invalid_body', 'Say which jobs: by `ids` or by `filter`, and not by both.', [
      { pointer: '/ids', detail: 'ids or filter' },
    ]);
  if (ids !== undefined) return ownIds(ctx, principal, ids);
  const { search: text, ...others } = filter ?? {};
  const search = await readSearch(ctx, principal, text);
  const { jobs } = await listJobs(ctx.db, principal.owner, { ...others, search }, MAX_BULK_JOBS + 1, { offset: 0 });
  if (jobs.length > MAX_BULK_JOBS)
    throw new HubError('too_many_rows', `More than ${String(MAX_BULK_JOBS)} jobs pass the filter. Narrow it, for example by time.`);
  return jobs.map(({ id }) => id);
}

async function ownIds({ db }: HubContext, { owner }: Principal, texts: readonly string[]): Promise<readonly JobId[]> {
  const ids = [
    ...new Set(
      texts.map((text) => {
        const parsed = parseId(text);
        if (parsed?.kind !== 'job') throw notFound(text);
        return parsed.jobId;
      }),
    ),
  ];
  const own = new Set(await findJobIds(db, owner, ids));
  const foreign = ids.find((id) => !own.has(id));
  if (foreign !== undefined) throw notFound(foreign);
  return ids;
}

/** @returns how many were not so before */
async function change(ctx: HubContext, principal: Principal, ids: readonly JobId[], wish: BulkJobs): Promise<number> {
  switch (wish.action) {
    case 'tag':
      return addTags(ctx.db, principal.owner, ids, wish.tags);
    case 'untag':
      return removeTags(ctx.db, principal.owner, ids, wish.tags);
    case 'cancel':
      return each(ids, (id) => cancel(ctx, principal, id));
    case 'delete':
      return each(ids, async (id) => {
        await markCancelled(ctx.db, principal.owner, id);
        return (await deleteJobWithRows(ctx.db, principal.owner, id)) > 0;
      });
    default:
      return wish satisfies never;
  }
}

/** A transaction for each job, one after another: what was done stays done when a later one fails. */
async function each(ids: readonly JobId[], work: (id: JobId) => Promise<boolean>): Promise<number> {
  let changed = 0;
  for (const id of ids) if (await work(id)) changed += 1;
  return changed;
}

async function cancel({ db }: HubContext, { owner }: Principal, id: JobId): Promise<boolean> {
  if ((await markCancelled(db, owner, id)) !== 'marked') return false;
  await writeDownCancelledRows(db, id);
  return true;
}
