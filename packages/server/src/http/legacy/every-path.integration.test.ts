/** Any job in any state through every old path that reads, with any query: no fault of the hub, and no null where a page prints a number. */
import { LOCAL_OWNER } from '@omtx/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestHub, type TestHub } from '../../../test/hub.ts';
import { BATCH, emptyHub, fillBatch, fillIndividual, INDIVIDUAL, type RowFate } from '../../../test/legacy/fill.ts';
import { markCancelled } from '../../storage/cancel.ts';
import { pauseJob } from '../../services/pause-job.ts';

let hub: TestHub;
let paths: readonly string[];

beforeAll(async () => {
  hub = await openTestHub({ offeredModels: ['boltz2'], works: false });
  const { routes } = (await hub.app.inject('/api/v4/legacy-usage')).json<{ routes: { method: string; path: string }[] }>();
  paths = routes.filter(({ method }) => method === 'GET').map(({ path }) => path);
});

afterAll(() => hub.close());

const number = fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(0));
const METRICS = ['affinity', 'affinity_probability', 'confidence', 'ptm_score', 'iptm_score', 'plddt_score'];
const result = fc.record(Object.fromEntries(METRICS.map((name) => [name, number])), { requiredKeys: [] });
const fate = fc.constantFrom<RowFate>('pending', 'running', 'completed', 'failed');
const state = fc.record({
  single: fate,
  rows: fc.tuple(fate, fate, fate),
  result,
  then: fc.constantFrom('nothing', 'cancelled', 'paused'),
});
type State = typeof state extends fc.Arbitrary<infer T> ? T : never;

async function fillHub({ single, rows, result: numbers, then }: State): Promise<void> {
  await emptyHub(hub);
  const ids = [await fillIndividual(hub, single, numbers), await fillBatch(hub, rows, numbers)];
  for (const id of ids) {
    if (then === 'cancelled') await markCancelled(hub.ctx.db, LOCAL_OWNER, id);
    // What has ended cannot be paused.
    if (then === 'paused') await pauseJob(hub.ctx, { owner: LOCAL_OWNER }, id, true).catch(() => undefined);
  }
}

const IDS = [INDIVIDUAL, BATCH, `${BATCH}-0000`];
const PARAMS: Readonly<Record<string, readonly string[]>> = {
  ':job': IDS.slice(2),
  ':format': ['cif', 'pdb', 'json', 'csv'],
  ':file': ['x.cif'],
  ':status': ['completed', 'failed'],
  ':task': ['protein_ligand_binding'],
  ':provider': ['local'],
  ':name': ['database'],
};

/** The path with each id, and each value of its other parameters. */
function addressesOf(path: string): readonly string[] {
  const ids = path.startsWith('/api/v2/tasks') ? ['protein_ligand_binding'] : path === '/api/v2/models/:id' ? ['boltz2'] : IDS;
  return path.split('/').reduce<readonly string[]>(
    (begun, segment) => {
      const values = segment === ':id' ? ids : (PARAMS[segment] ?? [segment]);
      return begun.flatMap((start) => values.map((value) => (start === '/' ? value : `${start}/${value}`)));
    },
    ['/'],
  );
}

/** Keys under which old pages print whatever is not undefined. */
const PRINTED =
  /^(affinity|affinity_prob.*|confidence|confidence_score|(ligand_|protein_)?i?ptm(_score)?|plddt(_score)?|ens_.*|complex_.*|execution_time)$/;

/** Of rows that say that they are completed, and of what is printed as it is. */
function nullMetrics(value: unknown, path: string, isPrinted = false): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const isDone = isPrinted || ('status' in value && value.status === 'completed');
  return Object.entries(value).flatMap(([key, each]) =>
    each === null && isDone && PRINTED.test(key)
      ? [`${path}.${key}`]
      : nullMetrics(
          each,
          `${path}.${key}`,
          ['raw_modal_result', 'result_data', 'results', 'output_data'].includes(key) && !Array.isArray(each),
        ),
  );
}

test('every job in every state is shown by every path that reads', async () => {
  const shown = new Set<string>();
  const check = async (given: State): Promise<void> => {
    await fillHub(given);
    for (const path of paths) {
      for (const address of addressesOf(path)) {
        const answer = await hub.app.inject(address);
        expect(answer.statusCode, `${address} ${answer.body.slice(0, 200)}`).toBeLessThan(500);
        if (answer.statusCode === 200) shown.add(path);
        if (!String(answer.headers['content-type']).includes('json')) continue;
        expect(nullMetrics(answer.json(), address)).toEqual([]);
      }
    }
  };
  const all: State = { single: 'completed', rows: ['completed', 'failed', 'running'], result: { affinity: -1 }, then: 'nothing' };
  await fc.assert(fc.asyncProperty(state, check), { numRuns: 3, examples: [[all]], interruptAfterTimeLimit: 200_000 });
  // Two want something in the query, and one leads elsewhere.
  expect(paths.filter((path) => !shown.has(path))).toEqual(['/api/v2/results/search', '/redoc', '/api/v3/batches/fast-results']);
}, 240_000);

const NAMES = [
  'page',
  'per_page',
  'limit',
  'page_size',
  'offset',
  'status',
  'status_filter',
  'job_type',
  'type_filter',
  'task_type',
].concat(
  ['search', 'q', 'user_id', 'include_results', 'include_children', 'include_running', 'include_raw_modal', 'summary_only', 'format'],
  ['model', 'date_from', 'date_to', 'fields', 'active_only', 'provider', 'task', 'lightweight', 'include_batches', 'batch_id', 'job_id'],
);
const WORDS = [
  '',
  '0',
  '-1',
  '1',
  '100',
  '999999999',
  '99999999999',
  '1e3',
  '1.5',
  'NaN',
  'true',
  'maybe',
  'x',
  '%',
  '_',
  '\\',
  "' or 1=1 --",
].concat(
  ['\u0000', '\ud800', '😀', 'null', '[]', '{}', '__proto__', '../..', '2025-01-01', '9999-99-99', '-271821-04-20', 'completed', 'csv'],
  ['individual', 'BATCH_CHILD', 'all', 'a'.repeat(2_000)],
);
const word = fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 30 }));
const query = fc.array(fc.tuple(fc.constantFrom(...NAMES), word), { minLength: 1, maxLength: 4 });
const encoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

test('no query and no id is a fault of the hub, and what is refused is refused in the old form', async () => {
  await fillHub({ single: 'completed', rows: ['completed', 'failed', 'running'], result: { affinity: -1 }, then: 'nothing' });
  const statuses = new Set<number>();
  const check = async (path: string, pairs: readonly (readonly [string, string])[], id: string): Promise<void> => {
    const [address = ''] = addressesOf(path);
    const asked = pairs.map(([name, value]) => `${name}=${encoded(value)}`).join('&');
    for (const url of [`${address}?${asked}`, `${path.replaceAll(/:\w+/g, () => encoded(id) || 'x')}?${asked}`]) {
      const answer = await hub.app.inject(url);
      statuses.add(answer.statusCode);
      expect(answer.statusCode, `${url} ${answer.body.slice(0, 200)}`).toBeLessThan(500);
      if (answer.statusCode >= 400) expect(Object.keys(answer.json<object>()), url).toEqual(['detail']);
    }
  };
  await fc.assert(fc.asyncProperty(fc.constantFrom(...paths), query, word, check), { numRuns: 300 });
  expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 404, 422]));
}, 120_000);
