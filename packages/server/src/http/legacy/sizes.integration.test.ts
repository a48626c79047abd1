/** Old paths with more than they were made for: large batches, large files, files that are lost, and odd requests. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestHub, type TestHub } from '../../../test/hub.ts';
import { BATCH, emptyHub, fill, fillBatch, fillIndividual, INDIVIDUAL } from '../../../test/legacy/fill.ts';

const RESULT = { affinity: -1.42, confidence: 0.87 };
const SECRET = 'a secret of the size test';
let hub: TestHub;

beforeAll(async () => {
  hub = await openTestHub({ offeredModels: ['boltz2'], works: false, legacy: { off: [], webhookSecret: SECRET } });
});

afterAll(() => hub.close());

beforeEach(() => emptyHub(hub));

type Json = Record<string, unknown>;

async function get(url: string, status = 200): Promise<Json> {
  const answer = await hub.app.inject(url);
  expect(answer.statusCode, answer.body.slice(0, 300)).toBe(status);
  return answer.json<Json>();
}

/** More pending rows for the batch of three. */
async function growTo(total: number): Promise<void> {
  const { db } = hub.ctx;
  await sql`insert into batch_rows (batch_id, index, input) select ${BATCH}, n, '{}' from generate_series(3, ${total}::int - 1) n`.execute(
    db,
  );
  await sql`update jobs set total_count = ${total} where id = ${BATCH}`.execute(db);
}

test('answers without pages hold the first ten thousand children and say so, files hold all', async () => {
  await fillBatch(hub, ['completed', 'failed', 'completed'], RESULT);
  expect(await get(`/api/v3/batches/${BATCH}/status`)).not.toHaveProperty('children_truncated_at');
  await growTo(10_002);
  const status = await get(`/api/v3/batches/${BATCH}/status`);
  expect(status).toMatchObject({ total_jobs: 10_002, children_truncated_at: 10_000 });
  expect(status['jobs']).toHaveLength(10_000);
  expect(await get(`/api/v2/jobs/${BATCH}/batch-status`)).toMatchObject({ children_truncated_at: 10_000 });
  for (const path of ['enhanced-results?format=csv', 'results?format=csv']) {
    const csv = await hub.app.inject(`/api/v3/batches/${BATCH}/${path}`);
    expect(csv.body.trim().split('\r\n'), path).toHaveLength(10_003);
  }
  const results = (await get('/api/v2/my-results'))['results'] as Json[];
  expect(results).toEqual([]);
  await sql`update jobs set completed_count = total_count - failed_count, finished_at = now() where id = ${BATCH}`.execute(hub.ctx.db);
  const { results: saved } = (await get('/api/v2/my-results')) as { results: Json[] };
  expect(saved).toMatchObject([{ id: BATCH, progress: { total: 10_002 }, children_truncated_at: 1_501 }]);
  expect(saved[0]?.['individual_results']).toHaveLength(1_501);
});

test('a list holds whole results as far as it has room, and beyond it numbers alone, so that a page asks for the job', async () => {
  await fillIndividual(hub, 'completed', RESULT);
  for (const list of ['/api/v2/my-results', '/api/v2/results/fast', '/api/v2/results/legacy/my-results']) {
    const { results } = (await get(list)) as { results: Json[] };
    expect(results, list).toMatchObject([{ affinity: -1.42, results: { structure_count: 1 }, output_data: { structure_count: 1 } }]);
  }
  await sql`update row_details set artifacts = jsonb_set(artifacts, '{0,sizeBytes}', '3000000')`.execute(hub.ctx.db);
  for (const list of ['/api/v2/my-results', '/api/v2/results/fast', '/api/v2/results/legacy/my-results']) {
    const [row] = (await get(list))['results'] as Json[];
    expect(row, list).toMatchObject({ id: INDIVIDUAL, affinity: -1.42, has_structure: true });
    expect(Object.keys(row ?? {}), list).not.toEqual(expect.arrayContaining(['results']));
    expect(row, list).not.toHaveProperty('output_data');
  }
  expect(await get(`/api/v2/jobs/${INDIVIDUAL}`)).toMatchObject({ result_data: { structure_count: 1 } });
});

test('a list leaves out the text of a receptor, and the job has it', async () => {
  const pdb = 'ATOM '.repeat(5_000);
  await fill(hub, {
    id: INDIVIDUAL,
    name: 'docked',
    taskType: 'protein_ligand_binding',
    isBatch: false,
    shared: { receptor: { pdb }, proteinName: 'EGFR' },
    rows: [{ fate: 'completed', input: { ligand: { smiles: 'CCO' } } }],
    result: RESULT,
  });
  const { results } = (await get('/api/v2/my-results')) as { results: { inputs: Json }[] };
  expect(results[0]?.inputs).toMatchObject({ protein_name: 'EGFR', ligand_smiles: 'CCO' });
  expect(results[0]?.inputs).not.toHaveProperty('receptor');
  expect(await get(`/api/v2/results/job/${INDIVIDUAL}`)).toMatchObject({ job: { input_data: { receptor: { pdb } } } });
});

test('the file of one structure that is lost takes no list and no archive with it, and is told', async () => {
  await fillBatch(hub, ['completed', 'failed', 'completed'], RESULT);
  await fillIndividual(hub, 'completed', RESULT);
  await rm(join(hub.artifactsDir), { recursive: true });
  const lost = 'The file of the structure is lost or damaged on this hub.';
  expect(await get(`/api/v2/jobs/${INDIVIDUAL}`)).toMatchObject({ status: 'completed', result_data: { affinity: -1.42, warning: lost } });
  expect(((await get('/api/v2/my-results'))['results'] as Json[]).length).toBe(2);
  const archive = await hub.app.inject(`/api/v2/batches/${BATCH}/download-all`);
  expect(archive.rawPayload.toString('latin1')).toContain('batch_metadata.txt');
  expect(archive.rawPayload.toString('latin1')).not.toContain('.cif');
  expect((await hub.app.inject(`/api/v2/jobs/${INDIVIDUAL}/download/cif`)).statusCode).toBe(404);
});

test('the text of a structure is zipped for who takes it', async () => {
  await fillIndividual(hub, 'completed', RESULT);
  await hub.ctx.artifacts.put(Buffer.from('x'));
  const headers = { 'accept-encoding': 'gzip' };
  const pdb = 'ATOM      1  N   MET A   1      11.104   6.134  -6.504  1.00  0.00           N\n'.repeat(30);
  const file = await hub.ctx.artifacts.put(Buffer.from(pdb));
  await sql`
    update row_details set artifacts = jsonb_build_array((artifacts -> 0) || jsonb_build_object(
      'name', 'a.pdb', 'mediaType', 'chemical/x-pdb', 'sha256', ${file.sha256}::text, 'sizeBytes', ${file.sizeBytes}::int))`.execute(
    hub.ctx.db,
  );
  const answer = await hub.app.inject({ url: `/api/v2/jobs/${INDIVIDUAL}/download/pdb`, headers });
  expect(answer.headers).toMatchObject({ 'content-type': 'chemical/x-pdb', 'content-encoding': 'gzip' });
  expect(gunzipSync(answer.rawPayload).toString()).toBe(pdb);
});

test('a status that is asked of a job that is no batch is that of a batch without children', async () => {
  await fillIndividual(hub, 'completed', RESULT);
  expect(await get(`/api/v3/batches/${INDIVIDUAL}/status`)).toMatchObject({
    batch_name: 'EGFR pilot',
    status: 'created',
    total_jobs: 0,
    jobs: [],
  });
  expect(await get('/api/v3/batches/nothing/status', 404)).toEqual({ detail: 'Batch not found' });
});

test('of a name that is given several times the last counts', async () => {
  await fillIndividual(hub, 'completed', RESULT);
  expect(await get('/api/v2/results/my-jobs?per_page=x&per_page=7')).toMatchObject({ pagination: { per_page: 7 } });
  expect(await get('/api/v2/results/search?q=nothing&q=pilot')).toMatchObject({ query: 'pilot', total: 1 });
  expect(await get('/api/v2/results/my-jobs?status=x&status=failed')).toMatchObject({ pagination: { total: 0 } });
});

test.each([
  ['/api/v2/predict', 422],
  ['/api/v3/batches/submit', 422],
  ['/api/v1/predict', 422],
  ['/api/v4/jobs', 400],
])('a body that is nested without end is refused, never a fault: %s', async (url, status) => {
  const nested = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
  for (const payload of [
    `{"a":${nested}}`,
    `{"name":"x","taskType":"protein_ligand_binding","modelId":"boltz2","input":{"a":${nested}}}`,
  ]) {
    const answer = await hub.app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/json' } });
    expect([answer.statusCode, answer.body]).toEqual([status, expect.stringContaining('nested more than 64 levels') as string]);
  }
});
