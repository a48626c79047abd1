import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/database.ts';
import { openDatabase, type Database } from '../storage/database.ts';
import { freeDeadMessages } from '../storage/runs/watch.ts';
import { wakeWorkers } from '../storage/wake.ts';
import { WakeQueue } from './wake-queue.ts';

let testDatabase: TestDatabase;
let db: Database;
let admin: Database;
let name: string;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  db = openDatabase(testDatabase.url, 2);
  const url = new URL(testDatabase.url);
  name = url.pathname.slice(1);
  url.pathname = '/postgres';
  admin = openDatabase(url.href, 1);
});
afterAll(async () => {
  await db.destroy();
  await admin.destroy();
  await testDatabase.drop();
});

async function goAway(): Promise<void> {
  await sql`alter database ${sql.id(name)} allow_connections false`.execute(admin);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`.execute(admin);
}

async function comeBack(): Promise<void> {
  await sql`alter database ${sql.id(name)} allow_connections true`.execute(admin);
}

test('a database that goes away while a message is handled ends neither the process nor the queue', async () => {
  const woken: string[] = [];
  const queue = new WakeQueue({
    databaseUrl: testDatabase.url,
    log: pino({ level: 'silent' }),
    onWake: async (modelId) => {
      woken.push(modelId);
      if (woken.length === 1) await goAway();
    },
  });
  await queue.offer(['echo']);
  await wakeWorkers(db, 'echo');
  await expect.poll(() => woken, { timeout: 20_000 }).toEqual(['echo']);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await comeBack();
  await wakeWorkers(db, 'echo');
  await expect.poll(() => woken.length, { timeout: 20_000 }).toBeGreaterThan(1);
  await queue.stop();
});

test('it takes only messages of the models that are offered now', async () => {
  const woken: string[] = [];
  const queue = new WakeQueue({
    databaseUrl: testDatabase.url,
    log: pino({ level: 'silent' }),
    onWake: (modelId) => Promise.resolve(void woken.push(modelId)),
  });
  await queue.offer(['old']);
  await queue.offer(['new']);
  await wakeWorkers(db, 'old');
  await wakeWorkers(db, 'new');
  await expect.poll(() => woken, { timeout: 20_000 }).toEqual(['new']);
  await queue.offer(['old']);
  await expect.poll(() => woken, { timeout: 20_000 }).toEqual(['new', 'old']);
  await queue.stop();
});

test('it stops while the database is away', async () => {
  const queue = new WakeQueue({ databaseUrl: testDatabase.url, log: pino({ level: 'silent' }), onWake: () => Promise.resolve() });
  await queue.offer(['echo']);
  await goAway();
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  await queue.stop();
  await comeBack();
});

test('a message that a dead worker holds is given out again, and one that was just taken is not', async () => {
  await sql`delete from omtx_queue._private_jobs`.execute(db);
  await wakeWorkers(db, 'held');
  await wakeWorkers(db, 'taken');
  const hold = (task: string, seconds: number) =>
    sql`
    update omtx_queue._private_jobs set locked_at = now() - make_interval(secs => ${seconds}), locked_by = ${`worker of ${task}`}
    where key = ${task}`.execute(db);
  await hold('wake:held', 120);
  await hold('wake:taken', 5);
  expect(await freeDeadMessages(db)).toBe(1);
  const { rows } = await sql<{ key: string; isHeld: boolean }>`
    select key, locked_at is not null as "isHeld" from omtx_queue._private_jobs order by key`.execute(db);
  expect(rows).toEqual([
    { key: 'wake:held', isHeld: false },
    { key: 'wake:taken', isHeld: true },
  ]);
  expect(await freeDeadMessages(db)).toBe(0);
});
