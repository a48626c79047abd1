/**
 * Statements that a connection plans once. To plan the claim takes longer than to run it (5 ms and 0.3 ms), and it stands between a
 * submission and its start; others are planned for their own values each time.
 */
import { sql } from 'kysely';
import type pg from 'pg';

const MARK = '/* kept plan */';

/** Such a statement begins with it. Its text is always the same and its result names its columns: a kept plan does not outlast a change of `*`. */
export const KEPT_PLAN = sql.raw(MARK);

/** Names by text; there are as many as statements in the code that bear the mark. */
const names = new Map<string, string>();

function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = `omtx_${String(names.size + 1)}`;
  names.set(text, name);
  return name;
}

/** From now on the connection prepares statements that bear the mark, each at its first time. */
export function keepPlans(client: pg.PoolClient): void {
  const query = client.query.bind(client) as (...given: readonly unknown[]) => unknown;
  const keeping = (...given: readonly unknown[]): unknown => {
    const [text, values, ...rest] = given;
    if (typeof text === 'string' && Array.isArray(values) && text.trimStart().startsWith(MARK))
      return query({ name: nameOf(text), text, values: values as unknown[] }, ...rest);
    return query(...given);
  };
  client.query = keeping as typeof client.query;
}
