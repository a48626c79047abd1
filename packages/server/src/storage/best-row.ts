/** The row of a job that ranks first, kept on the job so that jobs are sorted and filtered by it. */
import type { JobId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';

/** In the transaction that wrote outcomes; one look at the end of the index of scores, and a write only where another row is the best. */
export async function keepBestRow(tx: Database, jobId: JobId): Promise<void> {
  await sql`
    update jobs
    set best_index = best.index, best_score = best.score, best_metrics = best.metrics
    from (
      (select r.index, r.score, r.metrics from batch_rows r
       where r.batch_id = ${jobId} and r.score is not null and (select rank_ascending from jobs where id = ${jobId})
       order by r.score, r.index limit 1)
      union all
      (select r.index, r.score, r.metrics from batch_rows r
       where r.batch_id = ${jobId} and r.score is not null and not (select rank_ascending from jobs where id = ${jobId})
       order by r.score desc, r.index limit 1)
    ) best
    where jobs.id = ${jobId} and (jobs.best_index, jobs.best_score) is distinct from (best.index, best.score)`.execute(tx);
}
