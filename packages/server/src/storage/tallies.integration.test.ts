/** Kept sums equal the fold over jobs and rows, whatever happens in whatever order. */
import { LOCAL_OWNER, ownerId, type JobId } from '@omtx/contract';
import fc from 'fast-check';
import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import { Batches, completed, failed, plain, rejected } from '../../test/batches.ts';
import { markCancelled, writeDownCancelledRows } from './cancel.ts';
import { deleteJobWithRows } from './delete-job.ts';
import { recountJobs, recountTallies } from './recount.ts';
import { retryRows } from './retry.ts';
import { endRun } from './runs/end-run.ts';
import { recordOutcomes } from './runs/record-outcomes.ts';
import { foldTallies, readOwnerVersion, readTallies } from './tallies.ts';

const batches = Batches.use();

// Owners are cleared after each test.
beforeEach(() => sql`insert into owners (id) values ('other') on conflict do nothing`.execute(batches.db));

async function keptMinusCounted(): Promise<unknown[]> {
  const { rows } = await sql`
    select * from (select * from tallies_kept where kind <> 'version' and (n <> 0 or total_ms <> 0)) k
    full join tallies_counted c using (owner, kind, job_type, task_type, model_id, status, bucket)
    where k.n is distinct from c.n or k.total_ms is distinct from c.total_ms`.execute(batches.db);
  return rows;
}

type Step = 'submit' | 'run' | 'fail' | 'lose' | 'cancel' | 'retry' | 'delete' | 'fold';
const steps = fc.array(fc.constantFrom<Step>('submit', 'run', 'fail', 'lose', 'cancel', 'retry', 'delete', 'fold'), {
  minLength: 1,
  maxLength: 12,
});

async function take(step: Step, ids: JobId[]): Promise<void> {
  const { db } = batches;
  const [first] = ids;
  if (step === 'submit') ids.push(await batches.submit([plain, rejected, plain, plain]));
  else if (step === 'fold') await foldTallies(db);
  else if (step === 'run' || step === 'fail' || step === 'lose') {
    const run = await batches.claim();
    if (!run) return;
    const rows = run.indexes.map((index, place) => ({ index, attempt: run.attempts[place] ?? 1 }));
    if (step === 'run')
      await recordOutcomes(
        db,
        run.id,
        rows.slice(0, 2).map(({ index, attempt }) => completed(index, attempt)),
        [],
      );
    if (step === 'fail')
      await recordOutcomes(
        db,
        run.id,
        [],
        rows.slice(0, 1).map(({ index, attempt }) => failed(index, 'invalid_input', attempt)),
      );
    await endRun(db, run.id, step === 'lose' ? 'lost' : 'finished');
  } else if (first === undefined) return;
  else if (step === 'cancel') {
    await markCancelled(db, LOCAL_OWNER, first);
    await writeDownCancelledRows(db, first, 1);
  } else if (step === 'retry')
    await retryRows(
      db,
      LOCAL_OWNER,
      first,
      { statuses: ['failed'] },
      { parameters: null, timeoutSeconds: null, memoryBytes: null, alone: false },
    );
  else {
    await deleteJobWithRows(db, LOCAL_OWNER, first);
    ids.shift();
  }
}

test('after any interleaving of changes the kept sums equal the fold', async () => {
  await fc.assert(
    fc.asyncProperty(steps, steps, async (mine, theirs) => {
      const ids: JobId[] = [];
      const each = async (list: readonly Step[]): Promise<void> => {
        for (const step of list) await take(step, ids);
      };
      await Promise.all([each(mine), each(theirs)]);
      expect(await keptMinusCounted()).toEqual([]);
      while ((await foldTallies(batches.db)) > 0);
      expect(await keptMinusCounted()).toEqual([]);
      await sql`delete from jobs`.execute(batches.db);
      expect(await keptMinusCounted()).toEqual([]);
    }),
    { numRuns: 12 },
  );
});

test('a change that a reader can see raises its owner’s version, a claim and another owner’s change do not', async () => {
  const { db } = batches;
  const id = await batches.submit([plain, plain]);
  const submitted = await readOwnerVersion(db, LOCAL_OWNER);
  const run = await batches.mustClaim();
  await batches.submit([plain], {}, ownerId('other'));
  expect(await readOwnerVersion(db, LOCAL_OWNER)).toBe(submitted);
  await recordOutcomes(db, run.id, [completed(0)], []);
  const recorded = await readOwnerVersion(db, LOCAL_OWNER);
  expect(Number(recorded)).toBeGreaterThan(Number(submitted));
  await foldTallies(db);
  expect(await readOwnerVersion(db, LOCAL_OWNER)).toBe(recorded);
  await deleteJobWithRows(db, LOCAL_OWNER, id);
  expect(Number(await readOwnerVersion(db, LOCAL_OWNER))).toBeGreaterThan(Number(recorded));
});

test('a recount reports what was spoiled by hand, mends it, and then finds nothing', async () => {
  const { db } = batches;
  const id = await batches.submit([plain, plain, plain]);
  const run = await batches.mustClaim();
  await recordOutcomes(db, run.id, [completed(0), completed(1)], []);
  await sql`update jobs set completed_count = 1 where id = ${id}`.execute(db);
  await sql`insert into tally_changes (owner, kind, n) values ('local', 'created', 7)`.execute(db);
  expect(await recountJobs(db)).toEqual([{ jobId: id, counter: 'completed', kept: 1, counted: 2 }]);
  expect(await recountTallies(db)).toMatchObject([{ owner: 'local', kind: 'created', kept: 7, counted: 0 }]);
  expect([await recountJobs(db), await recountTallies(db), await keptMinusCounted()]).toEqual([[], [], []]);
});

test('the operator’s sums are those of all owners', async () => {
  await batches.submit([plain]);
  await batches.submit([plain], {}, ownerId('other'));
  const all = await readTallies(batches.db, 'all', ['jobs']);
  expect(all.reduce((sum, { n }) => sum + n, 0)).toBe(2);
});

test('durations are told to the nearest millisecond, half a millisecond up, and their bucket is that of the sums', async () => {
  const { rows } = await sql`
    with spans as (
      select micros, timestamptz '2026-01-01' as started, timestamptz '2026-01-01' + micros * interval '1 microsecond' as ended
      from (
        select unnest(array[-5, 0, 1, 499, 500, 501, 1000500, 1001500, 86400000500]) as micros
        union all
        select (n * n * 7919.0)::bigint from generate_series(1, 5000) n
      ) given
    ), told as (
      select micros, milliseconds_between(started, ended) as ms, time_bucket(milliseconds_between(started, ended)) as bucket,
        greatest(0, round(extract(epoch from ended - started) * 1000))::bigint as expected
      from spans
    )
    select * from told where ms <> expected or bucket <> greatest(0, floor(ln(greatest(expected, 1)::float8) / ln(1.09::float8)))::int`.execute(
    batches.db,
  );
  expect(rows).toEqual([]);
});
