/** A library of more rows than are checked before the answer: durable at once, checked by parts, claimable only once checked. */
import { isJobId, LOCAL_OWNER, type JobId, type SubmitAnswer, type SubmitJob } from '@omtx/contract';
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openTestHub, type TestHub } from '../../test/hub.ts';
import { readEvents } from '../storage/events.ts';
import { takeCheck, writeCheckedRows } from '../storage/row-checks.ts';
import { checkRows } from './check-rows.ts';
import { quoteJob } from './quote-job.ts';
import { submitJob } from './submit-job.ts';

let hub: TestHub;
const principal = { owner: LOCAL_OWNER };
const never = new AbortController().signal;
/** More than are checked before the answer. */
const ROWS = 5_200;

beforeAll(async () => {
  hub = await openTestHub({ works: false, checks: false });
});

beforeEach(async () => {
  await hub.ctx.db.deleteFrom('jobs').execute();
});

afterAll(() => hub.close());

/** Row 10 is bad, row 5,100 repeats row 3 in another writing, row 20 has too few columns. */
function libraryText(): string {
  const lines = Array.from(
    { length: ROWS },
    (_, index) =>
      `m${String(index)},${'C'.repeat((index % 60) + 1)}${'O'.repeat(Math.floor(index / 60) % 2)}N${'C'.repeat(Math.floor(index / 120))},P1`,
  );
  lines[10] = 'bad,C1CC,P1';
  lines[20] = 'short';
  lines[3] = 'first,CCO,P1';
  lines[5_100] = 'again,OCC,P1';
  return `name,smiles,plate\n${lines.join('\n')}\n`;
}

function submit(more: Partial<SubmitJob> = {}): Promise<SubmitAnswer> {
  const input = { library: { format: 'csv', text: libraryText() } };
  return submitJob(hub.ctx, principal, { name: 'large', taskType: 'protein_ligand_docking', modelId: 'echo', input, ...more });
}

function idOf({ id }: SubmitAnswer): JobId {
  if (!isJobId(id)) throw new Error(`${id} is no job id`);
  return id;
}

async function jobOf(id: JobId) {
  return hub.ctx.db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

async function rowOf(id: JobId, index: number) {
  return hub.ctx.db.selectFrom('batch_rows').selectAll().where('batch_id', '=', id).where('index', '=', index).executeTakeFirstOrThrow();
}

async function checkAll(): Promise<void> {
  const holder = randomUUID();
  const check = await takeCheck(hub.ctx.db, holder);
  if (check) await checkRows(hub.ctx, check, holder, never);
}

test(
  'rows are durable with the answer and none is claimable; the check finds bad ones and repeats and lets the rest run',
  { timeout: 120_000 },
  async () => {
    const answer = await submit();
    expect(answer.rows).toEqual({ total: ROWS, accepted: ROWS - 1, rejected: 1, reused: 0, unchecked: ROWS });
    const id = idOf(answer);
    expect(await jobOf(id)).toMatchObject({ checked_until: 0, checked_count: 0, total_count: ROWS, rejected_count: 1 });
    await checkAll();
    expect(await jobOf(id)).toMatchObject({
      checked_until: ROWS,
      checked_count: ROWS,
      rejected_count: 2,
      failed_count: 2,
      finished_at: null,
    });
    expect(await rowOf(id, 10)).toMatchObject({ line: 12, name: 'bad', outcome: 'rejected', code: 'rejected_invalid_smiles' });
    expect(await rowOf(id, 20)).toMatchObject({ outcome: 'rejected', code: 'rejected_malformed_row' });
    expect(await rowOf(id, 5_100)).toMatchObject({ status: 'pending', canonical_smiles: 'CCO', reused_from: 3, original: { plate: 'P1' } });
    const events = await readEvents(hub.ctx.db, LOCAL_OWNER, id, 0, 100);
    expect(events?.map((event) => event.kind)).toEqual(['submitted', 'checked', 'checked', 'checked', 'checked']);
    expect(events?.map((event) => event.progress.checked)).toEqual([0, 500, 2_500, 4_500, ROWS]);
    expect(await hub.ctx.db.selectFrom('row_checks').selectAll().execute()).toEqual([]);
  },
);

test(
  'a check that was interrupted goes on behind its last chunk, still finds repeats, and what the lost holder writes changes nothing',
  { timeout: 120_000 },
  async () => {
    const id = idOf(await submit());
    const lost = randomUUID();
    const first = await takeCheck(hub.ctx.db, lost);
    if (!first) throw new Error('there is no check to take');
    const stop = new AbortController();
    const db = hub.ctx.db;
    const running = checkRows(hub.ctx, first, lost, stop.signal);
    await expect.poll(async () => (await jobOf(id)).checked_count, { timeout: 60_000, interval: 5 }).toBeGreaterThan(0);
    stop.abort();
    await running;
    const { checked_count: before } = await jobOf(id);
    await checkAll();
    expect((await jobOf(id)).checked_count).toBe(ROWS);
    expect(await rowOf(id, 5_100)).toMatchObject({ reused_from: 3 });
    const { rows: fingerprints } = await sql<{ rows: number }>`
      select sum(length(bits) / 256)::int as rows from ligand_fingerprints where job_id = ${id} and kind = 'morgan'`.execute(db);
    expect(fingerprints).toEqual([{ rows: ROWS }]);
    expect(await writeCheckedRows(db, first, lost, { start: before, end: before + 1, rows: [], morgan: new Uint8Array(256) })).toBe('lost');
  },
);

test(
  'with rejectAll nothing is claimable before the check has ended, and one bad molecule rejects all rows',
  { timeout: 120_000 },
  async () => {
    const text = libraryText().replace('short\n', 'm20,CCCCCCCCCCCF,P1\n');
    const id = idOf(await submit({ onInvalid: 'rejectAll', input: { library: { format: 'csv', text } } }));
    await checkAll();
    expect(await jobOf(id)).toMatchObject({ status: 'failed', rejected_count: ROWS, next_index: 0 });
    expect((await rowOf(id, 10)).code).toBe('rejected_invalid_smiles');
    expect((await rowOf(id, 11)).code).toBe('rejected_with_others');
    const events = await readEvents(hub.ctx.db, LOCAL_OWNER, id, 0, 100);
    expect(events?.at(-1)?.kind).toBe('finished');
  },
);

test('the same idempotency key gives the same job, and another body under it is refused', async () => {
  const first = await submit({ idempotencyKey: 'k' });
  expect(await submit({ idempotencyKey: 'k' })).toMatchObject({ id: first.id, replayed: true, rows: { total: ROWS, unchecked: ROWS } });
  await expect(submit({ idempotencyKey: 'k', seed: 7 })).rejects.toThrow('another body');
  const { count } = await hub.ctx.db
    .selectFrom('batch_rows')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow();
  expect(Number(count)).toBe(ROWS);
});

test('a quote of a large submission says that its rows are not checked yet', async () => {
  const input = { library: { format: 'csv', text: libraryText() } };
  const quote = await quoteJob(hub.ctx, principal, { name: 'large', taskType: 'protein_ligand_docking', modelId: 'echo', input });
  expect(quote).toMatchObject({ rows: { total: ROWS, rejected: 1, unchecked: ROWS }, runs: ROWS - 1 });
});

test('the rows go with their job', async () => {
  const id = idOf(await submit());
  await hub.ctx.db.deleteFrom('jobs').where('id', '=', id).execute();
  expect(await hub.ctx.db.selectFrom('batch_rows').select('index').limit(1).execute()).toEqual([]);
});
