import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/database.ts';
import { isPassingFault, openPool } from './connect.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('a process that is cut off in the middle of a transaction gives its locks back in seconds, and finds that the fault has passed', async () => {
  const pool = openPool(database.url, 'test', 2);
  try {
    const cutOff = await pool.connect();
    await cutOff.query('begin');
    await cutOff.query('select pg_advisory_xact_lock(1)');
    // It says nothing more. Another one gets the lock as soon as the server has ended the silent one.
    await pool.query('select pg_advisory_lock(1)');
    const fault: unknown = await cutOff.query('commit').catch((error: unknown) => error);
    expect(isPassingFault(fault)).toBe(true);
    cutOff.release(true);
  } finally {
    await pool.end();
  }
});

test('the server notices a peer that has gone within the time of a lease', async () => {
  const pool = openPool(database.url, 'test', 1);
  try {
    const settings = await pool.query<{ name: string; setting: string }>(
      `select name, setting from pg_settings where name in ('tcp_user_timeout', 'tcp_keepalives_idle', 'idle_in_transaction_session_timeout') order by name`,
    );
    expect(settings.rows).toEqual([
      { name: 'idle_in_transaction_session_timeout', setting: '10000' },
      { name: 'tcp_keepalives_idle', setting: '15' },
      { name: 'tcp_user_timeout', setting: '30000' },
    ]);
  } finally {
    await pool.end();
  }
});
