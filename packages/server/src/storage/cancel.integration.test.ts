/** Cancel on a real PostgreSQL. */
import { LOCAL_OWNER, newJobId, newWorkerId, ownerId, type JobId } from '@omtx/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/database.ts';
import { markCancelled, writeDownCancelledRows } from './cancel.ts';
import { openDatabase, type Database } from './database.ts';
import { settledClaim, submitTestBatch } from '../../test/jobs.ts';
import { endRun } from './runs/end-run.ts';
import { recordOutcomes } from './runs/record-outcomes.ts';

let testDatabase: TestDatabase;
let db: Database;
const worker = newWorkerId();

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = openDatabase(testDatabase.url, 4);
  await db.insertInto('workers').values({ id: worker, host: 'h', boot_id: 'b', pid: 1, process_started_at: '1', offers: '[]' }).execute();
});

afterAll(async () => {
  await db.destroy();
  await testDatabase.drop();
});

async function shown(batchId: JobId) {
  const rows = await db.selectFrom('row_states').select('shown_status').where('batch_id', '=', batchId).orderBy('index').execute();
  return rows.map((row) => row.shown_status);
}

test('after the mark open rows show as cancelled at once, a late outcome is not stored, and the pages finish the job', async () => {
  const batch = await submitTestBatch(db, 7, { rankBy: null });
  const run = await settledClaim(db, {
    workerId: worker,
    modelId: 'echo',
    modelVersion: '1',
    environmentDigest: null,
    freeSlots: 2,
    maxRows: 3,
  });
  if (!run) throw new Error('nothing was claimed');
  const outcome = { attempt: 1, startedSecondsAgo: 1, score: null, metrics: {}, tables: {}, notes: [], artifacts: [] };
  await recordOutcomes(db, run.id, [{ ...outcome, index: 0 }], []);
  await db
    .updateTable('runs')
    .set({ in_flight: [1] })
    .where('id', '=', run.id)
    .execute();
  expect(await shown(batch)).toEqual(['completed', 'running', ...Array.from({ length: 5 }, () => 'pending')]);

  expect(await markCancelled(db, LOCAL_OWNER, batch)).toBe('marked');
  expect(await shown(batch)).toEqual(['completed', ...Array.from({ length: 6 }, () => 'cancelled')]);
  expect((await recordOutcomes(db, run.id, [{ ...outcome, index: 1 }], [])).written).toEqual([]);
  await endRun(db, run.id, 'cancelled');

  expect(await writeDownCancelledRows(db, batch, 2)).toBe(6);
  expect(await writeDownCancelledRows(db, batch, 2)).toBe(0);
  const job = await db.selectFrom('jobs').selectAll().where('id', '=', batch).executeTakeFirstOrThrow();
  expect(job).toMatchObject({ status: 'completed', completed_count: 1, cancelled_count: 6, slots_in_use: 0 });
  expect(job.finished_at).not.toBeNull();
  const events = await db.selectFrom('job_events').select('kind').where('job_id', '=', batch).orderBy('sequence').execute();
  expect(events.map((event) => event.kind)).toEqual(['submitted', 'progress', 'cancelled', 'finished']);
});

test('a job is cancelled once, a final one not at all, and a foreign one is not found', async () => {
  const batch = await submitTestBatch(db, 1, { rankBy: null });
  expect(await markCancelled(db, ownerId('somebody'), batch)).toBe('not_found');
  expect(await markCancelled(db, LOCAL_OWNER, newJobId())).toBe('not_found');
  expect(await markCancelled(db, LOCAL_OWNER, batch)).toBe('marked');
  expect(await markCancelled(db, LOCAL_OWNER, batch)).toBe('already_final');
  await writeDownCancelledRows(db, batch);
  expect((await db.selectFrom('jobs').select('status').where('id', '=', batch).executeTakeFirstOrThrow()).status).toBe('cancelled');
});
