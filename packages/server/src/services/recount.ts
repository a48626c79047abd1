/** Recount of counters and statistics, for the operator. */
import type { RecountAnswer } from '@omtx/contract';
import { recountJobs, recountTallies } from '../storage/recount.ts';
import type { HubContext } from './context.ts';

/** Counters first: the statistics follow from them. */
export async function recount({ db, log }: Pick<HubContext, 'db' | 'log'>): Promise<RecountAnswer> {
  const counters = [...(await recountJobs(db))];
  const statistics = [...(await recountTallies(db))];
  for (const difference of [...counters, ...statistics])
    log.error({ event: 'recount_difference', difference }, 'what was kept was not what was counted; it is mended');
  return { counters, statistics };
}
