/** Quote: a submission checked as it would be, and what it would take; nothing is stored. */
import type { Quote, SubmitJob } from '@omtx/contract';
import { secondsFor } from '../domain/estimate.ts';
import { laneOf } from '../domain/lane.ts';
import { offeredSlots, readTiming } from '../storage/timing.ts';
import type { HubContext, Principal } from './context.ts';
import { prepareSubmission, type PreparedSubmission } from './prepare-submission.ts';
import { DEFAULT_MAX_CONCURRENCY, describeRows, RowCount } from './submit-job.ts';

/** @throws HubError what a submission with the same body would throw, but refused rows: they are in the answer, also with `rejectAll` */
export async function quoteJob(ctx: HubContext, principal: Principal, body: SubmitJob): Promise<Quote> {
  return quotePrepared(ctx, await prepareSubmission(ctx, principal, body));
}

/** Of what is checked already, such as an upload that is stored as a draft. */
export async function quotePrepared(ctx: HubContext, prepared: PreparedSubmission): Promise<Quote> {
  const { body, manifest, jobType, routedBy, warnings } = prepared;
  const described = await describe(prepared);
  const runs = described.rows.accepted - described.rows.reused;
  const measured = await readTiming(ctx.db, manifest.id, manifest.version);
  const { setupSeconds, rowSeconds } = { ...manifest.timing, ...measured };
  const slots = Math.min(await offeredSlots(ctx.db, manifest.id, manifest.version), body.maxConcurrency ?? DEFAULT_MAX_CONCURRENCY);
  const computeSeconds = runs === 0 ? 0 : setupSeconds + runs * rowSeconds;
  return {
    jobType,
    routedBy,
    lane: laneOf(runs, { setupSeconds, rowSeconds }, body.lane),
    ...described,
    runs,
    seconds: secondsFor(runs, { setupSeconds, rowSeconds }, slots),
    cpuSeconds: computeSeconds * manifest.resources.cpus,
    gpuSeconds: computeSeconds * manifest.resources.gpus,
    rowSeconds,
    setupSeconds,
    slots,
    basis: measured ? 'measured' : 'manifest',
    warnings: [...warnings],
  };
}

async function describe({ rows, isChecked, streamed }: PreparedSubmission): Promise<Pick<Quote, 'rows' | 'rejected'>> {
  if (!streamed) return describeRows(rows, isChecked);
  const count = new RowCount();
  for await (const batch of streamed.read()) count.add(batch);
  return count.describe(0);
}
