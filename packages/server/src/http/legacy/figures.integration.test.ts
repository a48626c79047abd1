/** Figures of the old pages come from what is stored, and those that nothing stores are named. */
import { LOCAL_OWNER } from '@omtx/contract';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestHub, type TestHub } from '../../../test/hub.ts';
import { BATCH, emptyHub, fillBatch, fillIndividual } from '../../../test/legacy/fill.ts';
import { readSearch } from '../../services/search.ts';
import { listEntries } from '../../storage/entries.ts';

const RESULT = { affinity: -1.42, confidence: 0.87 };
let hub: TestHub;

beforeAll(async () => {
  hub = await openTestHub({ offeredModels: ['boltz2'], works: false });
});

afterAll(() => hub.close());

beforeEach(() => emptyHub(hub));

async function get(url: string): Promise<Record<string, unknown>> {
  const answer = await hub.app.inject(url);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<Record<string, unknown>>();
}

/** Gives a row the table that models of interactions store. */
async function touch(index: number, residues: readonly string[]): Promise<void> {
  const tables = { interactions: residues.map((residue) => ({ residue, type: 'Hydrophobic' })) };
  await sql`update row_details set tables = ${JSON.stringify(tables)}::jsonb where batch_id = ${BATCH} and index = ${index}`.execute(
    hub.ctx.db,
  );
}

const analysis = async (): Promise<unknown> => (await get(`/api/v3/batches/${BATCH}/enhanced-results`))['scientific_analysis'];

test('the residues of a batch are counted once per ligand, over the ligands whose interactions are known', async () => {
  await fillBatch(hub, ['completed', 'completed', 'completed'], RESULT);
  await touch(0, ['LYS745.A', 'LYS745.A', 'MET793.A']);
  await touch(1, ['LYS745.A']);
  expect(await analysis()).toMatchObject({
    analysed: true,
    hotspot_residues: [
      { residue: 'LYS745.A', frequency: 2, count: 2, percentage: 100 },
      { residue: 'MET793.A', frequency: 1, count: 1, percentage: 50 },
    ],
    not_analysed: ['binding_modes', 'scaffold_diversity.unique_scaffolds'],
  });
});

test('the paths that other pages read a batch by have the same analysis as its table', async () => {
  await fillBatch(hub, ['completed', 'completed', 'completed'], RESULT);
  await touch(0, ['LYS745.A']);
  const shown = await analysis();
  for (const path of [`/api/v2/results/legacy/batch/${BATCH}`, `/api/v2/results/legacy/batch/${BATCH}/results`, `/api/v1/batches/${BATCH}`])
    expect((await get(path))['scientific_analysis'], path).toEqual(shown);
});

test('a model that tells no interactions has no residues, and the answer says that none were looked for', async () => {
  await fillBatch(hub, ['completed', 'failed', 'pending'], RESULT);
  expect(await analysis()).toMatchObject({
    analysed: false,
    hotspot_residues: [],
    not_analysed: ['hotspot_residues', 'binding_modes', 'scaffold_diversity.unique_scaffolds'],
  });
});

test('the total of a list of whole jobs is the one that is kept, whatever the filter', async () => {
  await fillBatch(hub, ['completed', 'failed', 'completed'], RESULT);
  await fillIndividual(hub, 'pending', RESULT);
  const total = async (filter: Parameters<typeof listEntries>[2]): Promise<number> =>
    (await listEntries(hub.ctx.db, LOCAL_OWNER, filter, 1, 0)).total;
  const whole = { jobTypes: ['individual', 'batch_parent'] as const };
  expect(await total(whole)).toBe(2);
  expect(await total({ ...whole, status: 'completed' })).toBe(1);
  expect(await total({ ...whole, taskType: 'protein_ligand_binding' })).toBe(1);
  expect(await total({ jobTypes: ['individual'], modelId: 'boltz2' })).toBe(1);
  expect(await total({ ...whole, modelId: 'vina' })).toBe(0);
  const search = await readSearch(hub.ctx, { owner: LOCAL_OWNER }, 'EGFR pilot');
  expect(await total({ ...whole, search })).toBe(1);
  expect(await total({ jobTypes: ['batch_child'], status: 'completed' })).toBe(2);
});

test('the paths that were called are those of the old performance page', async () => {
  await get('/api/v2/tasks');
  const { data } = (await get('/api/v3/performance/api-endpoints')) as { data: { endpoints: unknown[] } };
  expect(data.endpoints).toContainEqual(
    expect.objectContaining({ method: 'GET', endpoint: '/api/v2/tasks', calls: 1, calls_last_week: 1, last_called_at: expect.any(String) }),
  );
});

test.each(['/api/v2/results/my-jobs?search=', '/api/v2/results/search?q=', '/api/v2/my-results-optimized?model='])(
  'a zero character in a filter is refused, never a fault: %s',
  async (path) => {
    const answer = await hub.app.inject(`${path}%00`);
    expect([answer.statusCode, answer.json()]).toEqual([400, { detail: expect.stringContaining('U+0000') as string }]);
  },
);

test('a date that the database has no room for is refused, never a fault', async () => {
  const answer = await hub.app.inject('/api/v2/my-results-optimized?date_from=-271821-04-20');
  expect([answer.statusCode, answer.json()]).toEqual([400, { detail: expect.stringContaining('out of range') as string }]);
});

test('a zero character in a submission is refused on the old paths and the new ones, and nothing is stored', async () => {
  const input = { protein_sequence: 'MSEQNKTHLAVDPERG', ligand_smiles: 'CCO' };
  const old = { model_id: 'boltz2', task_type: 'protein_ligand_binding', input_data: input, job_name: 'a\u0000b' };
  expect((await hub.app.inject({ method: 'POST', url: '/api/v2/predict', payload: old })).statusCode).toBe(422);
  const own = {
    name: 'a\u0000b',
    taskType: 'protein_ligand_binding',
    modelId: 'boltz2',
    input: { proteinSequence: 'MSEQNKTHLAVDPERG', ligand: { smiles: 'CCO' } },
  };
  const answer = await hub.app.inject({ method: 'POST', url: '/api/v4/jobs', payload: own });
  expect([answer.statusCode, answer.json()]).toEqual([400, expect.objectContaining({ code: 'invalid_body' })]);
  expect(await get('/api/v2/results/my-jobs')).toMatchObject({ jobs: [] });
});

test('the old cache paths tell what this process keeps, and free it', async () => {
  await hub.app.inject('/api/v4/statistics');
  expect(await get('/api/v2/results/debug/cache')).toMatchObject({
    entries: 1,
    keys: ['statistics'],
    memory_usage_estimate: expect.any(Number) as number,
  });
  for (const url of ['/api/v2/results/debug/cache/clear', '/api/v3/performance/clear-cache']) {
    expect((await hub.app.inject({ method: 'POST', url })).json()).toMatchObject({ message: 'Cache cleared successfully' });
    expect(await get('/api/v2/results/debug/cache')).toEqual({ entries: 0, keys: [], memory_usage_estimate: 0 });
  }
});

test('a drug discovery of the old page is a screening of its library', async () => {
  const library = [
    { name: 'ethanol', smiles: 'CCO' },
    { name: 'ethylamine', smiles: 'CCN' },
  ];
  const input = { protein_sequence: 'MSEQNKTHLAVDPERG', compound_library: library };
  const payload = { model_id: 'boltz2', task_type: 'drug_discovery', input_data: input, job_name: 'dd' };
  const answer = await hub.app.inject({ method: 'POST', url: '/api/v2/predict', payload });
  expect(answer.json()).toMatchObject({ task_type: 'drug_discovery', status: 'processing', total_ligands: 2, rejected: [] });
  const { jobs } = await get('/api/v2/results/my-jobs?job_type=batch_child');
  expect(jobs).toMatchObject([{ name: 'dd - ethylamine' }, { name: 'dd - ethanol' }]);
});
