/** Quote: a submission checked as it would be, and what it would take; nothing is stored. */
import type { Quote, SubmitJob } from '@omtx/contract';
import { RowsToEstimate, secondsFor } from '../domain/estimate.ts';
import { inputSize } from '../domain/input-size.ts';
import { laneOf } from '../domain/lane.ts';
import { offeredSlots, readTiming } from '../storage/timing.ts';
import type { HubContext, Principal } from './context.ts';
import { prepareSubmission, type PreparedSubmission } from './prepare-submission.ts';
import { DEFAULT_MAX_CONCURRENCY, describeRows, RowCount } from './submit-job.ts';

/** @throws HubError what a submission with the same body would throw, but refused rows: they are in the answer, also with `rejectAll` */
export async function quoteJob(ctx: HubContext, principal: Principal, body: SubmitJob): Promise<Quote> {
  const prepared = await prepareSubmission(ctx, principal, body);
  const { manifest, jobType, routedBy, warnings } = prepared;
  const offered = await offeredSlots(ctx.db, manifest.id, manifest.version);
  // Where several kinds of hardware offer it, most rows run on that with most slots.
  const measured = await readTiming(ctx.db, manifest.id, manifest.version, offered[0]?.hardware);
  const pace = { ...manifest.timing, ...measured?.pace };
  const { setupSeconds } = pace;
  const estimate = new RowsToEstimate(measured?.fit);
  const described = await describe(prepared, estimate);
  const { rowSeconds, factor } = estimate.pace(pace.rowSeconds);
  const runs = described.rows.accepted - described.rows.reused;
  const slots = Math.min(
    offered.reduce((sum, each) => sum + each.slots, 0),
    body.maxConcurrency ?? DEFAULT_MAX_CONCURRENCY,
  );
  const seconds = secondsFor(runs, { setupSeconds, rowSeconds }, slots);
  const computeSeconds = runs === 0 ? 0 : setupSeconds + runs * rowSeconds;
  return {
    jobType,
    routedBy,
    lane: laneOf(runs, pace, body.lane),
    ...described,
    runs,
    seconds,
    secondsLow: factor === null ? null : seconds / factor,
    secondsHigh: factor === null ? null : seconds * factor,
    cpuSeconds: computeSeconds * manifest.resources.cpus,
    gpuSeconds: computeSeconds * manifest.resources.gpus,
    rowSeconds,
    setupSeconds,
    slots,
    basis: measured ? 'measured' : 'manifest',
    warnings: [...warnings],
  };
}

/** Counts the rows, and gives the size of each that runs to the estimate. */
async function describe(
  { rows, shared, isChecked, streamed }: PreparedSubmission,
  estimate: RowsToEstimate,
): Promise<Pick<Quote, 'rows' | 'rejected'>> {
  const sharedSize = inputSize(shared);
  if (!streamed) {
    for (const { input, rejection, reusedFrom } of rows)
      if (rejection === null && reusedFrom === null) estimate.add(sharedSize + inputSize(input));
    return describeRows(rows, isChecked);
  }
  const count = new RowCount();
  for await (const batch of streamed.read()) {
    count.add(batch);
    for (const { input, rejection } of batch) if (rejection === null) estimate.add(sharedSize + inputSize(input));
  }
  return count.describe(0);
}
