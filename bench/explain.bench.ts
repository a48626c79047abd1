/**
 * Writes `docs/sql/claim.md`: how PostgreSQL does the claim when thousands of jobs wait, by `explain (analyze, buffers)`. Makes no claim of
 * speed; `claim-plan.integration.test.ts` holds the bound of pages.
 */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../packages/server/src/storage/database.ts';
import { migrate } from '../packages/server/src/storage/migrate.ts';
import { startEmbeddedPostgres } from '../packages/server/src/storage/postgres/supervisor.ts';
import { explainClaim, fillLine, type Plan } from '../packages/server/test/long-line.ts';
import { ROOT } from '../tests/support/hub-process.ts';

const SIZES = { owners: 200, waitingJobs: 5_000, finishedJobs: 20_000, rows: 100_000 };

function section(title: string, { lines, pages }: Plan): string {
  return `## ${title}\n\n${String(pages)} pages read.\n\n\`\`\`\n${lines.join('\n')}\n\`\`\`\n`;
}

const dataDir = await mkdtemp(join(tmpdir(), 'omtx-bench-explain-'));
await chmod(dataDir, 0o755);
const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
await migrate(postgres.url);
const db = openDatabase(postgres.url, 2);
try {
  const { request, batch } = await fillLine(db, SIZES);
  await explainClaim(db, request, batch);
  const { choose, open } = await explainClaim(db, request, batch);
  const text = `# The claim, as PostgreSQL 18 does it

Written by \`npm run bench -- explain\`: ${String(SIZES.waitingJobs)} jobs of ${String(SIZES.owners)} owners wait, ${String(SIZES.finishedJobs)} jobs are finished, one batch has ${String(SIZES.rows)} rows; a run of ${String(request.maxRows)} rows is opened on it. Both statements are in \`packages/server/src/storage/runs/claim-run.ts\`, run in one transaction; \`claim-plan.integration.test.ts\` fails when one reads a table through or more pages than its bound.

${section('Which job, and its lock', choose)}
${section('The run on its next rows', open)}`;
  await mkdir(join(ROOT, 'docs', 'sql'), { recursive: true });
  await writeFile(join(ROOT, 'docs', 'sql', 'claim.md'), text);
  console.log(`docs/sql/claim.md: ${String(choose.pages)} and ${String(open.pages)} pages`);
} finally {
  await db.destroy();
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}
