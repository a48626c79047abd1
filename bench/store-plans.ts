/** `docs/sql/reads.md`: every statement of the common reads, as PostgreSQL does it, by `explain (analyze, buffers)`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LOCAL_OWNER, parseId, type JobId } from '@omtx/contract';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Database } from '../packages/server/src/storage/database.ts';
import { listJobs, NEWEST_FIRST, type JobFilter, type JobOrder } from '../packages/server/src/storage/list-jobs.ts';
import { findJobDetail } from '../packages/server/src/storage/read-jobs.ts';
import { indexesByRank } from '../packages/server/src/storage/rows/row-pages.ts';
import { readRowSnapshot } from '../packages/server/src/storage/rows/row-snapshot.ts';
import { readOwnerVersion, readTallies } from '../packages/server/src/storage/tallies.ts';
import type { Tables } from '../packages/server/src/storage/tables.ts';
import { ROOT } from '../tests/support/hub-process.ts';

interface Recorded {
  readonly statement: string;
  readonly plan: readonly string[];
}

/** Runs each statement twice: the second time it is explained, with its pages in memory. */
function recorder(pool: pg.Pool): { readonly db: Database; readonly taken: () => readonly Recorded[] } {
  let recorded: Recorded[] = [];
  const connect = async () => {
    const client = await pool.connect();
    return {
      query: async (statement: string, parameters: readonly unknown[]) => {
        const answer = await client.query(statement, [...parameters]);
        if (/^\s*(select|with)/i.test(statement)) {
          const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (analyze, buffers, costs off, timing off) ${statement}`, [
            ...parameters,
          ]);
          recorded.push({ statement: statement.replaceAll(/\s+/g, ' ').trim(), plan: rows.map((row) => row['QUERY PLAN']) });
        }
        return answer;
      },
      release: () => {
        client.release();
      },
    };
  };
  const db = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: { connect, end: () => Promise.resolve() } as unknown as pg.Pool }),
  });
  const taken = (): readonly Recorded[] => {
    const all = recorded;
    recorded = [];
    return all;
  };
  return { db, taken };
}

const WORD = (tsquery: string): JobFilter => ({
  search: { words: [{ tsquery, patterns: [] }], ids: null, canonicalSmiles: [], inchikey: null },
});
const LISTS: readonly (readonly [string, JobFilter, JobOrder, number])[] = [
  ['The newest jobs', {}, NEWEST_FIRST, 0],
  ['Page 1000 of them', {}, NEWEST_FIRST, 19_980],
  ['By status and model', { status: 'failed', modelId: 'vina' }, NEWEST_FIRST, 0],
  ['By task type', { taskType: 'protein_structure' }, NEWEST_FIRST, 0],
  ['By tag', { tag: 'tag7' }, NEWEST_FIRST, 0],
  ['By name, in the order of names', { jobType: 'batch_parent' }, { key: 'name', descending: false }, 0],
  ['By score', {}, { key: 'score', descending: false }, 0],
  ['By a range of scores and of time', { maxScore: -13, createdFrom: '2026-01-02T00:00:00Z' }, NEWEST_FIRST, 0],
  ['A search for a rare word', WORD(`('1230':*)`), { key: 'relevance', descending: false }, 0],
  ['A search for a common word', WORD(`('kinase':*)`), { key: 'relevance', descending: false }, 0],
];

export async function writePlans(url: string, batch: string, jobs: number): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  const { db, taken } = recorder(pool);
  const parts: string[] = [];
  const section = async (title: string, work: () => Promise<unknown>): Promise<void> => {
    await work();
    parts.push(
      `## ${title}\n`,
      ...taken().map(({ statement, plan }) => `\`\`\`sql\n${statement}\n\`\`\`\n\n\`\`\`\n${plan.join('\n')}\n\`\`\`\n`),
    );
  };
  try {
    for (const [title, filter, order, offset] of LISTS)
      await section(title, () => listJobs(db, LOCAL_OWNER, filter, 21, { offset }, order));
    const id = jobIdOf(batch);
    await section('Version of an owner', () => readOwnerVersion(db, LOCAL_OWNER));
    await section('Statistics', () =>
      readTallies(db, LOCAL_OWNER, ['jobs', 'rows', 'created', 'finished', 'job_time', 'queue_time', 'row_time']),
    );
    await section('One job', () => findJobDetail(db, LOCAL_OWNER, id));
    await section('A page of a batch of 100,000 rows by rank', async () => {
      const snapshot = await readRowSnapshot(db, LOCAL_OWNER, id);
      if (snapshot) await indexesByRank(db, snapshot, 500, 50);
    });
    const head = `# The common reads, as PostgreSQL 18 does them\n\nWritten by \`npm run bench -- store --plans\` in a store of ${jobs.toLocaleString('en')} jobs of 50 owners, of whom the reader has a tenth.\n`;
    await writeFile(join(ROOT, 'docs', 'sql', 'reads.md'), [head, ...parts].join('\n'));
  } finally {
    await pool.end();
  }
}

function jobIdOf(text: string): JobId {
  const parsed = parseId(text);
  if (parsed?.kind !== 'job') throw new Error(`${text} is no id of a job`);
  return parsed.jobId;
}
