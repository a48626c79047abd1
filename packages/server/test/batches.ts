/** Batches for tests of the statements: rows without a model, claimed, recorded and looked at on a real PostgreSQL. */
import { LOCAL_OWNER, type JobId, type OwnerId, type WorkerId } from '@omtx/contract';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { openDatabase, type Database } from '../src/storage/database.ts';
import type { NewJob, NewRow } from '../src/storage/ingest.ts';
import type { ClaimedRun, ClaimRequest } from '../src/storage/runs/claim-run.ts';
import type { CompletedRow, FailedRow } from '../src/storage/runs/record-outcomes.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { PLAIN_ROW, registerTestWorker, settledClaim, submitTestBatch } from './jobs.ts';

export const plain = PLAIN_ROW;
export const rejected: NewRow = { ...plain, rejection: { code: 'rejected_invalid_smiles', message: 'no' } };

export function completed(index: number, attempt = 1): CompletedRow {
  return { index, attempt, startedSecondsAgo: 1, score: -index, metrics: { score: -index }, tables: {}, notes: [], artifacts: [] };
}

export function failed(index: number, code: FailedRow['failure']['code'], attempt = 1): FailedRow {
  return { index, attempt, startedSecondsAgo: 1, failure: { code, message: `${code} of ${String(index)}` } };
}

export class Batches {
  #database: TestDatabase | undefined;
  #db: Database | undefined;
  #worker: WorkerId | undefined;

  /** Call it at the top of a test file: a database for the file, a worker for each test. */
  static use(): Batches {
    const batches = new Batches();
    beforeAll(async () => {
      batches.#database = await createTestDatabase();
      batches.#db = openDatabase(batches.#database.url, 6);
    });
    beforeEach(async () => {
      batches.#worker = await batches.addWorker();
    });
    afterEach(async () => {
      await sql`delete from jobs`.execute(batches.db);
      await sql`delete from workers`.execute(batches.db);
      await sql`delete from owners where id <> 'local'`.execute(batches.db);
      await sql`delete from model_limits`.execute(batches.db);
      await sql`update owners set weight = 1, max_slots = null, slots_in_use = 0, start_tag = 0, finish_tag = 0, claimed_at = null`.execute(
        batches.db,
      );
    });
    afterAll(async () => {
      await batches.#db?.destroy();
      await batches.#database?.drop();
    });
    return batches;
  }

  get db(): Database {
    if (!this.#db) throw new Error('only inside a test');
    return this.#db;
  }

  get url(): string {
    if (!this.#database) throw new Error('only inside a test');
    return this.#database.url;
  }

  get worker(): WorkerId {
    if (!this.#worker) throw new Error('only inside a test');
    return this.#worker;
  }

  /** Offers `echo` on two slots, unless told otherwise. */
  addWorker(offers: readonly object[] = [{ modelId: 'echo', modelVersion: '1', slots: 2 }]): Promise<WorkerId> {
    return registerTestWorker(this.db, offers);
  }

  submit(rows: readonly NewRow[] | number, more: Partial<NewJob> = {}, owner: OwnerId = LOCAL_OWNER): Promise<JobId> {
    return submitTestBatch(this.db, rows, more, owner);
  }

  async claim(freeSlots = 2, maxRows = 100, more: Partial<ClaimRequest> = {}): Promise<ClaimedRun | undefined> {
    const request = {
      workerId: this.worker,
      modelId: 'echo',
      modelVersion: '1',
      environmentDigest: null,
      freeSlots,
      maxRows,
      rowSeconds: 1,
      ...more,
    };
    return settledClaim(this.db, request);
  }

  async mustClaim(freeSlots = 2, maxRows = 100, more: Partial<ClaimRequest> = {}): Promise<ClaimedRun> {
    const run = await this.claim(freeSlots, maxRows, more);
    if (!run) throw new Error('nothing was claimed');
    return run;
  }

  async outcomes(batchId: JobId): Promise<(string | null)[]> {
    const rows = await this.db.selectFrom('batch_rows').select('outcome').where('batch_id', '=', batchId).orderBy('index').execute();
    return rows.map((row) => row.outcome);
  }

  async attempts(batchId: JobId): Promise<number[]> {
    const rows = await this.db.selectFrom('batch_rows').select('attempt').where('batch_id', '=', batchId).orderBy('index').execute();
    return rows.map((row) => row.attempt);
  }

  async job(batchId: JobId) {
    return this.db.selectFrom('jobs').selectAll().where('id', '=', batchId).executeTakeFirstOrThrow();
  }

  async countersEqualFold(batchId: JobId): Promise<void> {
    const job = await this.job(batchId);
    const all = await this.outcomes(batchId);
    const number = (...names: string[]) => all.filter((outcome) => outcome !== null && names.includes(outcome)).length;
    expect([job.completed_count, job.reused_count, job.failed_count, job.rejected_count, job.cancelled_count]).toEqual([
      number('completed', 'reused'),
      number('reused'),
      number('failed', 'rejected'),
      number('rejected'),
      number('cancelled'),
    ]);
  }
}
