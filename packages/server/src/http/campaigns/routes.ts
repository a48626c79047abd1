/** Campaigns: the same rows against several targets by several models. */
import { ROUTES } from '@omtx/contract';
import type { FastifyInstance } from 'fastify';
import { campaignCsv, readCampaignTable } from '../../services/campaigns/campaign-table.ts';
import { cancelCampaign, deleteCampaign, readCampaign, readCampaigns } from '../../services/campaigns/read-campaign.ts';
import { quoteCampaign, submitCampaign } from '../../services/campaigns/submit-campaign.ts';
import type { HttpContext } from '../context.ts';
import { route } from '../route.ts';

export function registerCampaigns(app: FastifyInstance, ctx: HttpContext): void {
  const { hub, principal } = ctx;
  route(app, ROUTES.submitCampaign, ({ body }) => submitCampaign(hub, principal, body));
  route(app, ROUTES.quoteCampaign, ({ body }) => quoteCampaign(hub, principal, body));
  route(app, ROUTES.listCampaigns, ({ query }) => readCampaigns(hub, principal, query));
  route(app, ROUTES.getCampaign, ({ params }) => readCampaign(hub, principal, params.id));
  route(app, ROUTES.getCampaignTable, ({ params, query }) => readCampaignTable(hub, principal, params.id, query));
  route(app, ROUTES.exportCampaign, async ({ params, query }, reply) => {
    reply.type('text/csv; charset=utf-8').header('content-disposition', `attachment; filename="campaign-${params.id}.csv"`);
    return reply.send(await campaignCsv(hub, principal, params.id, query));
  });
  route(app, ROUTES.cancelCampaign, ({ params }) => cancelCampaign(hub, principal, params.id));
  route(app, ROUTES.deleteCampaign, async ({ params }) => ({ deleted: await deleteCampaign(hub, principal, params.id) }));
}
