/** Boltz-2 through the hub: the real program with made-up weights, so its numbers mean nothing, and all else is its own. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { OldPage, type Json } from '../compat/old-page.ts';
import { newDataDir, omtx, startProcess, type HubProcess } from '../support/hub-process.ts';
import { hasSmallBoltz, needsSmallBoltz, smallBoltzModels, TINY_CACHE } from '../support/small-boltz.ts';

let dataDir: string;
let models: Awaited<ReturnType<typeof smallBoltzModels>>;
let hub: HubProcess;

/** As few steps as give a structure at all: 2 s a row in place of a minute. */
const QUICK = { samplingSteps: 2, stepScale: 1, recyclingSteps: 0, samplingStepsAffinity: 2, diffusionSamplesAffinity: 1 };
const SEQUENCE = 'MSEQNKTHLAVDPERGWYFCTIKLMNPQ';
const BATCH_LIMIT_MS = 420_000;

beforeAll(async () => {
  if (!hasSmallBoltz()) return;
  dataDir = await newDataDir();
  models = await smallBoltzModels(QUICK);
  expect(
    await omtx(['models', 'set', 'boltz2', `cache=${TINY_CACHE}`, '--data-dir', dataDir, '--models-dir', models.folder]),
  ).toMatchObject({
    code: 0,
  });
  hub = await startHub();
});

beforeEach(needsSmallBoltz);

afterAll(async () => {
  if (!hasSmallBoltz()) return;
  await hub.stop();
  await models.remove();
  await rm(dataDir, { recursive: true, force: true });
});

function startHub(): Promise<HubProcess> {
  return startProcess('serve', dataDir, {
    args: ['--cpus', '2'],
    environment: { OMTX_MODELS_DIR: models.folder, OMTX_MSA_FALLBACK: 'single_sequence' },
  });
}

test(
  'the example request of the old documentation is a batch of real runs, read by the old routes',
  { timeout: BATCH_LIMIT_MS },
  async () => {
    const page = new OldPage(hub.url);
    const example = {
      task_type: 'protein_ligand_binding',
      input_data: {
        protein_sequence: SEQUENCE,
        ligands: [
          { name: 'Aspirin', smiles: 'CC(=O)Oc1ccccc1C(=O)O' },
          { name: 'Caffeine', smiles: 'CN1C=NC2=C1C(=O)N(C(=O)N2C)C' },
          { name: 'Ibuprofen', smiles: 'CC(C)Cc1ccc(cc1)C(C)C(=O)O' },
        ],
      },
      job_name: 'Smart Job',
      model_id: 'boltz2',
    };
    const submitted = await page.json('POST', '/api/v2/predict-smart', example);
    expect(submitted).toMatchObject({ status: 'submitted', message: 'Batch prediction submitted: 3 ligands' });
    const id = String(submitted['job_id']);
    expect(await page.pollBatch(id, () => undefined)).toBe('completed');
    const { answer, printed } = await page.batchTable(id);
    expect(answer).toMatchObject({ batch_status: 'completed', successful_predictions: 3, failed_predictions: 0 });
    expect(printed.map(({ ligand, status }) => [ligand, status])).toEqual([
      ['Aspirin', 'completed'],
      ['Caffeine', 'completed'],
      ['Ibuprofen', 'completed'],
    ]);
    expect(printed.map(({ cells }) => cells['affinity'])).not.toContain('-');
    const [aspirin] = answer['individual_results'] as Json[];
    const ensemble = { affinity_pred_value: expect.any(Number), affinity_probability_binary2: expect.any(Number) };
    expect(aspirin).toMatchObject({ affinity: expect.any(Number), affinity_ensemble: ensemble, has_structure: true });
    // The registry counts pLDDT to 100, the old pages want the fraction.
    expect(Number(aspirin?.['plddt_score'])).toBeLessThan(1);
    expect(await page.structure(id, `${id}-0000`)).toMatch(/^HETATM .* LIG1 /m);
  },
);

interface Row {
  readonly status: string;
  readonly outcome: string | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly notes: readonly { readonly code: string }[];
}

const LIGANDS = [
  ['salt', 'CC(=O)Oc1ccccc1C(=O)[O-].[Na+]', 'completed', 'salt_removed'],
  ['broken', 'C1CC', 'rejected', 'rejected_invalid_smiles'],
  ['platinum', 'N[Pt](N)(Cl)Cl', 'rejected', 'rejected_limit'],
  ['large', 'C'.repeat(130), 'rejected', 'rejected_limit'],
  ['hydrogen', '[H][H]', 'rejected', 'rejected_invalid_smiles'],
  ['chlorinated', `${'C'.repeat(52)}Cl`, 'failed', 'invalid_input'],
  ['ethanol', 'CCO', 'completed', 'single_sequence'],
  ['ethanol again', 'OCC', 'reused', 'site_by_contact'],
] as const;

test('a hub that is killed amid a batch ends it: each ligand has one outcome with its reason', { timeout: BATCH_LIMIT_MS }, async () => {
  const job = await call('POST', '/api/v4/jobs', {
    name: 'dirty',
    taskType: 'batch_protein_ligand_screening',
    modelId: 'boltz2',
    input: { proteinSequence: SEQUENCE, ligands: LIGANDS.map(([name, smiles]) => ({ name, smiles })) },
    onInvalid: 'reject',
  });
  const id = String(job['id']);
  await until(async () => Number(((await call('GET', `/api/v4/jobs/${id}`))['progress'] as Json)['running']) > 0);
  await hub.kill();
  hub = await startHub();
  await until(async () => (await call('GET', `/api/v4/jobs/${id}`))['finishedAt'] !== null);
  const { rows } = (await call('GET', `/api/v4/jobs/${id}/rows?limit=20`)) as unknown as { rows: readonly Row[] };
  expect(rows.map(({ outcome, failure, notes }) => [outcome, failure?.code ?? notes.map(({ code }) => code)])).toEqual(
    LIGANDS.map(([, , outcome, code]) => [
      outcome,
      outcome === 'completed' || outcome === 'reused' ? expect.arrayContaining([code]) : code,
    ]),
  );
  expect(rows.map(({ failure }) => failure?.message ?? '').join('\n')).toMatch(/does not know Pt(?:.|\n)*has 130(?:.|\n)*would be CL/);
});

test('a chain with a letter that is no residue is refused at submission', async () => {
  const input = { proteinSequence: 'MSEQNKTHLZVDPERG', ligands: [{ smiles: 'C' }] };
  const answer = await call('POST', '/api/v4/jobs', { name: 'odd', taskType: 'protein_ligand_binding', modelId: 'boltz2', input });
  expect(answer).toMatchObject({ code: 'invalid_input', detail: expect.stringContaining('the letter Z at position 10') });
});

async function call(method: string, path: string, body?: object): Promise<Json> {
  const response = await fetch(`${hub.url}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return (await response.json()) as Json;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + BATCH_LIMIT_MS; !(await condition()); await new Promise((resolve) => setTimeout(resolve, 300)))
    if (Date.now() > deadline) throw new Error('it did not happen in time');
}
