/** Clone: the input of a job, submitted again as a new one with changes. Rows are checked anew, because model and limits may be others. */
import { HubError, type CloneJob, type ManifestTask, type SubmitAnswer, type SubmitJob } from '@omtx/contract';
import { findJobDetail, type StoredJobDetail } from '../storage/read-jobs.ts';
import { rowInputs, type RowInput } from '../storage/read-rows.ts';
import type { HubContext, Principal } from './context.ts';
import { checkShared, findModel } from './prepare-submission.ts';
import { jobIdOf, notFound } from './read-jobs.ts';
import { candidateOf, checkCandidates, type Candidate } from './read-rows-of-submission.ts';
import { storeSubmission } from './submit-job.ts';

type Wish = Exclude<CloneJob, null>;

/** @throws HubError job_not_found, row_not_found, and what a submission throws */
export async function cloneJob(ctx: HubContext, principal: Principal, id: string, body: CloneJob): Promise<SubmitAnswer> {
  const job = await findJobDetail(ctx.db, principal.owner, jobIdOf(id));
  if (!job) throw notFound(id);
  const wish = body ?? {};
  const submission = submissionOf(job, wish);
  const { manifest, task } = findModel(ctx, submission);
  const { shared, parameters } = checkShared(manifest, task, submission.input, submission.parameters ?? {});
  const inputs = await rowInputs(ctx.db, principal.owner, job.id, { indexes: wish.rows, status: wish.status });
  if (inputs.length === 0) throw new HubError('row_not_found', `Job ${job.id} has no such row to clone.`);
  const rows = await checkCandidates(
    inputs.map((row) => candidateFrom(row, task)),
    manifest,
    task,
    ctx.chemistry,
  );
  const { jobType, routedBy } = job;
  return storeSubmission(
    ctx,
    principal,
    {
      body: submission,
      manifest,
      task,
      jobType,
      routedBy,
      shared,
      parameters,
      rows,
      isChecked: true,
      warnings: [],
      rowPointer: (index) => `/rows/${String(index)}`,
    },
    job.id,
  );
}

function submissionOf(job: StoredJobDetail, wish: Wish): SubmitJob {
  const { input, parameters, rows: _rows, status: _status, ...settings } = wish;
  return {
    name: `${job.name} (copy)`.slice(-200),
    taskType: job.taskType,
    modelId: job.modelId,
    seed: job.seed,
    maxConcurrency: job.maxConcurrency,
    // Of another model the time limit is its own.
    ...(wish.modelId === undefined || wish.modelId === job.modelId ? { timeoutSeconds: job.timeoutSeconds } : {}),
    tags: [...job.tags],
    ...settings,
    input: { ...job.shared, ...input },
    // Parameters of one model mean nothing to another.
    parameters: wish.modelId === undefined || wish.modelId === job.modelId ? { ...job.parameters, ...parameters } : (parameters ?? {}),
  };
}

/** A record that could not be read has no input to check again. */
function candidateFrom({ line, name, input, original, rejection }: RowInput, task: ManifestTask): Candidate {
  const isUnread = rejection?.code === 'rejected_malformed_row';
  return { ...(isUnread ? { input, rejection } : candidateOf(input, task)), line, name, original };
}
