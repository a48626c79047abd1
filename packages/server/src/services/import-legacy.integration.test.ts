import { LOCAL_OWNER } from '@omtx/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestHub, type TestHub } from '../../test/hub.ts';
import { Api } from '../../test/api.ts';
import { deleteJobWithRows } from '../storage/delete-job.ts';
import { hubId, importLegacy, readLegacyRecords } from './import-legacy.ts';

let hub: TestHub;
let api: Api;

beforeAll(async () => {
  hub = await openTestHub({ works: false });
  api = new Api(hub);
});

afterAll(async () => {
  await hub.close();
});

const CIF = 'data_model\n_entry.id model\n';
const PARENT = '9A7C2D54-1F0B-4A86-8F35-6C2E9B7D4E02';
const RECORDS = [
  {
    id: PARENT,
    name: 'Kinase screen',
    task_type: 'batch_protein_ligand_screening',
    status: 'completed',
    created_at: 1.7e9,
    completed_at: 1.7e9 + 600,
    input_data: { protein_sequence: 'MKT', protein_name: 'EGFR' },
  },
  {
    id: 'c0',
    job_type: 'BATCH_CHILD',
    batch_parent_id: PARENT,
    batch_index: 0,
    status: 'completed',
    created_at: 1.7e9,
    completed_at: 1.7e9 + 60,
    input_data: { ligand_smiles: 'CCO', ligand_name: 'ethanol' },
    output_data: { affinity: -1.5, confidence: 0.8, structure_file_content: CIF },
  },
  {
    id: 'c1',
    job_type: 'BATCH_CHILD',
    batch_parent_id: PARENT,
    batch_index: 1,
    status: 'completed',
    created_at: 1.7e9,
    completed_at: 1.7e9 + 60,
    input_data: { ligand_smiles: 'CCC' },
    output_data: { affinity: -2.5 },
  },
  {
    id: 'c2',
    job_type: 'BATCH_CHILD',
    batch_parent_id: PARENT,
    batch_index: 2,
    status: 'timeout',
    created_at: 1.7e9,
    input_data: { ligand_smiles: 'CCCC' },
  },
  {
    id: 'gcp_batch_1700000000_deadbeef',
    task_type: 'protein_structure',
    job_name: 'fold',
    status: 'running',
    created_at: '2023-11-14T22:13:20',
    inputs: { protein_sequence: 'MK\u0000T' },
  },
  { name: 'without an id' },
];
const files = () => ({ db: hub.ctx.db, artifacts: hub.ctx.artifacts });
const run = () => importLegacy(files(), LOCAL_OWNER, readLegacyRecords(JSON.stringify({ jobs: RECORDS })), new Date());

test('old records become jobs with their rows, results, times and files; counters, statistics and old pages know them', async () => {
  const reports = await run();
  expect(reports.map(({ outcome }) => outcome)).toEqual(['imported', 'imported', 'imported', 'imported', 'imported', 'refused']);
  const id = hubId(PARENT);
  const job = await api.job(id);
  expect(job).toMatchObject({
    name: 'Kinase screen',
    status: 'completed',
    createdAt: '2023-11-14T22:13:20.000Z',
    rankBy: 'affinity',
    tags: ['imported'],
  });
  expect(job.progress).toMatchObject({ total: 3, completed: 2, failed: 1, pending: 0 });
  const { rows } = await api.call<{ rows: { index: number; rank: number | null; metrics: object }[] }>(
    { url: `/api/v4/jobs/${id}/rows?sort=rank` },
    200,
  );
  expect(rows.map(({ index, rank }) => [index, rank])).toEqual([
    [1, 1],
    [0, 2],
    [2, null],
  ]);
  const row = await api.call<{ artifacts: { href: string }[] }>({ url: `/api/v4/jobs/${id}/rows/0` }, 200);
  expect((await hub.app.inject(row.artifacts[0]?.href ?? '')).body).toBe(CIF);
  expect((await api.job(hubId('batch_1700000000_deadbeef'))).status).toBe('cancelled');
  expect((await hub.app.inject(`/api/v2/jobs/${id}`)).json()).toMatchObject({ job_type: 'batch_parent' });
  const recounted = await api.call<object>({ method: 'POST', url: '/api/v4/operator/recount' }, 200);
  expect(recounted).toMatchObject({ counters: [], statistics: [] });
});

test('a second import changes nothing, and a job that was deleted here does not come back', async () => {
  const state = async () =>
    JSON.stringify([
      await hub.ctx.db.selectFrom('jobs').selectAll().orderBy('id').execute(),
      await hub.ctx.db.selectFrom('batch_rows').selectAll().orderBy('batch_id').orderBy('index').execute(),
      await hub.ctx.db.selectFrom('job_events').selectAll().orderBy('job_id').orderBy('sequence').execute(),
    ]);
  const before = await state();
  expect((await run()).map(({ outcome }) => outcome)).toEqual(['known', 'known', 'known', 'known', 'known', 'refused']);
  expect(await state()).toBe(before);
  await deleteJobWithRows(hub.ctx.db, LOCAL_OWNER, hubId(PARENT));
  expect((await run()).map(({ outcome }) => outcome)).toEqual(['deleted', 'deleted', 'deleted', 'deleted', 'known', 'refused']);
});

test('records are read from an array, an object that holds one, a map by id, one record, and lines', () => {
  const one = { id: 'a', status: 'completed' };
  const texts = [[one], { my_results: [one] }, { a: { status: 'completed' } }, one].map((each) => JSON.stringify(each));
  for (const text of [...texts, `${JSON.stringify(one)}\n\n`]) expect(readLegacyRecords(text)).toEqual([one]);
  expect(readLegacyRecords(`${JSON.stringify(one)}\n${JSON.stringify(one)}\n`)).toHaveLength(2);
  expect(() => readLegacyRecords('{"id": 1}\nnonsense')).toThrow('record 2 cannot be read');
  expect(() => readLegacyRecords('')).toThrow('empty');
});
