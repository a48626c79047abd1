/** Old paths, with requests of the old contract and answers of the old shape. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestHub, type TestHub } from '../../../test/hub.ts';

let hub: TestHub;

beforeAll(async () => {
  hub = await openTestHub({ offeredModels: ['boltz2'] });
});

afterAll(() => hub.close());

const SEQUENCE = 'MSEQNKTHLAVDPERGWYFCTIKLMNPQ';
const LIGANDS = [
  { name: 'Aspirin', smiles: 'CC(=O)Oc1ccccc1C(=O)O' },
  { name: 'Caffeine', smiles: 'CN1C=NC2=C1C(=O)N(C(=O)N2C)C' },
  { name: 'Broken', smiles: 'C1CC' },
];
const single = {
  model_id: 'boltz2',
  task_type: 'protein_ligand_binding',
  input_data: { protein_sequence: SEQUENCE, protein_name: 'EGFR', ligand_smiles: 'CCO' },
  job_name: 'EGFR pilot',
  use_msa: true,
  use_potentials: false,
};

async function post(url: string, payload: object, status = 200) {
  const answer = await hub.app.inject({ method: 'POST', url, payload });
  expect(answer.statusCode, answer.body).toBe(status);
  return answer.json<Record<string, unknown>>();
}

async function get(url: string, status = 200) {
  const answer = await hub.app.inject(url);
  expect(answer.statusCode, answer.body).toBe(status);
  return answer.json<Record<string, unknown>>();
}

test('one ligand is an individual job, with the five keys of the old answer', async () => {
  expect(await post('/api/v2/predict-smart', single)).toMatchObject({
    task_type: 'protein_ligand_binding',
    status: 'submitted',
    message: 'Individual prediction submitted: EGFR pilot',
    estimated_completion_time: 60,
    ignored_fields: [],
  });
  expect(await post('/api/v2/predict', single)).toMatchObject({ status: 'submitted', message: 'Job submitted successfully' });
});

test("the original documentation's own request becomes a batch", async () => {
  const input = { protein_sequence: SEQUENCE, ligands: LIGANDS.slice(0, 2) };
  const body = { model_id: 'boltz2', task_type: 'protein_ligand_binding', input_data: input, job_name: 'Smart Job' };
  expect(await post('/api/v2/predict-smart', body)).toMatchObject({
    task_type: 'protein_ligand_binding',
    message: 'Batch prediction submitted: 2 ligands',
    job_type: 'batch',
    routed_by: 'multiple_ligands',
    total_ligands: 2,
    estimated_completion_time: 60,
  });
});

test('keys that the hub has no use for are listed and nothing is refused for them', async () => {
  const input = { ...single.input_data, colour: 'red', max_concurrent: 3 };
  expect(await post('/api/v2/predict', { ...single, batch_name: 'b', input_data: input })).toMatchObject({
    ignored_fields: ['batch_name', 'input_data.colour'],
  });
});

test('keys of a ligand that the model has no use for are listed too, and the row runs', async () => {
  const ligands = LIGANDS.slice(0, 2).map((ligand, id) => ({ ...ligand, id, mw: 180.2 }));
  const body = { ...single, job_name: 'With keys', input_data: { protein_sequence: SEQUENCE, ligands } };
  expect(await post('/api/v2/predict-smart', body)).toMatchObject({
    total_ligands: 2,
    rejected: [],
    ignored_fields: ['input_data.ligands.id', 'input_data.ligands.mw'],
  });
  const one = { ...single, input_data: { protein_sequence: SEQUENCE, ligand: { smiles: 'CCO', id: 1 } } };
  expect(await post('/api/v2/predict', one)).toMatchObject({ job_type: 'individual', ignored_fields: ['input_data.ligand.id'] });
});

test.each([
  ['the JSON of a list', JSON.stringify(LIGANDS), ['Aspirin', 'Caffeine', 'Broken']],
  ['a table', 'name,smiles\nAspirin,CC(=O)Oc1ccccc1C(=O)O\nethanol,CCO\n', ['Aspirin', 'ethanol']],
  ['a SMILES on each line', 'CCO ethanol\nCCN ethylamine', ['ethanol', 'ethylamine']],
  ['one SMILES', 'CCO', [undefined]],
])('the text field of the old screening form takes %s', async (_what, text, names) => {
  const body = { ...single, task_type: 'batch_protein_ligand_screening', job_name: 'As text' };
  const answer = await post('/api/v2/predict', { ...body, input_data: { protein_sequence: SEQUENCE, protein_name: 'P', ligands: text } });
  expect(answer).toMatchObject({ status: 'processing', total_ligands: names.length, ignored_fields: [] });
  const { children } = await get(`/api/v2/results/batch/${String(answer['job_id'])}/children`);
  const shown = (children as { input_data: { ligand_name?: string } }[]).map(({ input_data }) => input_data.ligand_name);
  expect(names.map((name, index) => name ?? shown[index])).toEqual(shown);
});

test('a switch is read as the old server read it, and one that is none is refused in its form', async () => {
  for (const use_msa of ['yes', 1, 'false', null])
    expect(await post('/api/v2/predict', { ...single, use_msa })).toMatchObject({ status: 'submitted' });
  expect(await post('/api/v2/predict', { ...single, use_msa: 'perhaps', use_potentials: [] }, 422)).toEqual({
    detail: [
      {
        type: 'bool_parsing',
        loc: ['body', 'use_msa'],
        msg: 'Input should be a valid boolean, unable to interpret input',
        input: 'perhaps',
      },
      { type: 'bool_type', loc: ['body', 'use_potentials'], msg: 'Input should be a valid boolean', input: [] },
    ],
  });
});

test('a body that does not fit is answered in the old forms', async () => {
  const blank = await post('/api/v2/predict-smart', { ...single, job_name: '  ' }, 422);
  expect(blank).toEqual({
    detail: [
      {
        type: 'value_error',
        loc: ['body', 'job_name'],
        msg: 'Value error, Job name is required and cannot be empty',
        input: '  ',
        ctx: { error: {} },
      },
    ],
  });
  const { model_id: _, ...without } = single;
  expect(await post('/api/v2/predict-smart', without, 422)).toMatchObject({
    detail: [{ type: 'missing', loc: ['body', 'model_id'], msg: 'Field required' }],
  });
  const empty = await post('/api/v2/predict-smart', { ...single, input_data: {} }, 400);
  expect(empty['detail']).toMatch(/^Input validation failed: Protein Sequence: Protein sequence is required/);
  const noLigand = await post('/api/v2/predict-smart', { ...single, input_data: { protein_sequence: SEQUENCE } }, 400);
  expect(noLigand['detail']).toBe('Input validation failed: Ligand SMILES: Ligand SMILES is required');
  expect(await post('/api/v2/predict', { ...single, task_type: 'nanobody_design' }, 400)).toMatchObject({
    detail: expect.stringContaining('Input validation failed'),
  });
});

test('a batch is shown with its children, counts and results, and a filter is checked', async () => {
  const body = { model_id: 'echo', task_type: 'protein_ligand_docking', input_data: { ligands: LIGANDS }, job_name: 'Screen' };
  const { job_id: id } = await post('/api/v2/predict-smart', body);
  const results = () => get(`/api/v2/results/batch/${String(id)}/results`);
  await expect
    .poll(async () => (await results())['statistics'], { timeout: 20_000, interval: 100 })
    .toMatchObject({ total: 3, completed: 2, failed: 1 });
  const shown = await results();
  expect(shown).toMatchObject({
    parent: { id, job_type: 'batch_parent', status: 'completed', is_batch: true, can_view: true, input_data: { ligands: LIGANDS } },
    children: [
      {
        id: `${String(id)}-0000`,
        name: 'Screen - Aspirin',
        status: 'completed',
        batch_index: 0,
        input_data: { ligand_name: 'Aspirin' },
        output_data: { 'echo.score': -21 },
      },
      { status: 'completed' },
      { status: 'failed', error_message: expect.any(String), has_results: false },
    ],
    statistics: { progress_percentage: 100 },
    summary: { total_jobs: 3, completed: 2, failed: 1, batch_complete: true },
  });
  expect(JSON.stringify(shown)).not.toMatch(/"(output_data|error_message)":null/);
  expect(await get(`/api/v2/results/batch/${String(id)}/results?status_filter=done`, 400)).toEqual({
    detail: 'Invalid status filter: done',
  });
  expect(await get(`/api/v2/results/batch/${String(id)}/children?per_page=2`)).toMatchObject({
    children: [{ batch_index: 0 }, { batch_index: 1 }],
    pagination: { page: 1, per_page: 2, total: 3, total_pages: 2, has_more: true },
  });
  expect(await get('/api/v2/results/batch/nothing/results', 404)).toEqual({ detail: 'Batch job not found' });
  expect(await get('/api/v2/results/batch/nothing/children')).toMatchObject({ children: [], pagination: { total: 0 } });
  expect(await get(`/api/v2/results/job/${String(id)}`)).toMatchObject({
    job: { id },
    results: null,
    batch_children: [{}, {}, {}],
    batch_statistics: { total: 3 },
  });
});

test('the list of jobs has float seconds, true totals, and statistics that no filter changes', async () => {
  const all = await get('/api/v2/results/my-jobs/?per_page=1');
  expect(all).toMatchObject({
    jobs: [{ id: expect.any(String), can_view: expect.any(Boolean) }],
    pagination: { per_page: 1, has_more: true },
  });
  const [job] = all['jobs'] as { created_at: number }[];
  expect(job?.created_at).toBeGreaterThan(1.7e9);
  expect(job?.created_at).toBeLessThan(1e10);
  const filtered = await get('/api/v2/results/my-jobs?search=EGFR&status=pending&limit=5');
  expect(filtered['statistics']).toEqual(all['statistics']);
  expect((filtered['jobs'] as { name: string }[]).every((each) => each.name === 'EGFR pilot')).toBe(true);
  expect(await get('/api/v2/results/my-jobs?status=done', 400)).toEqual({ detail: 'Invalid status: done' });
  expect(await get('/api/v2/results/my-jobs?per_page=101', 422)).toMatchObject({
    detail: [{ type: 'less_than_equal', loc: ['query', 'per_page'], input: '101', ctx: { le: 100 } }],
  });
  expect(await get('/api/v2/results/job/nothing', 404)).toEqual({ detail: 'Job not found' });
});

test('models and tasks are listed in the old shape, and the pages of the old origins may call', async () => {
  const { models } = await get('/api/v2/models');
  expect(models).toContainEqual(expect.objectContaining({ id: 'boltz2', is_active: true }));
  expect(await get('/api/v2/tasks')).toMatchObject({
    supported_tasks: expect.arrayContaining([{ task_type: 'protein_ligand_binding', description: 'protein ligand binding' }]),
  });
  const answer = await hub.app.inject({ url: '/api/v2/tasks', headers: { origin: 'http://localhost:5173' } });
  expect(answer.headers['access-control-allow-origin']).toBe('http://localhost:5173');
});
