import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assembleLegacyJobs } from './assemble-jobs.ts';
import { fromLegacyRecord } from './legacy-record.ts';
import { timeOf } from './record-fields.ts';

const NOW = new Date('2026-01-02T03:04:05Z');

test.each([
  [1_700_000_000, '2023-11-14T22:13:20.000Z'],
  [1_700_000_000.25, '2023-11-14T22:13:20.250Z'],
  [1_700_000_000_000, '2023-11-14T22:13:20.000Z'],
  ['1700000000', '2023-11-14T22:13:20.000Z'],
  ['2023-11-14T22:13:20Z', '2023-11-14T22:13:20.000Z'],
  ['2023-11-14T22:13:20.123456', '2023-11-14T22:13:20.123Z'],
  ['2023-11-14T23:13:20+01:00', '2023-11-14T22:13:20.000Z'],
  ['2023-11-14 22:13:20', '2023-11-14T22:13:20.000Z'],
  [{ seconds: 1_700_000_000, nanoseconds: 500_000_000 }, '2023-11-14T22:13:20.500Z'],
  [{ _seconds: 1_700_000_000, _nanoseconds: 0 }, '2023-11-14T22:13:20.000Z'],
])('the time %j is read', (value, iso) => {
  expect(timeOf(value)?.toISOString()).toBe(iso);
});

test.each([undefined, null, '', 'yesterday', true, {}, Number.NaN, 1e300, -5e12])('the time %j is none', (value) => {
  expect(timeOf(value)).toBeUndefined();
});

test.each([
  [
    'flat',
    {
      id: 'a',
      name: 'n',
      type: 'protein_ligand_binding',
      status: 'success',
      created_at: 1.7e9,
      input_data: { ligand_smiles: 'C' },
      results: { affinity: -1 },
    },
  ],
  [
    'gallery row',
    {
      id: 'gcp_a',
      task_type: 'boltz2',
      job_name: 'n',
      status: 'complete',
      saved_at: '2023-11-14T22:13:20',
      inputs: { ligand_smiles: 'C' },
      results: { affinity: -1 },
    },
  ],
  [
    'nested',
    {
      job_id: 'a',
      status: 'SUCCEEDED',
      submitted: { seconds: 1.7e9 },
      input_data: {
        task_type: 'protein_ligand_binding',
        input_data: { sequences: [{ protein: { id: 'P', sequence: 'MK' } }, { ligand: { id: 'L', smiles: 'C' } }] },
        job_name: 'n',
      },
      output_data: { affinity: -1 },
    },
  ],
  [
    'upper case',
    {
      job_id: 'a',
      job_name: 'n',
      job_type: 'INDIVIDUAL',
      task_type: 'protein_ligand_binding',
      status: 'COMPLETED',
      created_at: '2023-11-14T22:13:20Z',
      inputs: { ligand_smiles: 'C' },
      result: { affinity: -1 },
    },
  ],
])('a %s record is an individual job with its input, its result and its time', (_shape, record) => {
  const job = fromLegacyRecord(record, NOW);
  expect(job).toMatchObject({
    id: 'a',
    name: 'n',
    jobType: 'individual',
    taskType: 'protein_ligand_binding',
    status: 'completed',
    modelId: 'boltz2',
  });
  expect(job.input).toMatchObject({ ligand_smiles: 'C' });
  expect(job.output).toEqual({ affinity: -1 });
  expect(job.createdAt.toISOString()).toBe('2023-11-14T22:13:20.000Z');
});

test.each([
  [{ type: 'batch_protein_ligand_screening', child_ids: ['a', 'b'] }, 'batch_parent'],
  [{ type: 'protein_ligand_binding', input_data: { parent_batch_id: 'P', batch_index: 0 } }, 'batch_child'],
  [{ type: 'protein_ligand_binding', batch_id: 'P', batch_index: '3', ligand_info: { smiles: 'C', name: 'l' } }, 'batch_child'],
  [{ job_type: 'BATCH_CHILD', batch_parent_id: 'P' }, 'batch_child'],
  [{ job_type: 'batch' }, 'batch_parent'],
  [{ job_type: 'single' }, 'individual'],
  [{ bucket_path: 'batches/x' }, 'batch_parent'],
  [{ batch_info: { total_ligands: 3 } }, 'batch_parent'],
  [{ total_children: 3, batch_parent_id: 'P' }, 'batch_child'],
  [{}, 'individual'],
])('%j is a %s', (record, jobType) => {
  expect(fromLegacyRecord({ id: 'x', ...record }, NOW).jobType).toBe(jobType);
});

test.each([
  [{ chain_a: 'M', chain_b: 'K' }, 'protein_complex'],
  [{ ligands: [] }, 'protein_ligand_binding'],
  [{ variants: [] }, 'variant_comparison'],
  [{ compound_library: [] }, 'drug_discovery'],
  [{ pocket_constraints: [] }, 'binding_site_prediction'],
  [{ protein_sequence: 'M' }, 'protein_structure'],
])('without a task type the input %j tells %s', (input_data, taskType) => {
  const job = fromLegacyRecord({ id: 'x', task_type: 'boltz2', input_data }, NOW);
  expect([job.taskType, job.notes.some((note) => note.startsWith('no task type'))]).toEqual([taskType, true]);
});

test('an output of bookkeeping alone is none, and the status is then what the record says or pending', () => {
  expect(fromLegacyRecord({ id: 'x', output_data: { modal_call_id: 'fc-1' } }, NOW)).toMatchObject({
    output: undefined,
    status: 'pending',
  });
  expect(fromLegacyRecord({ id: 'x', output_data: { affinity: 1 } }, NOW).status).toBe('completed');
});

test('a batch is put together with its children wherever they stand, by index, list or creation; what has no record failed', () => {
  const records = [
    {
      id: 'P-c',
      job_type: 'BATCH_CHILD',
      batch_parent_id: 'P',
      batch_index: 2,
      status: 'failed',
      error: 'boom',
      input_data: { ligand_smiles: 'CCC' },
    },
    {
      id: 'P',
      task_type: 'batch_protein_ligand_screening',
      status: 'partially_completed',
      child_ids: ['P-a', 'P-b', 'P-c', 'P-d'],
      input_data: { protein_sequence: 'MK' },
      created_at: 1.7e9,
    },
    { id: 'P-b', input_data: { parent_batch_id: 'P', ligand_smiles: 'CC', ligand_name: 'b' }, status: 'running' },
    { id: 'P-a', batch_id: 'P', batch_index: '0', input_data: { ligand_smiles: 'C' }, status: 'completed', results: { affinity: -6.5 } },
    'nonsense',
    { status: 'completed' },
  ];
  const { jobs, refused } = assembleLegacyJobs(records, NOW);
  expect(jobs).toHaveLength(1);
  expect(jobs[0]).toMatchObject({
    jobType: 'batch_parent',
    shared: { proteinSequence: 'MK' },
    places: expect.arrayContaining([0, 1, 2, 3]),
  });
  expect(jobs[0]?.rows.map(({ legacyId, own, outcome }) => [legacyId, own, outcome.kind])).toEqual([
    ['P-a', { ligand: { smiles: 'C' } }, 'completed'],
    ['P-b', { ligand: { smiles: 'CC', name: 'b' } }, 'cancelled'],
    ['P-c', { ligand: { smiles: 'CCC' } }, 'failed'],
    [null, {}, 'failed'],
  ]);
  expect(jobs[0]?.notes.join()).toMatch(/1 of 4 children have no record.*1 had not ended/);
  expect(refused.map(({ place }) => place)).toEqual([4, 5]);
});

test('children inside the record of their parent are rows, and a child whose parent is not there is a job of its own', () => {
  const { jobs } = assembleLegacyJobs(
    [
      {
        id: 'P',
        job_type: 'batch',
        individual_jobs: [
          { job_id: 'c1', status: 'completed', results: { affinity: -1 }, input_data: { ligand_smiles: 'C' } },
          { job_id: 'c2', status: 'failed' },
        ],
      },
      { id: 'lost', batch_parent_id: 'gone', status: 'completed', results: { affinity: -2 } },
    ],
    NOW,
  );
  expect(jobs.map(({ legacyId, jobType, rows }) => [legacyId, jobType, rows.map(({ outcome }) => outcome.kind)])).toEqual([
    ['P', 'batch_parent', ['completed', 'failed']],
    ['lost', 'individual', ['completed']],
  ]);
});

const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.string()),
  fc.dictionary(fc.string(), fc.string()),
);
const field = fc.constantFrom(
  'id',
  'job_id',
  'status',
  'type',
  'task_type',
  'job_type',
  'created_at',
  'input_data',
  'results',
  'batch_parent_id',
  'batch_index',
  'child_ids',
  'individual_jobs',
  'ligand_info',
);

test('whatever stands in the records, each is in a job or refused, exactly once', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(value, fc.dictionary(field, value)), { maxLength: 12 }), (records) => {
      const { jobs, refused } = assembleLegacyJobs(records, NOW);
      const told = [...jobs.flatMap(({ places }) => places), ...refused.map(({ place }) => place)].sort((a, b) => a - b);
      expect(told).toEqual(records.map((_, place) => place));
      for (const { rows } of jobs) expect(rows.length).toBeGreaterThan(0);
    }),
  );
});
