/** The claim when thousands of jobs wait: what it reads is bounded, whatever lies in the tables. The plans are kept in docs/sql/claim.md. */
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
