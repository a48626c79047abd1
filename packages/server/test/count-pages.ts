/** Pages that statements read, of the cache or the disk, as PostgreSQL counts them. */
import type { KyselyPlugin } from 'kysely';
import type { Database } from '../src/storage/database.ts';

/** Each raw statement of `read` runs as `explain analyze`, so what it returns are lines of its plan and not what it reads. */
export async function countPages(db: Database, read: (db: Database) => Promise<unknown>): Promise<number> {
  let pages = 0;
  const explaining: KyselyPlugin = {
    transformQuery: ({ node }) => {
      if (node.kind !== 'RawNode') throw new Error('only raw statements are counted');
      const [start = '', ...rest] = node.sqlFragments;
      return { ...node, sqlFragments: [`explain (analyze, buffers, costs off) ${start}`, ...rest] };
    },
    transformResult: ({ result }) => {
      const lines = result.rows.map((row) => String(row['QUERY PLAN']));
      // The first line of buffers is that of the whole statement; there is none where it read no page.
      const whole =
        lines
          .slice(
            0,
            lines.findIndex((line) => line.startsWith('Planning')),
          )
          .find((line) => line.includes('Buffers:')) ?? '';
      pages += [...whole.matchAll(/(?:hit|read)=(\d+)/g)].reduce((sum, [, number]) => sum + Number(number), 0);
      return Promise.resolve(result);
    },
  };
  await read(db.withPlugin(explaining));
  return pages;
}
