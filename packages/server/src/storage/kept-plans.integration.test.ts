import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createTestDatabase } from '../../test/database.ts';
import { openDatabase } from './database.ts';
import { KEPT_PLAN } from './kept-plans.ts';

test('a connection plans a statement that bears the mark once, and every other one for its own values', async () => {
  const database = await createTestDatabase();
  const db = openDatabase(database.url, 1);
  try {
    for (let time = 1; time <= 3; time++) {
      expect((await sql<{ n: number }>`${KEPT_PLAN} select ${time}::int + 1 as n`.execute(db)).rows).toEqual([{ n: time + 1 }]);
      await db.transaction().execute((tx) => sql`${KEPT_PLAN} select ${time}::int - 1 as n`.execute(tx));
      await sql`select ${time}::int as n`.execute(db);
    }
    const { rows } = await sql<{ text: string; uses: number }>`
      select statement as text, (generic_plans + custom_plans)::int as uses from pg_prepared_statements order by statement`.execute(db);
    expect(rows).toEqual([
      { text: '/* kept plan */ select $1::int + 1 as n', uses: 3 },
      { text: '/* kept plan */ select $1::int - 1 as n', uses: 3 },
    ]);
  } finally {
    await db.destroy();
    await database.drop();
  }
});

test('a kept statement that fails can be used again', async () => {
  const database = await createTestDatabase();
  const db = openDatabase(database.url, 1);
  const divide = (by: number) => sql<{ n: number }>`${KEPT_PLAN} select 6 / ${by}::int as n`.execute(db);
  try {
    await expect(divide(0)).rejects.toThrow('division by zero');
    expect((await divide(2)).rows).toEqual([{ n: 3 }]);
    await expect(divide(0)).rejects.toThrow('division by zero');
    expect((await divide(3)).rows).toEqual([{ n: 2 }]);
  } finally {
    await db.destroy();
    await database.drop();
  }
});
