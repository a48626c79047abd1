import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { LOCAL_OWNER, type JobId, type OwnerId } from '@omtx/contract';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { testContext } from '../../../test/context.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/database.ts';
import { submitTestBatch } from '../../../test/jobs.ts';
import { sweep, sweepAll } from '../../services/sweep.ts';
import { announceTo } from '../artifacts/announcer.ts';
import type { ArtifactStore, StoredArtifact } from '../artifacts/artifact-store.ts';
import { DiskArtifactStore } from '../artifacts/disk-artifact-store.ts';
import { NO_ARTIFACTS } from '../artifacts/no-artifacts.ts';
import { openDatabase, type Database } from '../database.ts';
import { deleteJobWithRows } from '../delete-job.ts';
import { deleteUpload, insertUpload, finishUpload } from '../uploads.ts';
import { collectFiles, countFiles } from './collect-files.ts';
import { setRetention } from './projects.ts';

let database: TestDatabase;
let db: Database;
let folder: string;
let store: DiskArtifactStore;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase(database.url, 8);
  folder = await mkdtemp(join(tmpdir(), 'omtx-retention-'));
  store = new DiskArtifactStore(join(folder, 'artifacts'), announceTo(db));
});

afterAll(async () => {
  await db.destroy();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  await sql`delete from jobs`.execute(db);
  await sql`delete from uploads`.execute(db);
  await sql`delete from projects`.execute(db);
  await age();
  await sweep(context());
});

function context() {
  return testContext(db, { artifacts: store, spoolDir: join(folder, 'spool') });
}

/** As if an hour had passed. */
async function age(): Promise<void> {
  await sql`update artifacts set touched_at = now() - interval '2 hours'`.execute(db);
}

async function name(job: JobId, index: number, file: StoredArtifact): Promise<void> {
  const artifacts = JSON.stringify([{ name: 'pose', role: null, mediaType: 'text/plain', ...file }]);
  await sql`
    insert into row_details (batch_id, index, tables, notes, artifacts) values (${job}, ${index}, '{}', '[]', ${artifacts}::jsonb)
    on conflict (batch_id, index) do update set artifacts = excluded.artifacts`.execute(db);
}

async function isThere({ sha256 }: StoredArtifact): Promise<boolean> {
  return store.open(sha256).then(
    async ({ stream }) => (await text(stream)) !== '',
    () => false,
  );
}

async function upload(file: StoredArtifact): Promise<string> {
  const id = crypto.randomUUID();
  await insertUpload(db, LOCAL_OWNER, { id, fileName: 'library.csv', totalBytes: null, days: 7 });
  const contents = { records: 1 } as never;
  await finishUpload(db, id, { sha256: file.sha256, format: 'csv', isCompressed: false, encoding: 'utf-8', contents });
  return id;
}

test('a file that two jobs share goes with the last of them', async () => {
  const [first, second] = [await submitTestBatch(db, 1), await submitTestBatch(db, 1)];
  const file = await store.put(Buffer.from('shared'));
  await name(first, 0, file);
  await name(second, 0, file);
  await age();
  await deleteJobWithRows(db, LOCAL_OWNER, first);
  await sweep(context());
  expect(await isThere(file)).toBe(true);
  await deleteJobWithRows(db, LOCAL_OWNER, second);
  expect(await sweep(context())).toMatchObject({ collected: { files: 1, bytes: 6 } });
  expect(await isThere(file)).toBe(false);
});

test('a file that was just stored is not taken away before its row is there, and one stored again while it is taken away is kept', async () => {
  const file = await store.put(Buffer.from('on its way'));
  await sweep(context());
  expect(await isThere(file)).toBe(true);
  await age();
  // The collector holds the row; the writer that stores the same content waits for it and stores anew.
  const [, again] = await Promise.all([
    collectFiles(db, slow(store)),
    new Promise((resolve) => setTimeout(resolve, 50)).then(() => store.put(Buffer.from('on its way'))),
  ]);
  expect(await isThere(again)).toBe(true);
});

/** Deletes so late that a writer comes in between. */
function slow(inner: DiskArtifactStore): ArtifactStore {
  const remove = async (sha256: string): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    await inner.delete(sha256);
  };
  return { ...NO_ARTIFACTS, delete: remove };
}

test('jobs of a project go when its days are over, others stay, and what went is told without its input', async () => {
  await setRetention(db, LOCAL_OWNER, 'short', 30);
  await setRetention(db, LOCAL_OWNER, 'long', null);
  const ended = async (project: string | null, days: number): Promise<JobId> => {
    const id = await submitTestBatch(db, 2);
    await sql`
      update jobs set project = ${project}, completed_count = total_count, finished_at = now() - make_interval(days => ${days}) where id = ${id}`.execute(
      db,
    );
    return id;
  };
  const over = await ended('short', 31);
  const kept = [await ended('short', 29), await ended('long', 400), await ended(null, 400)];
  const open = await submitTestBatch(db, 1);
  await sql`update jobs set project = 'short', created_at = now() - interval '1 year' where id = ${open}`.execute(db);
  expect(await sweep(context())).toMatchObject({ jobs: 1 });
  const left = await db.selectFrom('jobs').select('id').execute();
  expect(left.map(({ id }) => id).sort()).toEqual([...kept, open].sort());
  const tombs = await db.selectFrom('deleted_jobs').selectAll().where('id', '=', over).execute();
  expect(tombs).toMatchObject([{ id: over, name: 'a job', total_count: 2, project: 'short', reason: 'retention' }]);
});

test('an upload that nobody took in time goes with its file', async () => {
  const file = await store.put(Buffer.from('a library'));
  const id = await upload(file);
  await age();
  await sweep(context());
  expect(await isThere(file)).toBe(true);
  await sql`update uploads set expires_at = now() - interval '1 s' where id = ${id}`.execute(db);
  expect(await sweep(context())).toMatchObject({ uploads: 1, collected: { files: 1 } });
  expect(await isThere(file)).toBe(false);
});

test('files that the store has and the database never heard of are found and, an hour later, taken away', async () => {
  const before = new DiskArtifactStore(join(folder, 'artifacts'));
  const file = await before.put(Buffer.from('from before'));
  expect(await sweepAll(context())).toMatchObject({ adopted: { files: 1, bytes: 11 }, collected: { files: 0 } });
  expect(await countFiles(db)).toMatchObject({ unnamed: { files: 1, bytes: 11 } });
  await age();
  expect(await sweepAll(context())).toMatchObject({ adopted: { files: 0 }, collected: { files: 1 } });
  expect(await isThere(file)).toBe(false);
});

/** What may happen, in any order: a number names a content, a job or an upload. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('store' as const), content: fc.nat(3), job: fc.nat(2) }),
  fc.record({ kind: fc.constant('upload' as const), content: fc.nat(3), job: fc.constant(0) }),
  fc.record({ kind: fc.constant('forget' as const), content: fc.constant(0), job: fc.nat(2) }),
  fc.record({ kind: fc.constant('delete' as const), content: fc.constant(0), job: fc.nat(2) }),
  fc.record({ kind: fc.constant('sweep' as const), content: fc.constant(0), job: fc.constant(0) }),
  fc.record({ kind: fc.constant('crash' as const), content: fc.constant(0), job: fc.constant(0) }),
);

test('whatever is stored, shared, deleted and swept, also by a sweep that is killed: a named file is there, and in the end none is left over', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const jobs = new Map<number, JobId>();
      const uploads: { readonly id: string; readonly file: StoredArtifact }[] = [];
      const named = new Map<JobId, Map<number, StoredArtifact>>();
      for (const { kind, content, job: number } of steps) {
        const job = jobs.get(number);
        switch (kind) {
          case 'store': {
            const id = job ?? (await submitTestBatch(db, 4));
            jobs.set(number, id);
            const file = await store.put(Buffer.from(`content ${String(content)}`));
            await name(id, content, file);
            named.set(id, (named.get(id) ?? new Map<number, StoredArtifact>()).set(content, file));
            break;
          }
          case 'upload': {
            const file = await store.put(Buffer.from(`content ${String(content)}`));
            uploads.push({ id: await upload(file), file });
            break;
          }
          case 'forget': {
            const gone = uploads.shift();
            if (gone) await deleteUpload(db, LOCAL_OWNER as OwnerId, gone.id);
            break;
          }
          case 'delete':
            if (job) await deleteJobWithRows(db, LOCAL_OWNER, job);
            if (job) named.delete(job);
            jobs.delete(number);
            break;
          case 'sweep':
            await age();
            await sweep(context());
            break;
          case 'crash':
            // The files of a group are gone and the transaction is not committed.
            await age();
            await collectFiles(db, {
              ...NO_ARTIFACTS,
              delete: (sha256) => store.delete(sha256).then(() => Promise.reject(new Error('killed'))),
            }).catch(() => undefined);
            break;
          default:
            kind satisfies never;
        }
        for (const file of [...[...named.values()].flatMap((each) => [...each.values()]), ...uploads.map((each) => each.file)])
          expect(await isThere(file)).toBe(true);
      }
      for (const id of jobs.values()) await deleteJobWithRows(db, LOCAL_OWNER, id);
      for (const { id } of uploads) await deleteUpload(db, LOCAL_OWNER, id);
      await age();
      await sweep(context());
      expect(await countFiles(db)).toMatchObject({ known: { files: 0 } });
      const left: StoredArtifact[] = [];
      for await (const file of store.list()) left.push(file);
      expect(left).toEqual([]);
    }),
    { numRuns: 25 },
  );
});
