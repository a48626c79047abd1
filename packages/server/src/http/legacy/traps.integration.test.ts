/** What broke the pages of the first OMTX-Hub, and the faults of its server: a test for each. */
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { LOCAL_OWNER } from '@omtx/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTestHub, type TestHub } from '../../../test/hub.ts';
import { BATCH, emptyHub, fill, fillBatch, fillIndividual, INDIVIDUAL } from '../../../test/legacy/fill.ts';
import { markCancelled } from '../../storage/cancel.ts';
import { indexNext } from '../../services/index-ligands.ts';

const MODELS = join(import.meta.dirname, '..', '..', '..', 'test', 'legacy', 'models');
const SECRET = 'a secret of the trap test';
const RESULT = { affinity: -1.42, affinity_probability: 0.81, confidence: 0.87, confidence_metrics: { complex_plddt: 0.89, ptm: 0.91 } };

let hub: TestHub;

beforeAll(async () => {
  hub = await openTestHub({
    offeredModels: ['boltz2', 'rfantibody', 'chai1'],
    works: false,
    modelsDirs: [MODELS],
    legacy: { off: [], webhookSecret: SECRET },
  });
});

afterAll(() => hub.close());

beforeEach(() => emptyHub(hub));

type Json = Record<string, unknown>;

async function call(method: 'GET' | 'POST' | 'DELETE', url: string, status = 200, payload?: object): Promise<Json> {
  const answer = await hub.app.inject({ method, url, ...(payload ? { payload } : {}) });
  expect(answer.statusCode, answer.body).toBe(status);
  return answer.json<Json>();
}
const get = (url: string, status = 200): Promise<Json> => call('GET', url, status);

describe('the three traps', () => {
  test.each([
    ['pending', 'pending'],
    ['running', 'running'],
    ['completed', 'completed'],
    ['failed', 'failed'],
  ] as const)('the poller of single jobs reads %s as %s, with a result only when it is completed', async (fate, status) => {
    await fillIndividual(hub, fate, RESULT);
    const job = await get(`/api/v2/jobs/${INDIVIDUAL}`);
    expect(job).toMatchObject({ job_id: INDIVIDUAL, status });
    expect(Object.keys(job['result_data'] as object).length > 0).toBe(status === 'completed');
    expect(job['results']).toEqual(job['result_data']);
    if (status === 'completed') expect(job['result_data']).toMatchObject({ affinity: -1.42, plddt_score: 0.89, error: null });
  });

  test('a cancelled job is failed for the poller of single jobs, with the reason', async () => {
    const id = await fillIndividual(hub, 'pending', RESULT);
    await markCancelled(hub.ctx.db, LOCAL_OWNER, id);
    expect(await get(`/api/v2/jobs/${INDIVIDUAL}`)).toMatchObject({ status: 'failed', error_message: 'The job was cancelled' });
  });

  test('a batch with one failed child is completed, and one with none completed is failed: never a word at which the poller goes on', async () => {
    await fillBatch(hub, ['completed', 'failed', 'completed'], RESULT);
    expect(await get(`/api/v3/batches/${BATCH}/status`)).toMatchObject({ status: 'completed', progress: { completed: 2, failed: 1 } });
    await emptyHub(hub);
    await fillBatch(hub, ['failed', 'failed', 'failed'], RESULT);
    expect(await get(`/api/v3/batches/${BATCH}/status`)).toMatchObject({
      status: 'failed',
      insights: { batch_health: '0/3 jobs completed, 3 failed' },
    });
  });

  test('a nanobody design needs no target name, which the page never sends', async () => {
    const body = { pdb_content: 'ATOM '.repeat(20), hotspot_residues: ['B:100'], num_designs: 10, run_relax: false, job_name: 'design' };
    const { job_id: id, status } = await call('POST', '/api/v2/models/rfantibody/predict', 200, body);
    expect(status).toBe('running');
    expect(await get(`/api/v2/models/rfantibody/status/${String(id)}`)).toMatchObject({ job_id: id, status: 'pending' });
    expect(await get(`/api/v2/results/job/${String(id)}`)).toMatchObject({
      job: { name: 'design', input_data: { target_name: 'design', target_chain: 'B' } },
    });
  });
});

describe('limits, slashes, sizes and origins', () => {
  test('two lists take the page limit for more than they allow; elsewhere more is refused', async () => {
    await fillIndividual(hub, 'completed', RESULT);
    expect(await get('/api/v2/my-results?limit=200')).toMatchObject({ total: 1 });
    expect(await get('/api/v2/results/ultra-fast?limit=200')).toMatchObject({ total: 1, limit: 100 });
    await get('/api/v2/results/my-jobs?per_page=101', 422);
    await get('/api/v2/results/search?q=a&limit=51', 422);
    await get('/api/individual-jobs?limit=501', 422);
  });

  test('a path answers with its slash and without', async () => {
    for (const path of ['/api/v3/batches', '/api/v2/results/my-jobs', '/jobs', '/api/v2/tasks']) {
      const [plain, slashed] = [await get(path), await get(`${path}/`)];
      expect(Object.keys(slashed)).toEqual(Object.keys(plain));
    }
  });

  test('answers of more than 1,000 bytes are zipped for who takes it', async () => {
    await fillBatch(hub, ['completed', 'completed', 'completed'], RESULT);
    const url = `/api/v3/batches/${BATCH}/enhanced-results?page=1&page_size=500`;
    const answer = await hub.app.inject({ url, headers: { 'accept-encoding': 'gzip' } });
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(answer.rawPayload).toString())).toMatchObject({ batch_status: 'completed' });
    const small = await hub.app.inject({ url: '/api/v2/results/debug/cache', headers: { 'accept-encoding': 'gzip' } });
    expect(small.headers['content-encoding']).toBeUndefined();
  });

  test.each(['3000', '5173', '8080', '8081'])('a page of localhost:%s may call with credentials, and any other may not', async (port) => {
    const origin = `http://localhost:${port}`;
    const headers = { origin, 'access-control-request-method': 'DELETE' };
    const answer = await hub.app.inject({ method: 'OPTIONS', url: `/api/v2/jobs/${INDIVIDUAL}`, headers });
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' });
    const other = await hub.app.inject({ url: '/api/v2/jobs', headers: { origin: 'http://elsewhere.example' } });
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('an unknown path and a wrong method are told in the old form, and in the new one under /api/v4', async () => {
    expect(await get('/api/v2/nothing', 404)).toEqual({ detail: 'Not Found' });
    expect(await get(`/api/v3/batches/${BATCH}`, 405)).toEqual({ detail: 'Method Not Allowed' });
    expect(await call('POST', '/api/v2/tasks', 405, {})).toEqual({ detail: 'Method Not Allowed' });
    expect(await get('/api/v4/nothing', 404)).toMatchObject({ code: 'not_found' });
  });

  test('a body that is no JSON is 422 in the old form', async () => {
    const answer = await hub.app.inject({
      method: 'POST',
      url: '/api/v2/predict',
      payload: '{',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ detail: [{ type: 'json_invalid', loc: ['body', 0] }] });
  });
});

describe('faults of the old server', () => {
  test('a bad filter is 400 with its name, not 500', async () => {
    expect(await get('/api/v2/results/my-jobs?job_type=x', 400)).toEqual({ detail: 'Invalid job type: x' });
    expect(await get('/api/v2/results/search?q=a&job_type=x', 400)).toEqual({ detail: 'Invalid job type: x' });
    expect(await get('/api/v2/models?provider=x', 400)).toEqual({ detail: 'Invalid provider: x' });
    expect(await get('/api/v2/models/tasks/x', 400)).toEqual({ detail: 'Invalid task type: x' });
  });

  test('who has no jobs gets none, and no mock ones', async () => {
    expect(await get('/api/v2/results/ultra-fast')).toMatchObject({ results: [], total: 0, source: 'database' });
    expect(await get('/api/individual-jobs')).toMatchObject({ results: [], total: 0 });
    expect(await get('/api/v3/ultra-fast/unified-jobs?lightweight=true&limit=200')).toMatchObject({ jobs: [], total: 0 });
  });

  test('delete deletes, once', async () => {
    await fillIndividual(hub, 'completed', RESULT);
    expect(await call('DELETE', `/api/v2/my-results/gcp_${INDIVIDUAL}?user_id=current_user`)).toEqual({
      message: 'Saved result deleted successfully',
    });
    await get(`/api/v2/jobs/${INDIVIDUAL}`, 404);
    await call('DELETE', `/api/v2/my-results/${INDIVIDUAL}`, 404);
    await fillBatch(hub, ['completed', 'running', 'pending'], RESULT);
    expect(await call('DELETE', `/api/v2/my-batches/${BATCH}?user_id=current_user`)).toMatchObject({ success: true, deleted_jobs: 4 });
    expect(await call('DELETE', `/api/v2/jobs/${BATCH}`, 404)).toEqual({ detail: 'Job not found' });
  });

  test('a child is not deleted alone, and the answer says with what', async () => {
    await fillBatch(hub, ['completed', 'completed', 'completed'], RESULT);
    const refused = await call('DELETE', `/api/v2/my-results/${BATCH}-0001`, 400);
    expect(refused['detail']).toContain('deleted with its batch');
  });

  test('an export is never empty: every child is in it, completed or not', async () => {
    await fillBatch(hub, ['completed', 'failed', 'running'], RESULT);
    const csv = await hub.app.inject(`/api/v3/batches/${BATCH}/export/csv`);
    expect(csv.body.trim().split('\r\n')).toHaveLength(4);
    const table = await hub.app.inject(`/api/v3/batches/${BATCH}/enhanced-results?format=csv`);
    expect(table.headers['content-disposition']).toBe(`attachment; filename=batch_${BATCH}_enhanced_results.csv`);
    const [header, first] = table.body.split('\r\n');
    expect(header).toMatch(/^job_id,ligand_name,protein_name,affinity,confidence,.*,protein_iptm/);
    expect(first).toMatch(new RegExp(`^${BATCH}-0000,Aspirin,EGFR,-1.42,0.87,`));
  });

  test('a stuck job is never called completed', async () => {
    await fillIndividual(hub, 'running', RESULT);
    expect(await call('POST', '/api/v2/complete-stuck-jobs', 200, {})).toMatchObject({ status: 'success', total_running: 1, completed: 0 });
    expect(await get(`/api/v2/jobs/${INDIVIDUAL}`)).toMatchObject({ status: 'running' });
  });

  test('rows of the preload always say their type, batches among them', async () => {
    await fillIndividual(hub, 'failed', RESULT);
    await fillBatch(hub, ['completed', 'failed', 'running'], RESULT);
    const { jobs } = (await get('/api/v3/ultra-fast/unified-jobs?user_id=current_user&lightweight=true&limit=200')) as { jobs: Json[] };
    expect(jobs.map((job) => job['type'])).toEqual(['batch_parent', 'individual', 'batch_child', 'batch_child', 'batch_child']);
    expect(jobs[0]).toMatchObject({ total_jobs: 3, batch_info: { child_count: 3, completed_count: 1 }, inputs: { protein_name: 'EGFR' } });
  });

  test('a running batch does not look finished: its status and its failures are told', async () => {
    await fillBatch(hub, ['completed', 'failed', 'running'], RESULT);
    const table = await get(`/api/v3/batches/${BATCH}/enhanced-results?page=1&page_size=500&include_raw_modal=true`);
    expect(table).toMatchObject({ batch_status: 'running', failed_predictions: 1, successful_predictions: 1, total_ligands_screened: 3 });
    const rows = table['individual_results'] as Json[];
    expect(rows.map((row) => row['status'])).toEqual(['completed', 'failed', 'running']);
    expect(rows[1]?.['raw_modal_result']).toEqual({});
  });

  test('lists of the later API say the job type that its pages filter by', async () => {
    await fillIndividual(hub, 'completed', RESULT);
    await fillBatch(hub, ['completed', 'failed', 'running'], RESULT);
    const { jobs } = (await get('/api/v1/jobs?user_id=current_user&limit=500')) as { jobs: Json[] };
    expect(jobs.map((job) => job['job_type']).sort()).toEqual(['BATCH_PARENT', 'INDIVIDUAL']);
    expect(await get(`/api/v1/batches/${BATCH}?page=1&page_size=500&include_raw_modal=true`)).toMatchObject({
      batch_id: BATCH,
      total_jobs: 3,
      individual_results: [{ affinity: -1.42 }, {}, {}],
    });
    expect(await get(`/api/v1/jobs/batch/${BATCH}/children`)).toMatchObject({ total: 3, children: [{ job_type: 'BATCH_CHILD' }, {}, {}] });
    const file = await hub.app.inject(`/api/v1/jobs/${INDIVIDUAL}/files/cif`);
    expect(file.headers['content-disposition']).toBe(`attachment; filename="${INDIVIDUAL}.cif"`);
    expect(await call('DELETE', `/api/v1/jobs/${INDIVIDUAL}`)).toEqual({ message: 'Job deleted successfully' });
  });
});

test('pause, resume, cancel and retry of a batch do what they say, and any other word is refused', async () => {
  await fillBatch(hub, ['failed', 'failed', 'pending'], RESULT);
  const control = (action: string, status = 200): Promise<Json> => call('POST', `/api/v3/batches/${BATCH}/control/${action}`, status);
  const paused = async (): Promise<unknown> => (await get(`/api/v4/jobs/${BATCH}`))['pausedAt'];
  expect(await control('pause')).toMatchObject({ success: true, action: 'pause', message: 'paused' });
  expect(await paused()).not.toBeNull();
  await control('resume');
  expect(await paused()).toBeNull();
  expect(await control('retry_failed')).toMatchObject({ message: '2 failed jobs are retried' });
  expect(await get(`/api/v3/batches/${BATCH}/status`)).toMatchObject({ progress: { failed: 0, pending: 3 } });
  await control('cancel');
  expect(await get(`/api/v3/batches/${BATCH}/status`)).toMatchObject({ status: 'cancelled' });
  expect(await control('explode', 422)).toMatchObject({ detail: [{ type: 'enum', loc: ['path', 'action'] }] });
});

describe('search and pages', () => {
  test('a search finds names, texts of the input and ligands, in any case, and the page is a page of the true total', async () => {
    await fillIndividual(hub, 'completed', RESULT);
    await fillBatch(hub, ['completed', 'failed', 'running'], RESULT);
    while (await indexNext(hub.ctx, '00000000-0000-4000-8000-000000000001'));
    const found = async (q: string): Promise<unknown[]> =>
      ((await get(`/api/v2/results/search?q=${encodeURIComponent(q)}`))['results'] as Json[]).map((job) => job['name']);
    expect(await found('caffEINE')).toEqual(['Kinase screen - Caffeine']);
    expect(await found('egfr pilot')).toEqual(['EGFR pilot']);
    expect(await found('100%_')).toEqual([]);
    expect(await found('')).toHaveLength(5);
    const seen: unknown[] = [];
    for (const page of [1, 2, 3]) {
      const answer = await get(`/api/v2/results/my-jobs?page=${String(page)}&per_page=2`);
      expect(answer).toMatchObject({ pagination: { page, total: 5, total_pages: 3, has_more: page < 3 } });
      seen.push(...(answer['jobs'] as Json[]).map((job) => job['id']));
    }
    expect(seen).toEqual([`${BATCH}-0002`, `${BATCH}-0001`, `${BATCH}-0000`, BATCH, INDIVIDUAL]);
    expect(await get('/api/v2/results/my-jobs?page=9&per_page=2')).toMatchObject({ jobs: [], pagination: { total: 5 } });
    const only = await get('/api/v2/results/my-jobs?job_type=batch_child&status=failed');
    expect(only).toMatchObject({ jobs: [{ id: `${BATCH}-0001` }], pagination: { total: 1 }, statistics: { total_jobs: 5 } });
  });

  test('lists take every word that there was for a status, and name one that there never was', async () => {
    await fillIndividual(hub, 'completed', RESULT);
    await fillBatch(hub, ['failed', 'failed', 'failed'], RESULT);
    expect(await get('/api/v2/my-results-optimized?status=Complete')).toMatchObject({ total: 1 });
    expect(await get('/api/v1/jobs?status=queued')).toMatchObject({ total: 0 });
    expect(await get('/api/v3/batches/?status=error')).toMatchObject({ pagination: { total: 1 } });
    expect(await get('/api/v2/optimized/jobs?status_filter=all')).toMatchObject({ total: 2 });
    expect(await get('/api/v1/jobs?status=done', 400)).toEqual({ detail: 'Invalid status: done' });
  });

  test('the type of the optimized list is a kind of job, a word that it shows, or a task, and any other word finds nothing', async () => {
    await fillIndividual(hub, 'completed', RESULT);
    await fillBatch(hub, ['failed', 'failed', 'failed'], RESULT);
    const { jobs } = await get('/api/v2/optimized/jobs');
    const shown = (jobs as Json[]).map((job) => String(job['type']));
    for (const [word, total] of [
      ['all', 2],
      ['individual', 1],
      ['batch', 1],
      ['batch_child', 3],
      ['nothing', 0],
      ...shown.map((each) => [each, 1]),
    ] as const)
      expect(await get(`/api/v2/optimized/jobs?type_filter=${encodeURIComponent(String(word))}`), String(word)).toMatchObject({ total });
  });

  test('an address that cannot be decoded is not found, in the old form', async () => {
    expect(await get('/jobs/%ff', 404)).toEqual({ detail: 'Not Found' });
  });

  test('the list of v3 begins at any offset', async () => {
    for (const id of ['1', '2', '3']) await fillBatch(hub, ['pending', 'pending', 'pending'], RESULT, BATCH.replace(/^9/, id));
    const ids = async (query: string): Promise<unknown[]> =>
      ((await get(`/api/v3/batches/?${query}`))['batches'] as Json[]).map((batch) => String(batch['id']).slice(0, 1));
    expect(await ids('limit=2&offset=1')).toEqual(['2', '1']);
    expect(await get('/api/v3/batches/?limit=1&offset=1')).toMatchObject({ pagination: { total: 3, has_more: true, next_offset: 2 } });
  });
});

describe('paths that only pages had', () => {
  test('the gallery and the job view find jobs at the root', async () => {
    await fillIndividual(hub, 'completed', RESULT);
    expect(await get('/jobs?page=1&per_page=10')).toMatchObject({
      jobs: [{ id: INDIVIDUAL, status: 'completed', model_name: 'boltz2', input_data: { task_type: 'protein_ligand_binding' } }],
    });
    expect(await get(`/jobs/${INDIVIDUAL}`)).toMatchObject({
      id: INDIVIDUAL,
      type: 'protein_ligand_binding',
      output_data: { affinity: -1.42 },
      input_data: { protein_sequences: [expect.any(String)], ligands: ['CC(=O)Oc1ccccc1C(=O)O'], use_msa: true, use_potentials: false },
    });
    const structure = await hub.app.inject(`/jobs/${INDIVIDUAL}/download-structure?format=cif`);
    expect(structure.headers).toMatchObject({
      'content-type': 'chemical/x-cif',
      'content-disposition': `attachment; filename=${INDIVIDUAL}.cif`,
    });
    expect(await get(`/jobs/${INDIVIDUAL}/quality-report`)).toMatchObject({ confidence_metrics: { ptm: 0.91 } });
    const pdb = await hub.app.inject(`/api/v2/jobs/${INDIVIDUAL}/download/PDB`);
    expect(pdb.body).toMatch(/^ATOM {6}1 {2}N {3}MET A {3}1 {6}11\.104 {3}6\.134 {2}-6\.504/);
  });

  test('all ways of a batch to its archive lead to one', async () => {
    await fillBatch(hub, ['completed', 'failed', 'running'], RESULT);
    for (const path of [
      `/api/v2/batches/${BATCH}/download-all`,
      `/api/batches/${BATCH}/download-all`,
      `/api/v2/batches/${BATCH}/download/zip`,
      `/api/v3/batches/${BATCH}/export/zip`,
      `/api/v2/batch/${BATCH}/download`,
    ]) {
      const answer = await hub.app.inject(path);
      expect(answer.headers['content-type']).toBe('application/zip');
      expect(answer.rawPayload.subarray(0, 2).toString()).toBe('PK');
      expect(answer.rawPayload.toString('latin1')).toContain(`batch_summary_${BATCH}.csv`);
      expect(answer.rawPayload.toString('latin1')).toContain('Aspirin_9a7c2d54-0000.cif');
    }
    const structure = await hub.app.inject(`/api/v2/batches/${BATCH}/jobs/${BATCH}-0000/structure.cif`);
    expect(structure.body).toContain('_atom_site.Cartn_x');
  });

  test('a job that is not there is told as each path told it', async () => {
    expect(await get('/api/v2/jobs/nothing/batch-status')).toMatchObject({ batch_id: 'nothing', status: 'error', individual_jobs: [] });
    expect(await get('/api/v2/jobs/nothing/logs')).toMatchObject({ logs: [], log_count: 0 });
    expect(await get('/api/v2/optimized/batch/nothing/summary', 404)).toEqual({ detail: 'Batch not found' });
    expect(await get('/api/v2/my-results/nothing/download-info')).toEqual({ error: 'No result nothing' });
  });
});

describe('what an operator sees and sets', () => {
  test('every answer says that it is deprecated and what takes its place, and the calls are counted by path', async () => {
    await get('/api/v4/legacy-usage'); // Writes down what earlier tests called.
    await emptyHub(hub);
    const answer = await hub.app.inject({
      url: `/api/v2/jobs/${INDIVIDUAL}`,
      headers: { 'user-agent': 'old page', origin: 'http://localhost:5173' },
    });
    expect(answer.headers).toMatchObject({
      deprecation: expect.stringMatching(/^@\d{10}$/),
      link: expect.stringContaining(`</api/v4/jobs/${INDIVIDUAL}>; rel="successor-version"`),
    });
    for (const [path, successor] of [
      [`/api/v2/jobs/${BATCH}-0001`, `/api/v4/jobs/${BATCH}/rows/1`],
      [`/api/v2/jobs/${INDIVIDUAL}/download/cif`, `/api/v4/jobs/${INDIVIDUAL}`],
      [`/api/v2/my-results/gcp_${INDIVIDUAL}/download-info`, `/api/v4/jobs/${INDIVIDUAL}/export`],
      ['/api/v2/models/boltz2', '/api/v4/models/boltz2'],
      ['/api/v2/tasks/protein_structure/schema', '/api/v4/tasks'],
      ['/api/v2/logs', '/api/v4/jobs'],
    ] as const)
      expect((await hub.app.inject(path)).headers['link'], path).toContain(`<${successor}>; rel="successor-version"`);
    const retry = await hub.app.inject({ method: 'POST', url: `/api/v3/batches/${BATCH}/control/retry_failed` });
    expect(retry.headers['link']).toContain(`</api/v4/jobs/${BATCH}/retry>`);
    await get('/api/v4/legacy-usage');
    await emptyHub(hub);
    await hub.app.inject({ url: `/api/v2/jobs/${INDIVIDUAL}`, headers: { 'user-agent': 'old page', origin: 'http://localhost:5173' } });
    await get('/api/v2/results/my-jobs');
    await get('/api/v2/results/my-jobs');
    const usage = (await get('/api/v4/legacy-usage')) as { groups: Json[]; routes: Json[] };
    expect(usage.routes).toContainEqual(
      expect.objectContaining({
        path: '/api/v2/jobs/:id',
        method: 'GET',
        calls: 1,
        callsOfLastMonth: 1,
        lastClient: 'http://localhost:5173 old page',
      }),
    );
    expect(usage.groups).toContainEqual({ group: 'results', isOn: true, calls: 2, callsOfLastMonth: 2 });
    expect(usage.routes.filter((route) => route['calls'] === 0).length).toBeGreaterThan(100);
  });

  test('a group that is turned off answers 410 with what to call, is still counted, and the others go on', async () => {
    const other = await openTestHub({ works: false, legacy: { off: ['v1'], webhookSecret: undefined } });
    try {
      const off = await other.app.inject('/api/v1/jobs');
      expect(off.statusCode).toBe(410);
      expect(off.json()).toEqual({ detail: expect.stringContaining('/api/v4/jobs') });
      expect((await other.app.inject('/api/v2/jobs')).statusCode).toBe(200);
      const usage = (await other.app.inject('/api/v4/legacy-usage')).json<{ groups: Json[] }>();
      expect(usage.groups).toContainEqual({ group: 'v1', isOn: false, calls: 1, callsOfLastMonth: 1 });
    } finally {
      await other.close();
    }
  });
});

describe('webhooks of a remote backend', () => {
  const sign = (payload: string, secret = SECRET, seconds = Math.floor(Date.now() / 1_000)): Record<string, string> => ({
    'content-type': 'application/json',
    'x-modal-signature': `sha256=${createHmac('sha256', secret).update(payload).digest('hex')}`,
    'x-modal-timestamp': String(seconds),
  });
  const send = (body: object | string, headers?: Record<string, string>) => {
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    return hub.app.inject({ method: 'POST', url: '/api/v3/webhooks/modal/completion', payload, headers: headers ?? sign(payload) });
  };
  const success = (callId: string, affinity: number) => ({
    call_id: callId,
    status: 'success',
    result: { ...RESULT, affinity, structure_file_content: 'data_x\n' },
    error: {},
    metadata: { job_id: INDIVIDUAL },
  });

  test('a signed result completes its job, under the names of the hub, and the old paths show it', async () => {
    await fillIndividual(hub, 'pending', RESULT);
    expect((await send(success('fc-1', -2))).json()).toEqual({ status: 'accepted', call_id: 'fc-1' });
    expect(await get(`/api/v2/jobs/${INDIVIDUAL}`)).toMatchObject({
      status: 'completed',
      result_data: { affinity: -2, plddt_score: 0.89, structure_file_content: 'data_x\n' },
    });
    const { row } = (await get(`/api/v4/jobs/${INDIVIDUAL}`)) as { row: { metrics: Json; artifacts: Json[] } };
    expect(row.metrics).toMatchObject({ affinity: -2, complex_plddt: 89 });
    expect(row.artifacts).toMatchObject([{ name: 'best_model.cif', role: 'structure' }]);
  });

  test('the same call told again changes nothing, even after a retry has opened the row', async () => {
    await fillIndividual(hub, 'pending', RESULT);
    await send({ ...success('fc-2', -2), status: 'error', error: { message: 'out of luck' } });
    expect(await get(`/api/v2/jobs/${INDIVIDUAL}`)).toMatchObject({ status: 'failed', error_message: 'out of luck' });
    expect((await send(success('fc-2', -9))).statusCode).toBe(200);
    expect((await send(success('fc-3', -9))).statusCode).toBe(200);
    expect(await get(`/api/v2/jobs/${INDIVIDUAL}`)).toMatchObject({ status: 'failed' });
    expect(await call('POST', `/api/v1/jobs/${INDIVIDUAL}/retry`)).toMatchObject({ retried: 1, status: 'pending' });
    expect((await send(success('fc-2', -9))).statusCode).toBe(200);
    expect(await get(`/api/v2/jobs/${INDIVIDUAL}`)).toMatchObject({ status: expect.stringMatching(/pending|running/) });
    expect((await send(success('fc-6', -3))).statusCode).toBe(200);
    expect(await get(`/api/v2/jobs/${INDIVIDUAL}`)).toMatchObject({ status: 'completed', result_data: { affinity: -3 } });
    expect(await get('/api/v3/webhooks/status')).toMatchObject({ by_result: { failed: 1, not_open: 1, completed: 1 } });
  });

  test('a result without the number that ranks is no success', async () => {
    await fillIndividual(hub, 'pending', RESULT);
    await send({ call_id: 'fc-4', status: 'success', result: { affinity: -1 }, metadata: { job_id: INDIVIDUAL } });
    expect(await get(`/api/v2/jobs/${INDIVIDUAL}`)).toMatchObject({
      status: 'pending',
    });
  });

  test('what is not signed, too old, no JSON or without a call is refused in that order', async () => {
    const body = JSON.stringify(success('fc-5', -1));
    const old = Math.floor(Date.now() / 1_000) - 301;
    const details = [];
    for (const answer of [
      await send(body, sign(body, 'another secret', old)),
      await send(body, { 'content-type': 'application/json' }),
      await send(body, sign(body, SECRET, old)),
      await send('{', sign('{')),
      await send('{}', sign('{}')),
    ])
      details.push([answer.statusCode, answer.json<Json>()['detail']]);
    expect(details).toEqual([
      [401, 'Invalid signature'],
      [401, 'Invalid signature'],
      [401, 'Timestamp too old'],
      [400, 'Invalid JSON'],
      [400, 'Missing call_id'],
    ]);
  });

  test('without a secret nothing is believed', async () => {
    const other = await openTestHub({ works: false });
    try {
      const answer = await other.app.inject({
        method: 'POST',
        url: '/api/v3/webhooks/modal/completion',
        payload: {},
        headers: sign('{}', ''),
      });
      expect(answer.statusCode).toBe(503);
      expect(answer.json()).toEqual({ detail: expect.stringContaining('MODAL_WEBHOOK_SECRET') });
    } finally {
      await other.close();
    }
  });
});

test('Chai-1 refuses what is no FASTA of its kind, each fault by its name', async () => {
  const body = { fasta_content: '>protein\nMK', protein_name: 'p', job_name: 'j' };
  const refused = await call('POST', '/api/v2/models/chai1/predict', 422, body);
  expect(refused['detail']).toMatchObject([
    { type: 'value_error', loc: ['body', 'fasta_content'], msg: expect.stringContaining('|name=') },
  ]);
  expect(await get('/api/v2/models/chai1/health')).toMatchObject({ status: 'healthy', model: 'chai1' });
});

test('nested inputs of the oldest clients are the same job as flat ones', async () => {
  const nested = {
    input_data: {
      sequences: [{ protein: { id: 'A', sequence: 'MSEQNKTHLAVDPERGWYFC' } }, { ligand: { id: 'B', smiles: 'CCO' } }],
    },
  };
  const body = { model_id: 'boltz2', task_type: 'protein_ligand_binding', input_data: nested, job_name: 'nested' };
  const { job_id: id, job_type: type } = await call('POST', '/api/v2/predict', 200, body);
  expect(type).toBe('individual');
  expect(await get(`/api/v2/results/job/${String(id)}`)).toMatchObject({
    job: { input_data: { protein_sequence: 'MSEQNKTHLAVDPERGWYFC', ligand_smiles: 'CCO' } },
  });
});

test('a task that no one names is an enumeration error, and a complex says which chain it lacks', async () => {
  const body = { model_id: 'boltz2', task_type: 'protein_complex', input_data: { chain_a_sequence: 'MSEQNKTHLA' }, job_name: 'c' };
  expect(await call('POST', '/api/v2/predict', 422, body)).toMatchObject({
    detail: [{ type: 'value_error', loc: ['body', 'input_data'], msg: 'Value error, chain_b_sequence is required for protein_complex' }],
  });
  expect(await call('POST', '/api/v2/predict', 422, { ...body, task_type: 'x' })).toMatchObject({
    detail: [{ type: 'enum', loc: ['body', 'task_type'], input: 'x' }],
  });
});

test('a result without a structure has no file, and says so as the old server did', async () => {
  await fill(hub, {
    id: INDIVIDUAL,
    name: 'failed',
    taskType: 'protein_ligand_binding',
    isBatch: false,
    shared: {},
    rows: [{ fate: 'failed', input: {} }],
    result: RESULT,
  });
  expect(await get(`/api/v2/jobs/${INDIVIDUAL}/download/cif`, 404)).toEqual({ detail: 'CIF file not found in GCP bucket' });
});
