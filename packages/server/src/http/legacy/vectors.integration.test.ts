/**
 * The contract test: every vector of the old contract against a hub that holds jobs like those it was recorded with. Each answer has the
 * status of its vector and fits its shape; errors are the same word for word.
 */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTestHub, type TestHub } from '../../../test/hub.ts';
import { shapeFaults, type Allowance } from '../../../test/legacy/check-shape.ts';
import { BATCH, emptyHub, fill, fillBatch, fillIndividual, SECOND_BATCH } from '../../../test/legacy/fill.ts';

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'test', 'legacy');
const SECRET = 'a secret of the contract test';

interface Vector {
  readonly file: string;
  readonly kind: 'request' | 'response';
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly status?: number;
}
type Json = Readonly<Record<string, unknown>>;

const MANIFEST = read('manifest.json') as unknown as readonly Vector[];
const RESULT = (read('B11_job_completed.response.json')['result_data'] ?? {}) as Json;

function read(file: string): Json {
  return JSON.parse(readFileSync(join(FOLDER, 'vectors', file), 'utf8')) as Json;
}

/** What the hub holds when a vector is replayed. */
type Scenario = (hub: TestHub) => Promise<unknown>;

const nothing: Scenario = () => Promise.resolve();
const individual: Scenario = (hub) => fillIndividual(hub, 'completed', RESULT);
const mixed: Scenario = async (hub) => {
  await individual(hub);
  await fillBatch(hub, ['completed', 'failed', 'running'], RESULT);
};
const completed: Scenario = async (hub) => {
  await individual(hub);
  await fillBatch(hub, ['completed', 'completed', 'completed'], RESULT);
};
const twoBatches: Scenario = async (hub) => {
  await fillBatch(hub, ['completed', 'completed', 'completed'], RESULT);
  await fillBatch(hub, ['completed', 'running', 'running'], RESULT, SECOND_BATCH);
};
const endedMixed: Scenario = (hub) => fillBatch(hub, ['completed', 'failed', 'completed'], RESULT);
const DESIGN = '7d3c5a10-3c1e-4b7a-8a56-0d2b9f4e1c04';
const design =
  (fate: 'running' | 'completed'): Scenario =>
  (hub) =>
    fill(hub, {
      id: DESIGN,
      name: 'nanobody_design',
      taskType: 'nanobody_design',
      modelId: 'rfantibody',
      isBatch: false,
      shared: {},
      rows: [
        { fate, input: { targetPdbContent: 'ATOM', targetChain: 'A', hotspotResidues: ['A:100', 'A:104'], targetName: 'target.pdb' } },
      ],
      result: {},
      tables: { designs: [{ sequence: 'QVQLVESGGGLVQPGGSLRLSCAAS', score: 0.83, rank: 1, framework: 'vhh' }] },
    });

/** By the file of the vector; those that are not here need nothing in the hub. */
const SCENARIOS: readonly [files: RegExp, scenario: Scenario][] = [
  [/^(A1|A2|A3|A4|A5|A61|B15|B62|B63|C10|C20|C31|C43)/, mixed],
  [/^(A60|A70|B11|B14|B16|B17|B18|B20|B21|B23|B61)/, individual],
  [/^B10/, (hub) => fillIndividual(hub, 'running', RESULT)],
  [/^B12/, (hub) => fillIndividual(hub, 'failed', RESULT)],
  [/^(B24|B60|C11|C30|C32|C33|C41|C44|C50)/, completed],
  [/^C12/, endedMixed],
  [/^C40/, twoBatches],
  [/^B51/, design('running')],
  [/^B52/, design('completed')],
];

/** Bodies of vectors that have no request file of their own, built from the contract. */
const BODIES: Readonly<Record<string, unknown>> = {
  A05: { ...read('A01_predict-smart_individual.request.json'), job_name: '  ' },
  A06: { ...read('A01_predict-smart_individual.request.json'), input_data: { protein_name: 'EGFR' } },
  A07: { task_type: 'protein_ligand_binding' },
  B02: read('A03_predict-smart_explicitbatch.request.json'),
  C02: { ...read('C01_submit.request.json'), protein_sequence: 'MKT' },
  C03: { ...read('C01_submit.request.json'), ligands: [] },
  E02: read('E01_webhook_completion.request.json'),
  E03: read('E01_webhook_completion.request.json'),
};

const ALLOWED: readonly Allowance[] = [
  {
    path: 'scientific_analysis.hotspot_residues',
    may: 'be_empty',
    because: 'the model of the vectors tells no contacts, and no residue is made up',
  },
  { path: 'cache_info.keys', may: 'be_empty', because: 'these paths answer from the database' },
  ...['results[]', 'jobs[]'].flatMap((list) =>
    ['created_at', 'completed_at', 'saved_at'].map((key) => ({
      path: `${list}.${key}`,
      may: 'have_zone' as const,
      because: 'the pages read a time without zone as their own, so lists of B have one though these two vectors were recorded without',
    })),
  ),
];

let hub: TestHub;

beforeAll(async () => {
  hub = await openTestHub({
    offeredModels: ['boltz2', 'rfantibody', 'chai1'],
    works: false,
    modelsDirs: [join(FOLDER, 'models')],
    legacy: { off: [], webhookSecret: SECRET },
  });
});

afterAll(() => hub.close());

beforeEach(() => emptyHub(hub));

const keyOf = (file: string): string => file.slice(0, 3);

function bodyOf({ file }: Vector): unknown {
  const own = MANIFEST.find((each) => each.kind === 'request' && keyOf(each.file) === keyOf(file));
  return BODIES[keyOf(file)] ?? (own && read(own.file));
}

/** A webhook is signed over its bytes; the vectors of its errors break the signature, or are an hour old. */
function headersOf({ file, path }: Vector, payload: string): Record<string, string> {
  if (!path.includes('/webhooks/')) return {};
  const seconds = Math.floor(Date.now() / 1_000) - (keyOf(file) === 'E03' ? 3_600 : 0);
  const secret = keyOf(file) === 'E02' ? 'another secret' : SECRET;
  return {
    'x-modal-signature': `sha256=${createHmac('sha256', secret).update(payload).digest('hex')}`,
    'x-modal-timestamp': String(seconds),
  };
}

async function replay(vector: Vector) {
  const body = vector.method === 'POST' ? bodyOf(vector) : undefined;
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const url = vector.path.replace('rf-1', DESIGN);
  const headers = { 'content-type': 'application/json', ...headersOf(vector, payload ?? '') };
  return hub.app.inject({ method: vector.method, url, ...(payload === undefined ? {} : { payload, headers }) });
}

async function prepare(file: string): Promise<void> {
  await (SCENARIOS.find(([files]) => files.test(file))?.[1] ?? nothing)(hub);
}

const responses = MANIFEST.filter(({ kind }) => kind === 'response');
/** The first was a fault that pages never got over, the second a form that this hub has no cause to send. */
const SHAPE_ONLY = ['C12', 'C33'];

describe('every answer of the old contract', () => {
  test.each(responses.map((vector) => [vector.file, vector] as const))('%s', async (file, vector) => {
    await prepare(file);
    const answer = await replay(vector);
    expect(answer.statusCode, answer.body).toBe(vector.status);
    const expected = read(file);
    if (file.endsWith('.error.json')) {
      expectSameError(expected, answer.json<Json>());
      return;
    }
    expect(shapeFaults(withIds(expected), answer.json(), ALLOWED)).toEqual([]);
    if (!SHAPE_ONLY.includes(keyOf(file))) expect(statusesOf(answer.json<Json>())).toMatchObject(statusesOf(expected));
  });

  test('all 91 vectors are replayed, requests and answers', () => {
    expect(MANIFEST).toHaveLength(91);
    const requests = MANIFEST.filter(({ kind }) => kind === 'request').map(({ file }) => keyOf(file));
    const answered = new Set(responses.map(({ file }) => keyOf(file)));
    expect(requests.filter((key) => !answered.has(key))).toEqual(['A03', 'A04']);
  });
});

test.each(['A03', 'A04'])('the request %s, of which no answer was recorded, is a batch of three', async (key) => {
  const vector = MANIFEST.find(({ file }) => keyOf(file) === key);
  if (!vector) throw new Error(`no vector ${key}`);
  const answer = await replay(vector);
  expect(answer.statusCode, answer.body).toBe(200);
  expect(shapeFaults(read('A02_predict-smart_autobatch.response.json'), answer.json())).toEqual([]);
  expect(answer.json()).toMatchObject({ message: 'Batch prediction submitted: 3 ligands' });
});

/** Of the two jobs that have short ids in the vectors; the hub's own are UUIDs. */
function withIds(vector: Json): Json {
  return JSON.parse(JSON.stringify(vector).replaceAll('"rf-1"', `"${DESIGN}"`).replaceAll('"ch-1"', `"${BATCH}"`)) as Json;
}

/** Every finding of the vector is in the answer, word for word; there may be more. */
function expectSameError(expected: Json, answer: Json): void {
  if (!Array.isArray(expected['detail'])) expect(answer).toEqual(expected);
  else expect(answer).toEqual({ detail: expect.arrayContaining(expected['detail']) });
}

/** The words that pages decide by, at the top of an answer. */
function statusesOf(answer: Json): Json {
  const words = ['status', 'batch_status', 'success'];
  return Object.fromEntries(words.flatMap((name) => (answer[name] === undefined ? [] : [[name, answer[name]]])));
}
