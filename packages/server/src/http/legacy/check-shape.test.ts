/** The checker of the contract test, with faults planted in a real vector: it must find each, and nothing in the vector itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shapeFaults } from '../../../test/legacy/check-shape.ts';

const VECTORS = join(import.meta.dirname, '..', '..', '..', 'test', 'legacy', 'vectors');

interface Enhanced {
  [key: string]: unknown;
  batch_status?: unknown;
  individual_results: Record<string, unknown>[];
}

function vector(name: string): Enhanced {
  return JSON.parse(readFileSync(join(VECTORS, name), 'utf8')) as Enhanced;
}

const COMPLETED = 'C30_enhanced-results_completed.response.json';

/** The fault that one change of a completed batch's table causes. */
function faultOf(plant: (answer: Enhanced) => void): readonly string[] {
  const answer = vector(COMPLETED);
  plant(answer);
  return shapeFaults(vector(COMPLETED), answer);
}

test('a vector fits itself, with more keys and other values too', () => {
  expect(
    faultOf((answer) => {
      answer['more'] = 1;
      answer.batch_status = 'running';
      if (answer.individual_results[0]) answer.individual_results[0]['affinity'] = 7;
    }),
  ).toEqual([]);
});

test.each<[name: string, fault: RegExp, plant: (answer: Enhanced) => void]>([
  ['a missing key', /^batch_status: is missing$/, (answer) => delete answer.batch_status],
  [
    'a missing key of a row',
    /individual_results\[\]\.confidence: is missing/,
    ({ individual_results: [row] }) => delete row?.['confidence'],
  ],
  ['null for a number', /affinity: is null, the vector has a number/, ({ individual_results: [row] }) => row && (row['affinity'] = null)],
  ['text for a number', /affinity: is a string/, ({ individual_results: [row] }) => row && (row['affinity'] = '-1.42')],
  ['an array for an object', /pagination: is an array/, (answer) => (answer['pagination'] = [])],
  ['an object for an array', /individual_results: is an object/, (answer) => Object.assign(answer, { individual_results: {} })],
  ['no rows where there are some', /individual_results: is empty/, (answer) => (answer.individual_results = [])],
  ['epoch seconds for an ISO time', /created_at: is a number/, (answer) => (answer['created_at'] = 1_755_504_300)],
  ['a time without zone for one with', /created_at: is time without zone/, (answer) => (answer['created_at'] = '2025-08-18T08:00:00')],
  ['a bare name for an id', /batch_id: is text, the vector has an id of a job/, (answer) => (answer['batch_id'] = 'b-1')],
  ['a parent id for a child id', /job_id: is an id of a job/, ({ individual_results: [row], batch_id: id }) => row && (row['job_id'] = id)],
])('finds %s', (_name, fault, plant) => {
  expect(faultOf(plant).join('\n')).toMatch(fault);
});

test('finds milliseconds where part A has seconds, and a row that is like none of the vector', () => {
  const jobs = vector('A10_my-jobs.response.json') as unknown as { jobs: Record<string, unknown>[] };
  const answer = structuredClone(jobs);
  answer.jobs = answer.jobs.slice(0, 1).map((job) => ({ ...job, created_at: 1_755_504_302_000 }));
  expect(shapeFaults(jobs, answer)).toEqual(['jobs[].created_at: is a number, the vector has epoch seconds']);
});

test('items may come in another order, but a completed row with null numbers is not taken for a failed one', () => {
  const running = vector('C31_enhanced-results_running.response.json');
  const turned = { ...running, individual_results: [...running.individual_results].reverse() };
  expect(shapeFaults(running, turned)).toEqual([]);
  const blank = structuredClone(turned);
  const completed = blank.individual_results.find((row) => row['status'] === 'completed');
  if (completed) completed['affinity'] = null;
  expect(shapeFaults(running, blank)).not.toEqual([]);
});

test('what is allowed is allowed at its place only', () => {
  const allowed = [{ path: 'a[].at', may: 'have_zone', because: 'a test' }] as const;
  const [plain, zoned] = ['2025-08-18T08:00:00', '2025-08-18T08:00:00Z'];
  expect(shapeFaults({ a: [{ at: plain }] }, { a: [{ at: zoned }] }, allowed)).toEqual([]);
  expect(shapeFaults({ b: plain }, { b: zoned }, allowed)).toHaveLength(1);
});
