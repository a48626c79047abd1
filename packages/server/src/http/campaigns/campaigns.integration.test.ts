/** Campaigns over HTTP, on a hub that runs: targets times models, the table, what bad ones get, and a hub that ends in the middle. */
import {
  isCampaignId,
  isJobId,
  LOCAL_OWNER,
  newCampaignId,
  ROUTES,
  type Campaign,
  type CampaignAnswer,
  type CampaignQuote,
  type CampaignTable,
  type SubmitCampaign,
} from '@omtx/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Api } from '../../../test/api.ts';
import { openTestHub, type TestHub } from '../../../test/hub.ts';
import { finishCampaign } from '../../services/campaigns/submit-campaign.ts';
import { findUnfinished, storeCampaign } from '../../storage/campaigns/campaigns.ts';

let hub: TestHub;
let api: Api;

beforeAll(async () => {
  hub = await openTestHub();
  api = new Api(hub);
});

afterAll(async () => {
  await hub.close();
});

/** The model `echo` scores a row by what its input says, so a target decides the scores of its column. */
const LIGANDS = [
  { smiles: 'C', name: 'one' },
  { smiles: 'CC', name: 'two' },
  { smiles: 'CCC', name: 'three' },
  { smiles: 'C1CC', name: 'bad' },
];

function campaign(more: Partial<SubmitCampaign> = {}): SubmitCampaign {
  return {
    name: 'two targets',
    taskType: 'protein_ligand_docking',
    targets: [
      { name: 'first', input: {} },
      { name: 'second', input: {} },
    ],
    models: [{ modelId: 'echo' }],
    input: { ligands: LIGANDS },
    ...more,
  };
}

const submit = (body: object): Promise<CampaignAnswer> => api.post<CampaignAnswer>('/campaigns', body, ROUTES.submitCampaign.answer);
const read = (id: string): Promise<Campaign> => api.call<Campaign>({ url: `/api/v4/campaigns/${id}` }, 200, ROUTES.getCampaign.answer);
const tableOf = (id: string, query = ''): Promise<CampaignTable> =>
  api.call<CampaignTable>({ url: `/api/v4/campaigns/${id}/table${query}` }, 200, ROUTES.getCampaignTable.answer);

async function ended(id: string): Promise<Campaign> {
  await expect.poll(async () => (await read(id)).progress.percentage, { timeout: 30_000, interval: 50 }).toBe(100);
  return read(id);
}

test('each target by each model is an ordinary job, named after both, with the same rows', async () => {
  const models = [{ modelId: 'echo' }, { modelId: 'echo', name: 'echo again' }];
  const { id, arms, replayed } = await submit(campaign({ models }));
  expect(replayed).toBe(false);
  expect(arms.map(({ target, model, job }) => [target, model, job?.name])).toEqual([
    ['first', 'echo', 'two targets: first, echo'],
    ['first', 'echo again', 'two targets: first, echo again'],
    ['second', 'echo', 'two targets: second, echo'],
    ['second', 'echo again', 'two targets: second, echo again'],
  ]);
  const { status, progress } = await ended(id);
  expect(status).toBe('completed');
  expect(progress).toMatchObject({ total: 16, completed: 12, failed: 4, rejected: 4, percentage: 100 });
  const jobs = await api.call<{ jobs: readonly { id: string }[] }>({ url: '/api/v4/jobs?name=two%20targets' }, 200);
  expect(jobs.jobs.map((job) => job.id).sort()).toEqual(arms.map(({ job }) => job?.id).sort());
});

test('the table has a line for each row and a cell for each arm, with ranks, differences, consensus and agreement', async () => {
  const { id } = await submit(campaign());
  await ended(id);
  const table = await tableOf(id, '?sort=index');
  expect(table.reference).toBe('first');
  expect(table.arms.map(({ target, metric }) => [target, metric?.id])).toEqual([
    ['first', 'echo.score'],
    ['second', 'echo.score'],
  ]);
  expect(table.rows.map(({ index, name }) => [index, name])).toEqual(LIGANDS.map(({ name }, index) => [index, name]));
  const [one, , , bad] = table.rows;
  expect(one?.cells[0]).toMatchObject({ outcome: 'completed', difference: null, rankChange: null });
  expect(one?.cells[1]).toMatchObject({ outcome: 'completed', difference: 0, rankChange: 0 });
  expect(one?.selectivity).toBe(0);
  expect(bad).toMatchObject({ consensus: null, consensusRank: null, selectivity: null });
  expect(bad?.cells.map(({ outcome, code, score, rank }) => [outcome, code, score, rank])).toEqual([
    ['rejected', 'rejected_invalid_smiles', null, null],
    ['rejected', 'rejected_invalid_smiles', null, null],
  ]);
  expect(table.agreement).toEqual([{ a: 0, b: 1, rows: 3, spearman: 1 }]);
  const best = await tableOf(id);
  expect(best.rows.map(({ consensusRank }) => consensusRank)).toEqual([1, 2, 3, null]);
  expect((await tableOf(id, '?sort=-consensus')).rows.map(({ consensusRank }) => consensusRank)).toEqual([3, 2, 1, null]);
});

test('pages of the table follow one another without a gap, and the CSV holds every row', async () => {
  const { id } = await submit(campaign());
  await ended(id);
  const first = await tableOf(id, '?sort=arm:1&limit=3');
  const second = await tableOf(id, `?sort=arm:1&limit=3&cursor=${first.nextCursor ?? ''}`);
  expect([first.rows.length, second.rows.length, second.nextCursor]).toEqual([3, 1, null]);
  expect([...first.rows, ...second.rows].map(({ index }) => index).sort()).toEqual([0, 1, 2, 3]);
  const answer = await hub.app.inject({ url: `/api/v4/campaigns/${id}/table.csv?sort=index` });
  expect(answer.headers['content-type']).toContain('text/csv');
  const lines = answer.body.trim().split('\r\n');
  expect(lines[0]).toContain('"first, echo: difference to first"');
  expect(lines.slice(1).map((line) => line.split(',').slice(0, 2))).toEqual(LIGANDS.map(({ name }, index) => [String(index), name]));
});

test('a quote says what each job would take, and stores nothing', async () => {
  const quote = await api.post<CampaignQuote>('/campaigns/quote', campaign({ name: 'quoted' }), ROUTES.quoteCampaign.answer, 200);
  expect(quote.runs).toBe(6);
  expect(quote.arms.map(({ target, quote: { rows } }) => [target, rows.total, rows.rejected])).toEqual([
    ['first', 4, 1],
    ['second', 4, 1],
  ]);
  expect(await api.call({ url: '/api/v4/jobs?name=quoted' }, 200)).toMatchObject({ jobs: [] });
});

test('a bad arm refuses the whole before anything is stored, and the answer names the arm', async () => {
  const before = await api.call<{ total: number }>({ url: '/api/v4/jobs?limit=1' }, 200);
  const models = [{ modelId: 'echo' }, { modelId: 'ecco' }];
  const problem = await api.problem({ method: 'POST', url: '/api/v4/campaigns', payload: campaign({ models }) }, 'unknown_model');
  expect(problem.detail).toContain('Target "first" by ecco (arm 1): There is no model "ecco".');
  expect(await api.call<{ total: number }>({ url: '/api/v4/jobs?limit=1' }, 200)).toMatchObject({ total: before.total });
});

test('two targets of one name, and more jobs than a campaign may have, are refused with the remedy', async () => {
  const twins = {
    targets: [
      { name: 'same', input: {} },
      { name: 'same', input: {} },
    ],
  };
  const twin = await api.problem({ method: 'POST', url: '/api/v4/campaigns', payload: campaign(twins) }, 'invalid_input');
  expect(twin.errors).toEqual([{ pointer: '/targets/1/name', detail: '"same" is there twice: give each target a name of its own' }]);
  const many = {
    targets: Array.from({ length: 60 }, (_, index) => ({ name: `t${String(index)}`, input: {} })),
    models: [{ modelId: 'echo' }, { modelId: 'echo', name: 'b' }],
  };
  const large = await api.problem({ method: 'POST', url: '/api/v4/campaigns', payload: campaign(many) }, 'invalid_input');
  expect(large.detail).toBe('60 targets times 2 models are more than 100 jobs; make several campaigns of it.');
});

test('the same idempotency key gives the same campaign and no further job; with another body it is refused', async () => {
  const body = campaign({ idempotencyKey: 'a campaign once', name: 'once' });
  const first = await submit(body);
  const again = await submit(body);
  expect([again.id, again.replayed]).toEqual([first.id, true]);
  expect(again.arms.map(({ job }) => job?.id)).toEqual(first.arms.map(({ job }) => job?.id));
  await api.problem({ method: 'POST', url: '/api/v4/campaigns', payload: { ...body, seed: 7 } }, 'idempotency_conflict');
});

test('a campaign whose hub ended before its jobs were made gets them later, each once', async () => {
  const { id } = await storeCampaign(hub.ctx.db, LOCAL_OWNER, {
    id: newCampaignId(),
    idempotency: null,
    submission: campaign({ name: 'left' }),
    arms: [
      { target: 'first', model: 'echo', modelId: 'echo' },
      { target: 'second', model: 'echo', modelId: 'echo' },
    ],
  });
  expect((await read(id)).status).toBe('pending');
  expect((await findUnfinished(hub.ctx.db, id))?.open).toEqual([0, 1]);
  await Promise.all([finishCampaign(hub.ctx, id), finishCampaign(hub.ctx, id)]);
  expect(await findUnfinished(hub.ctx.db, id)).toBeUndefined();
  await ended(id);
  expect(await api.call<{ total: number }>({ url: '/api/v4/jobs?name=left' }, 200)).toMatchObject({ total: 2 });
});

test('a cancel ends every open job, and a campaign that has ended cannot be cancelled', async () => {
  const input = {
    ligands: [
      { smiles: 'C', sleep: 60 },
      { smiles: 'CC', sleep: 60 },
    ],
  };
  const { id } = await submit(campaign({ input }));
  const cancelled = await api.post<Campaign>(`/campaigns/${id}/cancel`, undefined, ROUTES.cancelCampaign.answer, 200);
  expect([cancelled.status, cancelled.progress.cancelled]).toEqual(['cancelled', 4]);
  const done = await submit(campaign());
  await ended(done.id);
  await api.problem({ method: 'POST', url: `/api/v4/campaigns/${done.id}/cancel` }, 'job_final');
});

test('a delete takes the jobs with it; after a job alone was deleted its column is empty and the rest stays', async () => {
  const { id, arms } = await submit(campaign());
  await ended(id);
  const [first, second] = arms.map(({ job }) => job?.id ?? '');
  await api.call({ method: 'DELETE', url: `/api/v4/jobs/${first ?? ''}` }, 200);
  expect((await read(id)).arms.map(({ job }) => job?.id ?? null)).toEqual([null, second]);
  const table = await tableOf(id, '?sort=index');
  expect(table.rows[0]?.cells.map(({ score }) => score === null)).toEqual([true, false]);
  expect(await api.call({ method: 'DELETE', url: `/api/v4/campaigns/${id}` }, 200)).toEqual({ deleted: 5 });
  await api.problem({ url: `/api/v4/campaigns/${id}` }, 'campaign_not_found');
  await api.problem({ url: `/api/v4/jobs/${second ?? ''}` }, 'job_not_found');
});

test('unknown orders, references and ids are refused by name', async () => {
  const { id } = await submit(campaign());
  const url = `/api/v4/campaigns/${id}/table`;
  expect((await api.problem({ url: `${url}?sort=best` }, 'invalid_query')).detail).toContain(
    'there are index, consensus, selectivity, and arm:0 to arm:1',
  );
  expect((await api.problem({ url: `${url}?reference=third` }, 'invalid_query')).detail).toContain('it has first, second');
  await api.problem({ url: '/api/v4/campaigns/nothing' }, 'campaign_not_found');
  await ended(id);
});

test('the list shows the newest first, page by page', async () => {
  const page = await api.call<{ campaigns: readonly { id: string }[]; nextCursor: string | null }>(
    { url: '/api/v4/campaigns?limit=2' },
    200,
    ROUTES.listCampaigns.answer,
  );
  const next = await api.call<{ campaigns: readonly { id: string }[] }>(
    { url: `/api/v4/campaigns?limit=2&cursor=${page.nextCursor ?? ''}` },
    200,
  );
  const ids = [...page.campaigns, ...next.campaigns].map(({ id }) => id);
  expect(ids).toEqual(ids.toSorted().toReversed());
  expect(ids.every((id) => isCampaignId(id) && isJobId(id))).toBe(true);
});
