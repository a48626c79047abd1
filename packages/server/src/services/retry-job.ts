/** Retry of one job, one child, or chosen rows of a batch: in place, under the next attempt. */
import { HubError, isFailureCode, parseId, type FailureCode, type ManifestTask, type RetryAnswer, type RetryJob } from '@omtx/contract';
import { writeDownCancelledRows } from '../storage/cancel.ts';
import { findJobDetail, type StoredJobDetail } from '../storage/read-jobs.ts';
import { retryRows, type RetryChanges, type RetryChoice } from '../storage/retry.ts';
import type { HubContext, Principal } from './context.ts';
import { checkShared, findModel } from './prepare-submission.ts';
import { notFound, readSummary, refuseMissingRows } from './read-jobs.ts';

type Wish = Exclude<RetryJob, null>;

/** @throws HubError job_not_found, row_not_found, nothing_to_retry, invalid_input, unknown_model */
export async function retryJob(ctx: HubContext, principal: Principal, id: string, body: RetryJob): Promise<RetryAnswer> {
  const parsed = parseId(id);
  const job = parsed && (await findJobDetail(ctx.db, principal.owner, parsed.jobId));
  if (!job) throw notFound(id);
  const wish = body ?? {};
  const indexes = parsed.kind === 'child' ? [parsed.index] : (wish.rows ?? (job.jobType === 'individual' ? [0] : undefined));
  refuseMissingRows(job.id, job.total, indexes ?? []);
  const choice: RetryChoice = { statuses: statusesOf(wish, indexes), indexes, codes: codesOf(wish) };
  const changes = changesOf(ctx, job, wish);
  for (;;) {
    const result = await retryRows(ctx.db, principal.owner, job.id, choice, changes);
    switch (result.kind) {
      case 'not_found':
        throw notFound(id);
      case 'nothing':
        throw new HubError(
          'nothing_to_retry',
          `No row of job ${job.id} that was asked for can be retried: it runs, completed, or was refused.`,
        );
      case 'cancel_unwritten':
        await writeDownCancelledRows(ctx.db, job.id);
        continue;
      case 'retried':
        return { retryId: result.retryId, retried: result.rows, job: await readSummary(ctx, principal, job.id) };
      default:
        result satisfies never;
    }
  }
}

function statusesOf({ status }: Wish, indexes: readonly number[] | undefined): RetryChoice['statuses'] {
  const wanted = status ?? (indexes === undefined ? 'failed' : 'all');
  return wanted === 'all' ? ['failed', 'cancelled'] : [wanted];
}

function codesOf({ codes }: Wish): readonly FailureCode[] | undefined {
  return codes?.map((code) => {
    if (isFailureCode(code)) return code;
    throw new HubError('invalid_input', `There is no failure code "${code}".`, [{ pointer: '/codes', detail: `unknown: ${code}` }]);
  });
}

/** Changed parameters are checked as those of a submission are. */
function changesOf(ctx: HubContext, job: StoredJobDetail, { parameters, timeoutSeconds, resources }: Wish): RetryChanges {
  return {
    parameters: parameters === undefined ? null : checkedParameters(ctx, job, parameters),
    timeoutSeconds: timeoutSeconds ?? null,
    memoryBytes: resources?.memoryBytes ?? null,
    alone: resources?.alone ?? false,
  };
}

function checkedParameters(ctx: HubContext, job: StoredJobDetail, parameters: NonNullable<Wish['parameters']>) {
  const { manifest, task }: { readonly manifest: Parameters<typeof checkShared>[0]; readonly task: ManifestTask } = findModel(ctx, job);
  return checkShared(manifest, task, job.shared, { ...job.parameters, ...parameters }).parameters;
}
