/** The claim when thousands of jobs wait: what it reads is bounded, whatever lies in the tables. The plans are kept in docs/sql/claim.md. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { Batches } from '../../../test/batches.ts';
import { explainClaim, fillLine } from '../../../test/long-line.ts';

const batches = Batches.use();

test('a claim among thousands of jobs of many owners reads no table through, and a few pages for each owner who waits', async () => {
  const owners = 100;
  const { request, batch } = await fillLine(batches.db, { owners, waitingJobs: 5_000, finishedJobs: 5_000, rows: 20_000 });
  const { choose, open } = await explainClaim(batches.db, request, batch);
  expect([...choose.lines, ...open.lines].filter((line) => /Seq Scan on (jobs|batch_rows)/.test(line))).toEqual([]);
  expect(choose.lines.filter((line) => line.includes('jobs_line')).length).toBeGreaterThan(0);
  // Three to find an owner, three for the first job, and what the first eight owners have.
  expect(choose.pages).toBeGreaterThan(owners);
  expect(choose.pages).toBeLessThan(400 + 8 * owners);
  // The thousand rows of the range and the rows that it writes, not the twenty thousand of the batch.
  expect(open.pages).toBeLessThan(200);
});

test('jobs of a version that no host has any more are not read, however many wait before the first that can run', async () => {
  const sizes = { owners: 20, waitingJobs: 100, finishedJobs: 0, rows: 1_000 };
  const plain = await fillLine(batches.db, sizes);
  const without = (await explainClaim(batches.db, plain.request, plain.batch)).choose;
  await sql`delete from jobs`.execute(batches.db);
  await sql`delete from owners where id <> 'local'`.execute(batches.db);
  const stranded = await fillLine(batches.db, { ...sizes, strandedJobs: 20_000 });
  const { choose } = await explainClaim(batches.db, stranded.request, stranded.batch);
  expect(choose.lines.filter((line) => /Seq Scan on jobs/.test(line))).toEqual([]);
  expect(choose.pages).toBeLessThan(2 * without.pages + 100);
  expect((await batches.mustClaim(2, 10)).indexes.length).toBeGreaterThan(0);
});
