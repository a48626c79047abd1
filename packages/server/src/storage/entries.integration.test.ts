/** What the lists of the old contract read: the page that is asked for, however many children the batches have. */
import { LOCAL_OWNER } from '@omtx/contract';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { Batches } from '../../test/batches.ts';
import { countPages } from '../../test/count-pages.ts';
import type { Database } from './database.ts';
import { childStatistics, findEntryJobs, listEntries, type EntryFilter } from './entries.ts';

const batches = Batches.use();

/** A batch of which every tenth row is completed. */
async function submitBatch(rows: number) {
  const id = await batches.submit(2);
  await sql`
    insert into batch_rows (batch_id, index, input, status, outcome, finished_at)
    select batch_id, n, '{}', case when n % 10 = 0 then 'completed' else 'pending' end, case when n % 10 = 0 then 'completed' end,
      case when n % 10 = 0 then now() end
    from batch_rows, generate_series(2, ${rows}::int - 1) n
    where batch_id = ${id} and index = 0`.execute(batches.db);
  await sql`
    update jobs
    set total_count = ${rows}, completed_count = (select count(*) from batch_rows where batch_id = jobs.id and status = 'completed')
    where id = ${id}`.execute(batches.db);
  await sql`analyze`.execute(batches.db);
  return id;
}

type Read = (db: Database, total: number) => Promise<unknown>;
const page =
  (filter: EntryFilter, limit: number): Read =>
  (db) =>
    listEntries(db, LOCAL_OWNER, filter, limit, 0);

const READS: Readonly<Record<string, Read>> = {
  'my jobs': page({}, 20),
  'the last page of my jobs': (db, total) => listEntries(db, LOCAL_OWNER, {}, 20, total - 10),
  'jobs and batches': page({ jobTypes: ['individual', 'batch_parent'] }, 200),
  'individual jobs and children': page({ jobTypes: ['individual', 'batch_child'] }, 200),
  'completed ones': page({ status: 'completed' }, 20),
  'failed ones, of which there are none': page({ status: 'failed' }, 20),
  'the statistics beside a list': (db) => childStatistics(db, LOCAL_OWNER),
};

test('a page of a list, and the statistics beside it, cost the same for a batch of any size', async () => {
  const costs: Record<string, number>[] = [];
  for (const total of [500, 20_000]) {
    const id = await submitBatch(total);
    const reads: [string, Read][] = [...Object.entries(READS), ['a job of the list', (db) => findEntryJobs(db, LOCAL_OWNER, [id])]];
    const cost: Record<string, number> = {};
    for (const [name, read] of reads) cost[name] = await countPages(batches.db, (db) => read(db, total));
    // Rows that are read one by one show that pages are counted.
    const all = sql`select count(distinct input) from batch_rows where batch_id = ${id}`;
    expect(await countPages(batches.db, (db) => all.execute(db))).toBeGreaterThan(total / 200);
    await sql`delete from jobs`.execute(batches.db);
    costs.push(cost);
  }
  const [few = {}, many = {}] = costs;
  for (const [name, pages] of Object.entries(few)) {
    expect(pages, name).toBeGreaterThan(0);
    // An index of more rows is some levels deeper.
    expect(many[name], name).toBeLessThanOrEqual(2 * pages + 10);
  }
});

test('every page of a list together is the list, the last child of a batch first, with a filter or none', async () => {
  const id = await submitBatch(25);
  const other = await batches.submit(1);
  for (const filter of [{}, { status: 'completed' }, { status: 'pending' }] as const) {
    const whole = await listEntries(batches.db, LOCAL_OWNER, filter, 100, 0);
    const paged = [];
    for (let offset = 0; offset < whole.total; offset += 7)
      paged.push(...(await listEntries(batches.db, LOCAL_OWNER, filter, 7, offset)).keys);
    expect(paged).toEqual(whole.keys);
    expect(whole.total).toBe(whole.keys.length);
    const children = whole.keys.filter((key) => key.id === id && key.index !== null).map((key) => key.index);
    expect(children).toEqual([...children].sort((a, b) => Number(b) - Number(a)));
  }
  const { keys } = await listEntries(batches.db, LOCAL_OWNER, {}, 100, 0);
  expect(keys).toHaveLength(28);
  expect(keys.slice(0, 3)).toEqual([
    { id: other, index: 0 },
    { id: other, index: null },
    { id, index: 24 },
  ]);
  expect(keys.at(-1)).toEqual({ id, index: null });
});
