/** Cancel of rows, retry, pause, resume and clone over the API, with real workers behind it. */
import {
  ROUTES,
  type DeletedJob,
  type JobEvent,
  type JobSummary,
  type Project,
  type Quote,
  type RetryAnswer,
  type RowDetail,
  type RowView,
  type StoredFiles,
  type SubmitAnswer,
  type Swept,
} from '@omtx/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Api } from '../../../test/api.ts';
import { openTestHub, type TestHub } from '../../../test/hub.ts';

let hub: TestHub;
let api: Api;

beforeAll(async () => {
  hub = await openTestHub();
  api = new Api(hub);
});

afterAll(() => hub.close());

const rowOf = (id: string, index: number) =>
  api.call<RowDetail>({ url: `/api/v4/jobs/${id}/rows/${String(index)}` }, 200, ROUTES.getRow.answer);
const rowsOf = async (id: string) =>
  (await api.call<{ rows: RowView[] }>({ url: `/api/v4/jobs/${id}/rows` }, 200, ROUTES.listRows.answer)).rows;

test('a failed row is retried with a longer limit: it completes, and both attempts can be read', async () => {
  const { id } = await api.submit({
    timeoutSeconds: 1,
    input: { ligands: [{ smiles: 'C' }, { smiles: 'CC', sleep: 1.6 }, { smiles: 'C1CC' }] },
  });
  expect((await api.ended(id)).progress).toMatchObject({ completed: 1, failed: 2, rejected: 1 });
  const answer = await api.post<RetryAnswer>(
    `/jobs/${id}/retry`,
    { timeoutSeconds: 30, parameters: { delaySeconds: 0.01 } },
    ROUTES.retryJob.answer,
  );
  expect(answer).toMatchObject({ retried: 1, job: { status: 'running', finishedAt: null } });
  expect((await api.ended(id)).progress).toMatchObject({ completed: 2, failed: 1 });
  const row = await rowOf(id, 1);
  expect(row).toMatchObject({
    attempt: 2,
    outcome: 'completed',
    failure: null,
    changes: { timeoutSeconds: 30, parameters: { delaySeconds: 0.01 } },
    attempts: [{ attempt: 1, code: 'timeout', changes: null }],
    provenance: { parameters: { delaySeconds: 0.01 } },
  });
  const again = { method: 'POST', url: `/api/v4/jobs/${id}/retry` } as const;
  await api.problem(again, 'nothing_to_retry');
  await api.problem({ ...again, payload: { rows: [1], parameters: { nonsense: 1 } } }, 'invalid_input');
  await api.problem({ ...again, payload: { codes: ['nonsense'] } }, 'invalid_input');
});

test('a row that the job does not have is not found, and the rows named beside it stay as they are', async () => {
  const { id } = await api.submit({ input: { ligands: [{ fail: 'no_result' }, { smiles: 'CC' }] } });
  await api.ended(id);
  for (const change of ['cancel', 'retry']) {
    const request = { method: 'POST', url: `/api/v4/jobs/${id}/${change}`, payload: { rows: [0, 99] } } as const;
    expect((await api.problem(request, 'row_not_found')).detail).toMatch(/has 2 rows.*no row 99/);
    await api.problem({ method: 'POST', url: `/api/v4/jobs/${id}-0002/${change}` }, 'row_not_found');
  }
  expect((await api.job(id)).progress).toMatchObject({ failed: 1, completed: 1 });
});

test('an individual job that failed is retried as a whole', async () => {
  const { id } = await api.submit({ timeoutSeconds: 1, input: { ligand: { smiles: 'C', sleep: 1.5 } } });
  expect((await api.ended(id)).status).toBe('failed');
  await api.problem({ method: 'POST', url: `/api/v4/jobs/${id}/retry`, payload: { rows: [5] } }, 'row_not_found');
  await api.post(`/jobs/${id}/retry`, { timeoutSeconds: 30 });
  expect(await api.ended(id)).toMatchObject({ status: 'completed', row: { attempt: 2 } });
});

test('rows in flight that are cancelled stop, by list or by the id of a child; the others complete', async () => {
  const { id } = await api.submit({
    input: { ligands: [{ smiles: 'C', sleep: 60 }, { smiles: 'CC', sleep: 60 }, { smiles: 'CCC' }, { smiles: 'CCCC' }] },
  });
  await expect.poll(async () => (await api.job(id)).progress.running, { timeout: 20_000 }).toBe(2);
  await api.post<JobSummary>(`/jobs/${id}/cancel`, { rows: [0, 3] }, ROUTES.cancelJob.answer);
  expect((await api.post<JobSummary>(`/jobs/${id}-0001/cancel`, undefined, ROUTES.cancelJob.answer)).progress.cancelled).toBe(3);
  expect((await api.ended(id)).status).toBe('completed');
  expect((await rowsOf(id)).map((row) => row.outcome)).toEqual(['cancelled', 'cancelled', 'completed', 'cancelled']);
  await api.problem({ method: 'POST', url: `/api/v4/jobs/${id}-0001/cancel` }, 'job_final');
});

test('a paused batch lets its rows in flight end and starts no other; resumed, it ends', async () => {
  const { id } = await api.submit({
    input: { ligands: Array.from({ length: 8 }, (_, index) => ({ smiles: 'C'.repeat(index + 1), sleep: 0.5 })) },
  });
  await expect.poll(async () => (await api.job(id)).progress.running, { timeout: 20_000, interval: 20 }).toBeGreaterThan(0);
  expect((await api.post<JobSummary>(`/jobs/${id}/pause`, undefined, ROUTES.pauseJob.answer)).pausedAt).not.toBeNull();
  await expect.poll(async () => (await api.job(id)).progress.running, { timeout: 20_000 }).toBe(0);
  const paused = await api.job(id);
  expect(paused).toMatchObject({ status: 'running', waitingFor: expect.stringContaining('paused'), progress: { secondsLeft: null } });
  expect(paused.progress.pending).toBeGreaterThan(0);
  expect((await api.post<JobSummary>(`/jobs/${id}/resume`, undefined, ROUTES.resumeJob.answer)).pausedAt).toBeNull();
  expect((await api.ended(id)).progress.completed).toBe(8);
  await api.problem({ method: 'POST', url: `/api/v4/jobs/${id}/pause` }, 'job_final');
});

test('a cancelled batch is retried to its end, and its events go on behind the first end', async () => {
  const { id } = await api.submit({ input: { ligands: [{ smiles: 'C', sleep: 0.3 }, { smiles: 'CC', sleep: 0.3 }, { smiles: 'CCC' }] } });
  await api.post(`/jobs/${id}/cancel`, undefined);
  await api.post(`/jobs/${id}/retry`, { status: 'cancelled' });
  expect((await api.ended(id)).progress).toMatchObject({ completed: 3, cancelled: 0 });
  const stream = await hub.app.inject(`/api/v4/jobs/${id}/events`);
  const kinds = [...stream.body.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => (JSON.parse(data) as JobEvent).kind);
  expect(kinds.filter((kind) => kind === 'finished')).toHaveLength(2);
  expect(kinds).toContain('retried');
  expect(kinds.at(-1)).toBe('finished');
});

test('a clone is a new job with the same rows, lines and settings but for what is changed', async () => {
  const text = 'name,smiles,plate\nethanol,CCO,P1\nbroken,C1CC,P2\npropane,CCC,P3\n';
  const { id } = await api.submit({ seed: 7, tags: ['x'], input: { library: { format: 'csv', text } } });
  await api.ended(id);
  const clone = await api.post<SubmitAnswer>(
    `/jobs/${id}/clone`,
    { name: 'again', parameters: { delaySeconds: 0.01 } },
    ROUTES.cloneJob.answer,
  );
  expect(clone.rows).toEqual({ total: 3, accepted: 2, rejected: 1, reused: 0, unchecked: 0 });
  expect(await api.ended(clone.id)).toMatchObject({
    name: 'again',
    clonedFrom: id,
    seed: 7,
    tags: ['x'],
    parameters: { delaySeconds: 0.01 },
    progress: { completed: 2, rejected: 1 },
  });
  expect((await rowsOf(clone.id)).map((row) => [row.line, row.name])).toEqual((await rowsOf(id)).map((row) => [row.line, row.name]));
  const other = { input: { openSleepSeconds: 0.01 }, seed: 9, maxConcurrency: 2, timeoutSeconds: 30 };
  const changed = await api.post<SubmitAnswer>(`/jobs/${id}/clone`, other, ROUTES.cloneJob.answer);
  expect(await api.ended(changed.id)).toMatchObject({ sharedInput: other.input, seed: 9, maxConcurrency: 2, progress: { completed: 2 } });
  const part = await api.post<SubmitAnswer>(`/jobs/${id}/clone`, { rows: [2] });
  expect(part.rows.total).toBe(1);
  await api.problem({ method: 'POST', url: `/api/v4/jobs/${id}/clone`, payload: { rows: [9] } }, 'row_not_found');
  await api.problem({ method: 'POST', url: `/api/v4/jobs/${id}/clone`, payload: { modelId: 'nothing' } }, 'unknown_model');
});

test('a quote of the exact body says rows, refusals, time and compute, and stores nothing', async () => {
  const before = await api.call<{ total: number }>({ url: '/api/v4/jobs' }, 200);
  const payload = {
    name: 'a job',
    taskType: 'protein_ligand_docking',
    modelId: 'echo',
    input: { ligands: [{ smiles: 'CCO' }, { smiles: 'OCC' }, { smiles: 'C1CC' }, { smiles: 'CCC' }] },
  };
  const quote = await api.post<Quote>('/quote', payload, ROUTES.quoteJob.answer, 200);
  expect(quote).toMatchObject({
    jobType: 'batch_parent',
    lane: 'interactive',
    rows: { total: 4, accepted: 3, rejected: 1, reused: 1, unchecked: 0 },
    runs: 2,
    slots: 2,
    basis: 'measured',
    rejected: [{ index: 2, code: 'rejected_invalid_smiles' }],
  });
  expect(quote.seconds).toBeCloseTo(quote.setupSeconds + quote.rowSeconds, 6);
  expect(quote.secondsLow ?? Infinity).toBeLessThan(quote.seconds);
  expect(quote.secondsHigh ?? 0).toBeGreaterThan(quote.seconds);
  expect(quote.cpuSeconds).toBeCloseTo(quote.setupSeconds + 2 * quote.rowSeconds, 6);
  expect((await api.call<{ total: number }>({ url: '/api/v4/jobs' }, 200)).total).toBe(before.total);
  await api.problem({ method: 'POST', url: '/api/v4/quote', payload: { ...payload, modelId: 'nothing' } }, 'unknown_model');
});

test('a deleted job leaves a tombstone and its files, which nobody else names, are taken away an hour later', async () => {
  const { id } = await api.submit({ name: 'to go', input: { ligands: [{ smiles: 'CCOCCOCC' }] } });
  await api.ended(id);
  const files = async () => api.call<StoredFiles>({ url: '/api/v4/operator/files' }, 200, ROUTES.getStoredFiles.answer);
  const before = await files();
  await api.call({ method: 'DELETE', url: `/api/v4/jobs/${id}` }, 200, ROUTES.deleteJob.answer);
  expect((await files()).unnamed.files).toBeGreaterThan(before.unnamed.files);
  const deleted = await api.call<{ jobs: DeletedJob[] }>({ url: '/api/v4/deleted-jobs?limit=1' }, 200, ROUTES.listDeletedJobs.answer);
  expect(deleted.jobs).toMatchObject([{ id, name: 'to go', rows: 1, reason: 'asked' }]);
  await hub.ctx.db
    .updateTable('artifacts')
    .set({ touched_at: new Date(0) })
    .execute();
  const swept = await api.post<Swept>('/operator/files/sweep', undefined, ROUTES.sweepFiles.answer, 200);
  expect(swept.collected.files).toBeGreaterThan(0);
  expect((await files()).unnamed.files).toBe(0);
  expect((await files()).known.files).toBeGreaterThan(0);
});

test('a project says for how many days its jobs are kept; for ever where nobody said', async () => {
  const { id } = await api.submit({ input: { ligands: [{ smiles: 'CCO' }] } });
  await api.ended(id);
  await api.call({ method: 'PATCH', url: `/api/v4/jobs/${id}`, payload: { project: 'kinases' } }, 200);
  const projects = async () =>
    (await api.call<{ projects: Project[] }>({ url: '/api/v4/projects' }, 200, ROUTES.listProjects.answer)).projects;
  expect(await projects()).toEqual([{ name: 'kinases', retentionDays: null, jobs: 1, jobsDue: 0 }]);
  await api.call({ method: 'PATCH', url: '/api/v4/projects/kinases', payload: { retentionDays: 90 } }, 200, ROUTES.changeProject.answer);
  expect(await projects()).toEqual([{ name: 'kinases', retentionDays: 90, jobs: 1, jobsDue: 0 }]);
  await api.problem({ method: 'PATCH', url: '/api/v4/projects/kinases', payload: { retentionDays: 0 } }, 'invalid_body');
});
