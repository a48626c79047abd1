/** Routes of `/api/v4/campaigns`. */
import { Type } from 'typebox';
import { Campaign, CampaignAnswer, CampaignQuote, CampaignSummary, CampaignTable, CampaignTableQuery, SubmitCampaign } from './campaign.ts';
import { Cursor, Limit, type RouteDefinition } from './route-definition.ts';
import { PageOfRows } from './views.ts';
import { Nullable } from './nullable.ts';

const closed = { additionalProperties: false } as const;
const CampaignParams = Type.Object({ id: Type.String({ maxLength: 100, description: 'Id of a campaign.' }) }, closed);

export const CAMPAIGN_ROUTES = {
  submitCampaign: {
    method: 'POST',
    path: '/api/v4/campaigns',
    family: 'campaigns',
    summary:
      'Submit the same rows against several targets by several models. Each pair becomes an ordinary job; all are checked before any is stored.',
    status: 202,
    body: SubmitCampaign,
    answer: CampaignAnswer,
  },
  quoteCampaign: {
    method: 'POST',
    path: '/api/v4/campaigns/quote',
    family: 'campaigns',
    summary:
      'What a campaign would be: runs, refusals, time and compute seconds of each job. Takes the exact body of a submission and stores nothing.',
    status: 200,
    body: SubmitCampaign,
    answer: CampaignQuote,
  },
  listCampaigns: {
    method: 'GET',
    path: '/api/v4/campaigns',
    family: 'campaigns',
    summary: 'Campaigns, the newest first.',
    status: 200,
    query: Type.Object({ limit: Limit, cursor: Cursor }, closed),
    answer: Type.Object({ campaigns: Type.Array(CampaignSummary), nextCursor: Nullable(Type.String()) }, closed),
  },
  getCampaign: {
    method: 'GET',
    path: '/api/v4/campaigns/:id',
    family: 'campaigns',
    summary: 'A campaign with all of its jobs and their progress.',
    status: 200,
    params: CampaignParams,
    answer: Campaign,
  },
  getCampaignTable: {
    method: 'GET',
    path: '/api/v4/campaigns/:id/table',
    family: 'campaigns',
    summary:
      'A line for each row, a column for each target and model: scores, ranks, differences against a reference target, consensus, selectivity, and how far the columns agree. All of one moment, also while it runs.',
    status: 200,
    params: CampaignParams,
    query: Type.Object({ ...CampaignTableQuery, ...PageOfRows }, closed),
    answer: CampaignTable,
  },
  exportCampaign: {
    method: 'GET',
    path: '/api/v4/campaigns/:id/table.csv',
    family: 'campaigns',
    summary: 'The whole table as CSV.',
    status: 200,
    params: CampaignParams,
    query: Type.Object(CampaignTableQuery, closed),
  },
  cancelCampaign: {
    method: 'POST',
    path: '/api/v4/campaigns/:id/cancel',
    family: 'campaigns',
    summary: 'Cancel every job of a campaign that has not ended; rows with an outcome keep it.',
    status: 200,
    params: CampaignParams,
    answer: Campaign,
  },
  deleteCampaign: {
    method: 'DELETE',
    path: '/api/v4/campaigns/:id',
    family: 'campaigns',
    summary: 'Delete a campaign with all of its jobs, rows and results.',
    status: 200,
    params: CampaignParams,
    answer: Type.Object({ deleted: Type.Integer() }, closed),
  },
} as const satisfies Record<string, RouteDefinition>;
