/** Goes on with campaigns whose hub ended before each of their jobs was made. */
import type { HubContext } from '../services/context.ts';
import { finishCampaign } from '../services/campaigns/submit-campaign.ts';
import { listUnfinished } from '../storage/campaigns/campaigns.ts';
import { Periodic } from './periodic.ts';

const EVERY_MS = 15_000;
/** A hub that still makes them needs about this; two at once do no harm. */
const AGE_SECONDS = 30;

export function startCampaignKeeper(ctx: HubContext): Periodic {
  const onFault = { event: 'campaign_failed', text: 'the jobs of a campaign could not be made; it is tried again' };
  return new Periodic({ everyMs: EVERY_MS, log: ctx.log, onFault }, async (signal) => {
    for (const id of await listUnfinished(ctx.db, AGE_SECONDS)) {
      if (signal.aborted) return;
      await finishCampaign(ctx, id);
      ctx.log.warn({ event: 'campaign_finished', campaignId: id }, 'a campaign was left half made; it now has all of its jobs');
    }
  });
}
