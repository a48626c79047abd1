/** Shares and limits over the API, with a real worker behind it. */
import { ROUTES, type ChangeLimits, type Limits } from '@omtx/contract';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Api } from '../../../test/api.ts';
import { openTestHub, type TestHub } from '../../../test/hub.ts';

let hub: TestHub;
let api: Api;

beforeAll(async () => {
  hub = await openTestHub();
  api = new Api(hub);
});

afterEach(() => change({ owners: [{ owner: 'local', weight: 1, maxSlots: null }], models: [{ modelId: 'echo', maxSlots: null }] }));

afterAll(() => hub.close());

const request = (payload: object) => ({ method: 'PATCH', url: '/api/v4/operator/limits', payload }) as const;
const change = (wish: ChangeLimits) => api.call<Limits>(request(wish), 200, ROUTES.changeLimits.answer);
const read = () => api.call<Limits>({ url: '/api/v4/operator/limits' }, 200, ROUTES.getLimits.answer);
const ofLocal = ({ owners }: Limits) => owners.find(({ owner }) => owner === 'local');

test('what a change leaves out stays as it is, and null lifts a limit', async () => {
  expect(ofLocal(await change({ owners: [{ owner: 'local', weight: 3, maxSlots: 7 }] }))).toMatchObject({ weight: 3, maxSlots: 7 });
  expect(ofLocal(await change({ owners: [{ owner: 'local', weight: 2 }] }))).toMatchObject({ weight: 2, maxSlots: 7 });
  expect(ofLocal(await change({ owners: [{ owner: 'local', maxSlots: null }] }))).toMatchObject({ weight: 2, maxSlots: null });
  await change({ models: [{ modelId: 'echo', maxSlots: 4 }] });
  expect((await read()).models).toEqual([{ modelId: 'echo', maxSlots: 4, slotsInUse: 0 }]);
  expect((await change({ models: [{ modelId: 'echo', maxSlots: null }] })).models).toEqual([]);
});

test.each([
  [
    'a model',
    { models: [{ modelId: 'echo', maxSlots: 0 }] },
    { models: [{ modelId: 'echo', maxSlots: null }] },
    /as many rows as this hub allows/,
  ],
  [
    'an owner',
    { owners: [{ owner: 'local', maxSlots: 0 }] },
    { owners: [{ owner: 'local', maxSlots: null }] },
    /as many rows as you may have/,
  ],
])('a job of %s at its limit says so, and goes on as soon as the limit is lifted', async (_, limit, lifted, reason) => {
  await change(limit);
  const { id } = await api.submit({ input: { ligands: [{ smiles: 'C' }, { smiles: 'CC' }] } });
  await expect.poll(async () => (await api.job(id)).waitingFor, { timeout: 10_000 }).toMatch(reason);
  await change(lifted);
  expect((await api.ended(id)).progress).toMatchObject({ completed: 2 });
});

test('a change that names something wrong changes nothing and says what', async () => {
  const settings = async () => ({ local: ofLocal(await read())?.weight, models: (await read()).models });
  const before = await settings();
  const wrong = await api.problem(
    request({
      owners: [{ owner: 'local', weight: 9 }],
      models: [
        { modelId: 'echo', maxSlots: 1 },
        { modelId: 'nothing', maxSlots: 1 },
      ],
    }),
    'invalid_input',
  );
  expect(wrong.errors).toEqual([{ pointer: '/models/1/modelId', detail: 'This hub has no model "nothing".' }]);
  await api.problem(request({ owners: [{ owner: 'local' }, { owner: 'local' }] }), 'invalid_input');
  for (const payload of [
    { owners: [{ owner: 'a b' }] },
    { owners: [{ owner: 'local', weight: 0 }] },
    { models: [{ modelId: 'echo' }] },
    { all: 1 },
  ])
    await api.problem(request(payload), 'invalid_body');
  expect(await settings()).toEqual(before);
});
