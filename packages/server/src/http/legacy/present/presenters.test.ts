/** Any job in any state through every presenter of the old contract: no exception, no null or unreal number where a row has a result. */
import { JOB_STATUSES, newJobId, type JobStatus } from '@omtx/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BatchEntry, Entry, JobOfEntry, RowEntry, RowOfEntry } from '../../../services/read-entries.ts';
import { jobRecord } from '../jobs.ts';
import { listedJob } from '../my-results.ts';
import {
  batchListRow,
  batchSummary,
  enhancedRow,
  individualJob,
  progressOfEveryAge,
  resultRow,
  statusJob,
  statusProgress,
} from './batch.ts';
import { apiJob, batchStatistics, jobSummary, polledStatus } from './job.ts';
import { headline, metricFields } from './metrics.ts';
import { compactResult, fullResult } from './result.ts';
import { v1Batch, v1Job } from './v1.ts';

const NOW = new Date('2026-01-02T03:04:05Z');
const METRICS = [
  'affinity',
  'affinity_probability',
  'confidence_score',
  'ptm',
  'iptm',
  'complex_plddt',
  'complex_ipde',
  'docking_score',
  'm.affinity_1',
];
/** Names under which old pages print a number. */
const PRINTED =
  /^(affinity|confidence|ptm|iptm|plddt|ens_|ligand_iptm|protein_iptm|complex_|docking_score|affinity_prob|execution_time|m\.affinity)/;

const time = fc.integer({ min: 1_600_000_000, max: 1_800_000_000 }).map((seconds) => new Date(seconds * 1_000).toISOString());
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const text = fc.string({ maxLength: 20 });
const number = fc.double({ noNaN: true, noDefaultInfinity: true });
const metrics = fc.dictionary(fc.constantFrom(...METRICS), fc.oneof(number, fc.constantFrom(0, Number.NaN, Number.POSITIVE_INFINITY)));
const cell = fc.oneof(text, number, fc.constant(null));
const tables = fc.dictionary(
  fc.constantFrom('chains', 'chain_pairs', 'poses', 'models'),
  fc.array(fc.record({ chain: cell, partner: cell, ptm: cell, iptm: cell }, { requiredKeys: [] }), { maxLength: 3 }),
);
const file = fc.record({
  name: text,
  role: maybe(fc.constantFrom('structure', 'best_pose', 'report')),
  mediaType: fc.constantFrom('chemical/x-mmcif', 'chemical/x-mdl-sdfile', 'application/json'),
  sha256: fc.constant('0'.repeat(64)),
  sizeBytes: fc.nat(),
  href: fc.constant('/x'),
});
const input = fc.record(
  {
    ligand: fc.oneof(fc.constant('CCO'), fc.constant(null), fc.record({ smiles: text, name: text }, { requiredKeys: [] })),
    proteinSequence: fc.oneof(text, fc.integer()),
    receptor: fc.record({ pdb: fc.string({ minLength: 5_000, maxLength: 5_001 }) }),
  },
  { requiredKeys: [] },
);
const status = fc.constantFrom(...JOB_STATUSES);
const count = fc.nat({ max: 5 });

const job = fc
  .record({
    name: text,
    status,
    taskType: fc.constantFrom('protein_ligand_binding', 'batch_protein_ligand_screening', 'protein_ligand_docking', 'own.task'),
    createdAt: time,
    startedAt: maybe(time),
    finishedAt: maybe(time),
    updatedAt: time,
    counts: fc.tuple(count, count, count, count, count),
    secondsLeft: maybe(fc.nat()),
    sharedInput: input,
    rankBy: maybe(fc.constantFrom(...METRICS)),
    artifacts: fc.array(file, { maxLength: 2 }),
  })
  .map(({ counts: [pending, running, completed, failed, cancelled], secondsLeft, ...rest }): Omit<JobOfEntry, 'jobType'> => {
    const total = Math.max(1, pending + running + completed + failed + cancelled);
    const progress = {
      total,
      pending,
      running,
      completed,
      failed,
      cancelled,
      reused: 0,
      rejected: 0,
      checked: 0,
      percentage: 50,
      successRate: null,
      secondsLeft,
    };
    const own = {
      id: newJobId(0),
      modelId: 'm',
      modelVersion: '1',
      pausedAt: null,
      cancelRequestedAt: null,
      tags: [],
      project: null,
      ownNotes: '',
      parameters: { useMsa: true },
    };
    return { ...rest, ...own, progress, seed: 42 };
  });

const row = fc
  .record({
    index: fc.nat({ max: 20_000 }),
    name: maybe(text),
    status,
    reusedFrom: maybe(fc.nat()),
    metrics,
    tables,
    failure: maybe(fc.record({ code: text, message: text, title: text, remedy: text })),
    ownInput: input,
    canonicalSmiles: maybe(text),
    startedAt: maybe(time),
    finishedAt: maybe(time),
    artifacts: fc.array(file, { maxLength: 3 }),
    workerHost: maybe(text),
  })
  .map((given): RowOfEntry => {
    const outcome = given.status === 'completed' ? (given.reusedFrom === null ? 'completed' : 'reused') : null;
    return { ...given, id: `${newJobId(0)}-0000`, line: null, outcome, attempt: 1, notes: [] };
  });

const rowEntry: fc.Arbitrary<RowEntry> = fc
  .tuple(job, row, fc.boolean())
  .map(([ofJob, ofRow, isChild]) =>
    isChild
      ? { kind: 'batch_child' as const, job: { ...ofJob, jobType: 'batch_parent' as const }, row: ofRow }
      : { kind: 'individual' as const, job: { ...ofJob, jobType: 'individual' as const }, row: ofRow },
  );
const batchEntry: fc.Arbitrary<BatchEntry> = job.map((ofJob) => ({
  kind: 'batch_parent' as const,
  job: { ...ofJob, jobType: 'batch_parent' as const },
}));

const unitOf = (metric: string): string => (metric === 'docking_score' ? 'kcal/mol' : '');

/** Everything that any path shows of a row. */
function renderRow(entry: RowEntry): readonly unknown[] {
  const results = fullResult(entry, unitOf, 'data_x');
  return [
    jobSummary(entry, NOW),
    apiJob(entry, 'u', NOW),
    jobRecord(entry, 'u', headline(entry, unitOf)),
    listedJob(entry, 'u', results),
    v1Job(entry, 'u', results),
    statusJob(entry),
    individualJob(entry, unitOf),
    enhancedRow(entry, unitOf, true),
    enhancedRow(entry, unitOf, false),
    resultRow(entry, unitOf, true),
    compactResult(entry, unitOf),
    metricFields(entry, unitOf),
    results,
    polledStatus(entry.row.status),
  ];
}

function renderBatch(batch: BatchEntry): readonly unknown[] {
  const figures = { metrics: [], times: { totalSeconds: 0, meanSeconds: null } };
  const shown: Entry = batch;
  return [
    jobSummary(shown, NOW),
    apiJob(shown, 'u', NOW),
    apiJob(shown, 'u', NOW, []),
    jobRecord(shown, 'u', {}),
    listedJob(shown, 'u', undefined),
    v1Job(shown, 'u', undefined),
    v1Batch(batch, 'u'),
    batchListRow(batch, 'u'),
    batchSummary(batch, figures),
    batchStatistics(batch.job.progress),
    statusProgress(batch),
    progressOfEveryAge(batch),
  ];
}

/** Places of numbers that a page would print though they are none. */
function unrealNumbers(value: unknown, path = ''): readonly string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => unrealNumbers(each, `${path}.${key}`));
}

function nullMetrics(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) =>
    each === null && PRINTED.test(key) ? [`${path}.${key}`] : nullMetrics(each, `${path}.${key}`),
  );
}

test('any row in any state renders everywhere, and a completed one has no null metric', () => {
  fc.assert(
    fc.property(rowEntry, (entry) => {
      const rendered = renderRow(entry);
      // Tables are the model's own words; what is printed as a number of the row is not in them.
      const { tables: _, ...withoutTables } = entry.row;
      const bare = renderRow({ ...entry, row: { ...withoutTables, tables: {} } });
      expect(rendered.flatMap((each) => unrealNumbers(each))).toEqual([]);
      if (entry.row.status === 'completed') expect(bare.flatMap((each) => nullMetrics(each))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('what a page prints of a raw result is never null, whatever the state of the row', () => {
  fc.assert(
    fc.property(rowEntry, (entry) => {
      const { raw_modal_result: raw, confidence_metrics: confidence, affinity_ensemble: ensemble } = enhancedRow(entry, unitOf, true);
      const { tables: _, ...numbers } = { tables: undefined, ...(raw as object) };
      expect(Object.values({ ...(confidence as object), ...(ensemble as object) })).not.toContain(null);
      expect(Object.entries(numbers).filter(([, value]) => value === null)).toEqual([]);
    }),
  );
});

test('any batch in any state renders everywhere', () => {
  fc.assert(
    fc.property(batchEntry, (batch) => {
      expect(renderBatch(batch).flatMap((each) => unrealNumbers(each))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('the poller of single jobs gets one of the four words that it knows', () => {
  const words: readonly string[] = JOB_STATUSES.map((each: JobStatus) => polledStatus(each));
  expect(new Set(words)).toEqual(new Set(['pending', 'running', 'completed', 'failed']));
});

test('an energy keeps its own name and unit, and is no affinity', () => {
  fc.assert(
    fc.property(rowEntry, number, (entry, energy) => {
      const docked: RowEntry = { ...entry, row: { ...entry.row, status: 'completed', metrics: { docking_score: energy } } };
      const fields = enhancedRow(docked, unitOf, true);
      expect(fields).toMatchObject({
        docking_score: energy,
        units: { docking_score: 'kcal/mol' },
        affinity_ensemble: {},
        binding_affinity: {},
      });
      expect(Object.keys(fields).filter((key) => key.startsWith('affinity') && key !== 'affinity_ensemble')).toEqual([]);
      expect(fields['raw_modal_result']).not.toHaveProperty('affinity');
      expect(fields['raw_modal_result']).not.toHaveProperty('confidence');
    }),
  );
});
