/** `/api/v4` as a client sees it, with real workers behind it. Each answer is held against the schema that the contract gives for it. */
import { Problem, PROBLEMS, ROUTES, type JobDetail, type JobEvent, type RowDetail, type RowView, type SubmitAnswer } from '@omtx/contract';
import type { InjectOptions } from 'fastify';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestHub, type TestHub } from '../../test/hub.ts';

let hub: TestHub;

beforeAll(async () => {
  hub = await openTestHub();
});

afterAll(() => hub.close());

const TEXT = 'name,smiles,plate\nethanol,CCO,P1\n"=cmd()|bad",C1CC,P2\nalcohol,OCC,P3\n-propane,CCC,P4\n';

async function call<T>(options: InjectOptions, status: number, schema?: TSchema): Promise<T> {
  const answer = await hub.app.inject(options);
  expect(answer.statusCode, answer.body).toBe(status);
  const value = answer.json<T>();
  if (schema) expect(Value.Errors(schema, value).slice(0, 3)).toEqual([]);
  return value;
}

async function submit(body: object): Promise<SubmitAnswer> {
  const payload = { name: 'a job', taskType: 'protein_ligand_docking', modelId: 'echo', ...body };
  return call<SubmitAnswer>({ method: 'POST', url: '/api/v4/jobs', payload }, 202, ROUTES.submitJob.answer);
}

async function ended(id: string): Promise<JobDetail> {
  const get = () => call<JobDetail>({ url: `/api/v4/jobs/${id}` }, 200, ROUTES.getJob.answer);
  await expect.poll(async () => (await get()).finishedAt, { timeout: 20_000, interval: 50 }).not.toBeNull();
  return get();
}

async function problem(options: InjectOptions, code: keyof typeof PROBLEMS): Promise<Problem> {
  const found = await call<Problem>(options, PROBLEMS[code].status, Problem);
  expect(found.code).toBe(code);
  return found;
}

test('from a library to ranked rows, files, exports and events', async () => {
  const { id, rows } = await submit({ input: { library: { format: 'csv', text: TEXT } } });
  expect(rows).toEqual({ total: 4, accepted: 3, rejected: 1, reused: 1, unchecked: 0 });
  const job = await ended(id);
  expect(job).toMatchObject({
    status: 'completed',
    progress: { total: 4, completed: 3, reused: 1, failed: 1, rejected: 1, percentage: 100 },
  });
  expect(job.artifacts).toMatchObject([{ name: 'shared.json', role: 'report' }]);

  const page = await call<{ rows: RowView[] }>({ url: `/api/v4/jobs/${id}/rows?sort=rank` }, 200, ROUTES.listRows.answer);
  expect(page.rows.map((row) => [row.rank, row.index, row.outcome])).toEqual([
    [1, 0, 'completed'],
    [1, 2, 'reused'],
    [1, 3, 'completed'],
    [null, 1, 'rejected'],
  ]);

  const row = await call<RowDetail>({ url: `/api/v4/jobs/${id}/rows/2` }, 200, ROUTES.getRow.answer);
  expect(row).toMatchObject({ reusedFrom: 0, batchId: id, tables: { echo: [{ key: 'CCO' }] }, provenance: { modelId: 'echo', seed: 42 } });
  const file = await hub.app.inject(row.artifacts[0]?.href ?? '');
  expect(file.json()).toMatchObject({ asked: { smiles: 'CCO' } });
  expect(file.headers).toMatchObject({ 'content-disposition': 'attachment; filename="echo.json"', 'x-content-type-options': 'nosniff' });

  const csv = (await hub.app.inject(`/api/v4/jobs/${id}/export?format=csv`)).body.split('\r\n');
  expect(csv).toEqual([
    'rank,index,line,name,smiles,canonical_smiles,outcome,echo.score,seconds [s],reused_from,code,message,plate',
    expect.stringMatching(/^1,0,2,ethanol,CCO,CCO,completed,-3,[\d.]+,,,,P1$/),
    expect.stringMatching(/^,1,3,'=cmd\(\)\|bad,C1CC,,rejected,,,,rejected_invalid_smiles,.+,P2$/),
    '1,2,4,alcohol,OCC,CCO,reused,-3,,0,,,P3',
    expect.stringMatching(/^1,3,5,'-propane,CCC,CCC,completed,-3,[\d.]+,,,,P4$/),
    '',
  ]);
  expect((await hub.app.inject(`/api/v4/jobs/${id}/export?format=jsonl`)).body.trim().split('\n')).toHaveLength(4);
  expect((await hub.app.inject(`/api/v4/jobs/${id}/export?format=json`)).json()).toHaveLength(4);
});

test('pages of rows follow each other without a gap, and a list of jobs too', async () => {
  const ligands = Array.from({ length: 7 }, (_, index) => ({ smiles: 'C'.repeat(index + 1) }));
  const { id } = await submit({ input: { ligands } });
  await ended(id);
  const seen: number[] = [];
  for (let cursor: string | null = '0'; cursor !== null;) {
    const page: { rows: RowView[]; nextCursor: string | null } = await call(
      { url: `/api/v4/jobs/${id}/rows?limit=3&cursor=${cursor}` },
      200,
    );
    seen.push(...page.rows.map((row) => row.index));
    cursor = page.nextCursor;
  }
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6]);
  await submit({ input: { ligands: [{ smiles: 'C' }] } });
  const first = await call<{ jobs: { id: string }[]; nextCursor: string; total: number }>(
    { url: '/api/v4/jobs?limit=1' },
    200,
    ROUTES.listJobs.answer,
  );
  const second = await call<{ jobs: { id: string }[] }>({ url: `/api/v4/jobs?limit=1&cursor=${first.nextCursor}` }, 200);
  expect(second.jobs[0]?.id).not.toBe(first.jobs[0]?.id);
  expect(first.total).toBeGreaterThan(1);
});

test('events come live, and a reader that comes back misses none and sees none twice', async () => {
  await hub.app.listen({ host: '127.0.0.1', port: 0 });
  const { id } = await submit({
    input: {
      ligands: [
        { smiles: 'C', sleep: 0.2 },
        { smiles: 'CC', sleep: 0.4 },
      ],
    },
  });
  const [address] = hub.app.addresses();
  if (typeof address !== 'object') throw new Error('the server listens on no port');
  const read = async (after: number) => {
    const response = await fetch(`http://127.0.0.1:${String(address.port)}/api/v4/jobs/${id}/events`, {
      headers: { 'last-event-id': String(after) },
    });
    const events = [...(await response.text()).matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as JobEvent);
    return events;
  };
  const all = await read(0);
  expect(all.map((event) => event.sequence)).toEqual(all.map((_, index) => index + 1));
  expect([all[0]?.kind, all.at(-1)?.kind, all.at(-1)?.status]).toEqual(['submitted', 'finished', 'completed']);
  expect((await read(2)).map((event) => event.sequence)).toEqual(all.slice(2).map((event) => event.sequence));
});

test('a cancel answers with the job as it is, a second one too, and a completed job refuses it', async () => {
  const { id } = await submit({
    input: {
      ligands: [
        { smiles: 'C', sleep: 60 },
        { smiles: 'CC', sleep: 60 },
      ],
    },
  });
  for (let time = 0; time < 2; time++) {
    const job = await call<JobDetail>({ method: 'POST', url: `/api/v4/jobs/${id}/cancel` }, 202, ROUTES.cancelJob.answer);
    expect(job).toMatchObject({ status: 'cancelled', progress: { cancelled: 2, running: 0, pending: 0 } });
  }
  const done = await submit({ input: { ligands: [{ smiles: 'C' }] } });
  await ended(done.id);
  await problem({ method: 'POST', url: `/api/v4/jobs/${done.id}/cancel` }, 'job_final');
});

test('what is wrong with a body is told field by field, each with its pointer', async () => {
  const payload = { name: 5, taskType: 'protein_ligand_docking', modelId: 'echo', input: {}, sede: 1 };
  const { errors } = await problem({ method: 'POST', url: '/api/v4/jobs', payload }, 'invalid_body');
  expect(errors.map((error) => error.pointer).sort()).toEqual(['/name', '/sede']);
  expect(errors.find((error) => error.pointer === '/sede')?.detail).toContain('Did you mean "seed"?');
  await problem({ method: 'POST', url: '/api/v4/jobs', payload: { name: 'x' } }, 'invalid_body');
  const post = { method: 'POST', url: '/api/v4/jobs' } as const;
  await problem({ ...post, payload: '{', headers: { 'content-type': 'application/json' } }, 'invalid_body');
  await problem({ url: '/api/v4/jobs/%ff' }, 'invalid_query');
  for (const type of ['application/xml', 'text/plain'])
    await problem({ ...post, payload: '<a/>', headers: { 'content-type': type } }, 'unsupported_media_type');
  const body = { name: 'x', taskType: 'protein_ligand_docking', modelId: 'vina', input: {} };
  expect((await problem({ ...post, payload: body }, 'model_not_installed')).detail).toContain('omtx models install vina');
});

test('queries, ids and addresses that are wrong are told apart', async () => {
  expect((await problem({ url: '/api/v4/jobs?limit=0' }, 'invalid_query')).errors[0]?.pointer).toBe('limit');
  await problem({ url: '/api/v4/jobs?colour=red' }, 'invalid_query');
  await problem({ url: '/api/v4/jobs/nothing' }, 'job_not_found');
  await problem({ url: '/api/v4/jobs/01890000-0000-7000-8000-000000000000/rows' }, 'job_not_found');
  const { id } = await submit({ input: { ligands: [{ smiles: 'C' }] } });
  await problem({ url: `/api/v4/jobs/${id}/rows/1` }, 'row_not_found');
  await problem({ url: `/api/v4/jobs/${id}/artifacts/${'0'.repeat(64)}` }, 'artifact_not_found');
  await problem({ url: '/api/v4/nothing' }, 'not_found');
  await problem({ method: 'DELETE', url: '/api/v4/jobs' }, 'method_not_allowed');
  await problem({ url: '/api/v4/jobs/01890000-0000-7000-8000-000000000000/events' }, 'job_not_found');
});

test('models, tasks, metrics, health, description and docs answer', async () => {
  const { models } = await call<{ models: { id: string; state: string }[] }>({ url: '/api/v4/models' }, 200, ROUTES.listModels.answer);
  expect(models.find((model) => model.id === 'echo')?.state).toBe('installed');
  await call({ url: '/api/v4/models/echo' }, 200, ROUTES.getModel.answer);
  await problem({ url: '/api/v4/models/nothing' }, 'not_found');
  await call({ url: '/api/v4/tasks' }, 200, ROUTES.listTasks.answer);
  await call({ url: '/api/v4/metrics' }, 200, ROUTES.listMetrics.answer);
  expect(await call({ url: '/health/live' }, 200)).toEqual({ status: 'live' });
  expect(await call({ url: '/health/ready' }, 200)).toMatchObject({ status: 'ready' });
  const { paths } = await call<{ paths: object }>({ url: '/openapi.json' }, 200);
  for (const { path } of Object.values(ROUTES)) expect(Object.keys(paths)).toContain(path.replaceAll(/:(\w+)/g, '{$1}'));
  expect((await hub.app.inject('/docs/')).headers['content-type']).toContain('text/html');
});

test('an answer over a kilobyte is compressed where the client takes it', async () => {
  const answer = await hub.app.inject({ url: '/openapi.json', headers: { 'accept-encoding': 'gzip' } });
  expect(answer.headers['content-encoding']).toBe('gzip');
});

test('the page of a problem and the description of the API come from the hub alone, without a network', async () => {
  const { type } = await problem({ url: '/api/v4/nothing' }, 'not_found');
  expect((await hub.app.inject(type)).body).toContain('# not_found');
  const docs = await hub.app.inject({ url: '/docs/', headers: { accept: 'text/html' } });
  expect(docs.statusCode).toBe(200);
  const loaded = [...docs.body.matchAll(/<(?:script|link|img|iframe)[^>]*?(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '');
  expect(loaded.length).toBeGreaterThan(0);
  for (const address of loaded) {
    expect(address).not.toMatch(/^([a-z]+:)?\/\//);
    expect((await hub.app.inject(new URL(address, 'http://hub/docs/').pathname)).statusCode, address).toBe(200);
  }
});
