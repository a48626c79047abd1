/** Reads, cancel and delete of campaigns, for their owner. */
import {
  HubError,
  isCampaignId,
  type Campaign,
  type CampaignArm,
  type CampaignId,
  type CampaignSummary,
  type JobStatus,
  type JobSummary,
  type Progress,
} from '@omtx/contract';
import { batchStatus, isFinal, progressOf } from '../../domain/progress.ts';
import {
  closeCampaign,
  deleteCampaignRow,
  findCampaign,
  listCampaigns,
  type StoredArm,
  type StoredCampaign,
} from '../../storage/campaigns/campaigns.ts';
import { findJobs } from '../../storage/read-jobs.ts';
import { cancelJob } from '../cancel-job.ts';
import type { HubContext, Principal } from '../context.ts';
import { deleteJob } from '../delete-job.ts';
import { presentJob } from '../present.ts';

const CANCELLED = 'The campaign was cancelled before this job was made.';

export interface CampaignsPage {
  readonly campaigns: readonly CampaignSummary[];
  readonly nextCursor: string | null;
}

/** The newest first. @throws HubError campaign_not_found for a cursor that is none */
export async function readCampaigns(
  ctx: HubContext,
  principal: Principal,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<CampaignsPage> {
  const after = cursor === undefined ? undefined : campaignIdOf(cursor);
  const found = await listCampaigns(ctx.db, principal.owner, limit + 1, after);
  const page = found.slice(0, limit);
  const jobs = await jobsOf(ctx, principal, page);
  const campaigns = page.map((campaign) => {
    const { arms: _, ...summary } = present(campaign, jobs);
    return summary;
  });
  return { campaigns, nextCursor: found.length > limit ? (page.at(-1)?.id ?? null) : null };
}

/** @throws HubError campaign_not_found */
export async function readCampaign(ctx: HubContext, principal: Principal, id: string): Promise<Campaign> {
  const campaign = await mustFindCampaign(ctx, principal, id);
  return present(campaign, await jobsOf(ctx, principal, [campaign]));
}

/** Cancels all of its jobs that have not ended; after it no arm gets a job. @throws HubError campaign_not_found, job_final */
export async function cancelCampaign(ctx: HubContext, principal: Principal, id: string): Promise<Campaign> {
  const { id: campaignId } = await mustFindCampaign(ctx, principal, id);
  await closeCampaign(ctx.db, campaignId, CANCELLED);
  const { arms, status } = await readCampaign(ctx, principal, campaignId);
  const open = arms.flatMap(({ job }) => (job && !isFinal(job.status) ? [job.id] : []));
  if (open.length === 0 && status !== 'cancelled')
    throw new HubError('job_final', `Every job of campaign ${campaignId} has ended; nothing is left to cancel.`);
  for (const jobId of open) await cancelJob(ctx, principal, jobId);
  return readCampaign(ctx, principal, campaignId);
}

/** With all of its jobs and their results. @returns jobs and children that were deleted. @throws HubError campaign_not_found */
export async function deleteCampaign(ctx: HubContext, principal: Principal, id: string): Promise<number> {
  const campaign = await mustFindCampaign(ctx, principal, id);
  await closeCampaign(ctx.db, campaign.id, CANCELLED);
  let deleted = 0;
  for (const { jobId } of (await mustFindCampaign(ctx, principal, id)).arms)
    if (jobId !== null) deleted += await deleteJob(ctx, principal, jobId);
  await deleteCampaignRow(ctx.db, principal.owner, campaign.id);
  return deleted;
}

/** @throws HubError campaign_not_found */
export async function mustFindCampaign(ctx: HubContext, { owner }: Principal, id: string): Promise<StoredCampaign> {
  const campaign = await findCampaign(ctx.db, owner, campaignIdOf(id));
  if (!campaign) throw campaignNotFound(id);
  return campaign;
}

function campaignIdOf(text: string): CampaignId {
  const id = text.toLowerCase();
  if (!isCampaignId(id)) throw campaignNotFound(text);
  return id;
}

function campaignNotFound(id: string): HubError {
  return new HubError('campaign_not_found', `There is no campaign "${id.slice(0, 100)}".`);
}

async function jobsOf(
  ctx: HubContext,
  { owner }: Principal,
  campaigns: readonly StoredCampaign[],
): Promise<ReadonlyMap<string, JobSummary>> {
  const ids = campaigns.flatMap(({ arms }) => arms.flatMap(({ jobId }) => (jobId === null ? [] : [jobId])));
  const jobs = await findJobs(ctx.db, owner, ids);
  return new Map(jobs.map((job) => [job.id, presentJob(job)]));
}

function present({ id, name, taskType, createdAt, isBeingMade, arms }: StoredCampaign, jobs: ReadonlyMap<string, JobSummary>): Campaign {
  const shown = arms.map((arm) => presentArm(arm, jobs));
  return {
    id,
    name,
    taskType,
    ...togetherOf(shown, isBeingMade),
    targets: [...new Set(arms.map(({ target }) => target))],
    models: [...new Set(arms.map(({ model }) => model))],
    createdAt: createdAt.toISOString(),
    href: `/api/v4/campaigns/${id}`,
    arms: shown,
  };
}

function presentArm({ position, target, model, modelId, jobId, problem }: StoredArm, jobs: ReadonlyMap<string, JobSummary>): CampaignArm {
  return { position, target, model, modelId, job: (jobId !== null && jobs.get(jobId)) || null, problem };
}

/** Counts of all jobs as if they were one; the time left is that of the job that has most. */
function togetherOf(arms: readonly CampaignArm[], isBeingMade: boolean): { readonly status: JobStatus; readonly progress: Progress } {
  const jobs = arms.flatMap(({ job }) => (job ? [job] : []));
  const sum = (key: 'total' | 'running' | 'completed' | 'failed' | 'cancelled' | 'reused' | 'rejected' | 'checked'): number =>
    jobs.reduce((total, { progress }) => total + progress[key], 0);
  const counts = {
    total: sum('total'),
    running: sum('running'),
    completed: sum('completed'),
    failed: sum('failed'),
    cancelled: sum('cancelled'),
    reused: sum('reused'),
    rejected: sum('rejected'),
    checked: sum('checked'),
  };
  const startedAt = jobs.some((job) => job.startedAt !== null) ? new Date(0) : null;
  const progress = progressOf(counts, { startedAt: null, cancelledAt: null, pausedAt: null, now: new Date(0) });
  const left = jobs.map((job) => job.progress.secondsLeft);
  const together = jobs.length === 0 ? 'failed' : batchStatus(counts, { startedAt, cancelledAt: null });
  return {
    status: isBeingMade && isFinal(together) ? 'pending' : together,
    progress: { ...progress, secondsLeft: left.includes(null) ? null : Math.max(0, ...left.map((each) => each ?? 0)) },
  };
}
