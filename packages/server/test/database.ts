/**
 * A database of its own for each test file, cloned from the migrated template (24 ms). Delete rows between tests: 0.7 ms, against
 * 18 ms for truncate. It is dropped after the file, or kept, with its name printed, when a test of the file failed.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, inject } from 'vitest';

export interface TestDatabase {
  readonly url: string;
  /** Fails when connections are still open: close pools first. May be called twice; after the file it is called by itself. */
  drop(): Promise<void>;
}

/** Pools close their sockets a moment after `end()` returns. */
const LEAK_GRACE_MS = 1_000;
const POLL_MS = 25;

let failed = false;
const open = new Set<TestDatabase>();

/** Call it in `beforeAll`. Needs the vitest project `integration` (`*.integration.test.ts`). */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${process.pid}_${randomUUID().slice(0, 8)}`;
  await onServer((client) => client.query(`create database ${name} template ${inject('templateDatabase')}`));
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  const database: TestDatabase = {
    url: url.href,
    drop: async () => {
      if (!open.delete(database)) return;
      const leaked = await leakedConnections(name);
      if (failed) console.error(`A test failed; its database is kept until the next run: ${name} (.cache/test-postgres)`);
      else await onServer((client) => client.query(`drop database ${name} with (force)`));
      if (leaked.length > 0) throw new Error(`${leaked.length} connections to ${name} were left open: ${leaked.join('; ')}`);
    },
  };
  open.add(database);
  return database;
}

/** Called by the setup file of the project, before the hooks of the test file, so it runs after them. */
export function settleDatabasesAfterFile(): void {
  afterEach(({ task }) => {
    failed ||= task.result?.state === 'fail';
  });
  afterAll(async () => {
    for (const database of [...open]) await database.drop();
  });
}

async function leakedConnections(name: string): Promise<string[]> {
  const deadline = Date.now() + LEAK_GRACE_MS;
  for (;;) {
    const { rows } = await onServer((client) =>
      client.query<{ what: string }>(
        `select application_name || ': ' || left(query, 80) as what from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
        [name],
      ),
    );
    if (rows.length === 0 || Date.now() > deadline) return rows.map((row) => row.what);
    await sleep(POLL_MS);
  }
}

async function onServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: inject('postgresUrl'), application_name: 'omtx-test' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
