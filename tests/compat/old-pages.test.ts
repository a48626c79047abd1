/** Pages of the first OMTX-Hub against a hub with a real docking engine: submit, poll, look, download, delete. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newDataDir, startProcess, type HubProcess } from '../support/hub-process.ts';
import { needsVina } from '../support/needs-vina.ts';
import { OldPage, type Json } from './old-page.ts';

let dataDir: string;
let hub: HubProcess;
let page: OldPage;

beforeAll(async () => {
  dataDir = await newDataDir();
  hub = await startProcess('serve', dataDir, { args: ['--cpus', '2'] });
  page = new OldPage(hub.url);
});

beforeEach(needsVina);

afterAll(async () => {
  await hub.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** One short search in a prepared target: enough to be real. */
const TARGET = { receptor: { dockstring: 'PTGS2' }, exhaustiveness: 1, poses: 1 };
const docking = (name: string, input: object): object => ({
  model_id: 'vina',
  task_type: 'protein_ligand_docking',
  input_data: { ...TARGET, ...input },
  job_name: name,
  use_msa: true,
  use_potentials: false,
});

test('a batch of real docking jobs is submitted, polled, looked at, downloaded and deleted', async () => {
  expect(await page.preload('batch_parent')).toEqual([]);
  const ligands = [
    { name: 'ethanol', smiles: 'CCO' },
    { name: 'broken', smiles: 'C1CC' },
    { name: 'phenol', smiles: 'Oc1ccccc1' },
  ];
  const { job_id: jobId } = await page.json('POST', '/api/v2/predict-smart', docking('Old screen', { ligands }));
  const id = String(jobId);
  const looks: Json[] = [];
  expect(await page.pollBatch(id, (progress) => looks.push(progress))).toBe('completed');
  expect(looks.at(-1)).toMatchObject({ total: 3, completed: 2, failed: 1, running: 0 });

  const { answer, printed } = await page.batchTable(id);
  expect(answer).toMatchObject({ batch_status: 'completed', successful_predictions: 2, failed_predictions: 1 });
  expect(printed.map(({ ligand, status }) => [ligand, status])).toEqual([
    ['ethanol', 'completed'],
    ['broken', 'failed'],
    ['phenol', 'completed'],
  ]);
  // An energy is never shown in the column of an IC50.
  expect(printed.map(({ cells }) => cells['affinity'])).toEqual(['-', '-', '-']);
  const [ethanol, , phenol] = answer['individual_results'] as Json[];
  expect(ethanol).toMatchObject({ docking_score: expect.any(Number), units: { docking_score: 'kcal/mol' }, has_structure: true });
  expect(Number(phenol?.['docking_score'])).toBeLessThan(Number(ethanol?.['docking_score']));
  expect((answer['ligand_ranking'] as Json[]).map((row) => row['ligand_name'])).toEqual(['phenol', 'ethanol']);

  const cif = await page.structure(id, `${id}-0002`);
  expect(cif.match(/^ATOM /gm)?.length).toBeGreaterThan(4_000);
  expect(cif.match(/^HETATM .* LIG /gm)?.length).toBeGreaterThanOrEqual(7);

  const archive = await page.downloadBatch(id);
  expect(archive.name).toBe(`Old_screen_${id}_results.zip`);
  expect([...archive.files.keys()].sort()).toEqual(
    [`batch_metadata.txt`, `batch_summary_${id}.csv`, `ethanol_${id.slice(0, 8)}-0000.cif`, `phenol_${id.slice(0, 8)}-0002.cif`].sort(),
  );
  const table = archive.files.get(`batch_summary_${id}.csv`)?.trim().split('\r\n') ?? [];
  expect(table).toHaveLength(4);
  expect(table[0]).toMatch(/^Index,Job ID,Ligand Name,SMILES,Status,Binding Score,.*docking_score \[kcal\/mol\]/);
  expect(table[1]).toMatch(new RegExp(`^1,${id}-0000,ethanol,CCO,completed,,`));
  expect(archive.files.get(`phenol_${id.slice(0, 8)}-0002.cif`)).toBe(cif);

  expect(await page.preload('batch_parent')).toMatchObject([{ id, job_name: 'Old screen', status: 'completed', total_jobs: 3 }]);
  expect(await page.deleteBatch(id)).toMatchObject({ success: true, deleted_jobs: 4 });
  expect(await page.preload('batch_parent')).toEqual([]);
  await expect(page.json('GET', `/api/v3/batches/${id}/status`)).rejects.toThrow('status: 404');
});

test('the batch pages submit by v3, and the dashboard, the screening page and the last front end show what became of it', async () => {
  const batch = {
    ...TARGET,
    job_name: 'v3 screen',
    protein_sequence: 'MSEQNKTHLAVDPERGWYFC',
    protein_name: 'PTGS2',
    ligands: [{ name: 'ethanol', smiles: 'CCO' }, { smiles: 'OCCO' }],
    model_name: 'vina',
    use_msa: true,
    use_potentials: false,
    configuration: { priority: 'normal', scheduling_strategy: 'adaptive', max_concurrent_jobs: 2 },
  };
  const { batch_id: batchId } = await page.json('POST', '/api/v3/batches/submit', batch);
  const id = String(batchId);
  expect(await page.pollBatch(id, () => undefined)).toBe('completed');

  const dashboard = await page.json('GET', `/api/v3/batches/${id}/enhanced-results?summary_only=true`);
  expect(dashboard).toMatchObject({ batch_status: 'completed', individual_results: [], summary: { success_rate: 1 } });
  const { rows, files } = await page.screeningResults(id);
  expect(rows.map((row) => row['ligand_name'])).toEqual(['ethanol', 'Ligand_2']);
  expect(rows[0]).toMatchObject({ docking_score: expect.any(Number), units: { docking_score: 'kcal/mol' } });
  expect([...files.keys()].filter((name) => name.endsWith('.cif'))).toHaveLength(2);

  expect(await page.lastList()).toMatchObject([{ job_id: id, job_type: 'BATCH_PARENT', status: 'completed', total_jobs: 2 }]);
  expect((await page.lastTable(id)).map(({ ligand, cells }) => [ligand, cells['affinity']])).toEqual([
    ['ethanol', '-'],
    ['Ligand_2', '-'],
  ]);
  expect(await page.json('DELETE', `/api/v1/batches/${id}?user_id=omtx_deployment_user`)).toEqual({ message: 'Job deleted successfully' });
  expect(await page.lastList()).toEqual([]);
});

test('a single real docking job is polled, opened from My Results and the gallery, and deleted', async () => {
  const { job_id: jobId, status } = await page.json('POST', '/api/v2/predict', docking('Old single', { ligand_smiles: 'CCO' }));
  expect(status).toBe('submitted');
  const id = String(jobId);
  const result = await page.pollJob(id);
  expect(result).toMatchObject({ docking_score: expect.any(Number), units: { docking_score: 'kcal/mol' }, error: null });
  expect(result).not.toHaveProperty('affinity');
  expect(Buffer.from(String(result['structure_file_base64']), 'base64').toString()).toBe(result['structure_file_content']);

  const [row] = await page.preload('individual');
  expect(row).toMatchObject({ id, type: 'individual', job_name: 'Old single', status: 'completed' });
  expect(new Date(String(row?.['created_at'])).getFullYear()).toBeGreaterThan(2000);
  expect(await page.view(row ?? {})).toMatchObject({ docking_score: result['docking_score'] });
  const gallery = await page.json('GET', '/jobs?page=1&per_page=10');
  expect(gallery['jobs']).toMatchObject([{ id, status: 'completed', model_name: 'vina' }]);
  expect(await page.json('GET', `/jobs/${id}`)).toMatchObject({
    name: 'Old single',
    output_data: { docking_score: result['docking_score'] },
  });

  expect(await page.json('DELETE', `/api/v2/my-results/${id}?user_id=current_user`)).toEqual({
    message: 'Saved result deleted successfully',
  });
  expect(await page.preload('individual')).toEqual([]);
  const usage = (await page.json('GET', '/api/v4/legacy-usage')) as { routes: Json[] };
  expect(usage.routes).toContainEqual(
    expect.objectContaining({
      path: '/api/v2/my-results/:id',
      method: 'DELETE',
      calls: 1,
      lastClient: expect.stringContaining('localhost:5173'),
    }),
  );
});
