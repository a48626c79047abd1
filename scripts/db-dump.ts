/** Writes `packages/server/migrations/schema.sql`; with `--check` compares only and fails when it differs. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dumpMigratedSchema } from '../packages/server/src/storage/dump-schema.ts';
import { startEmbeddedPostgres } from '../packages/server/src/storage/postgres/supervisor.ts';

const ROOT = join(import.meta.dirname, '..');
const FILE = join(ROOT, 'packages', 'server', 'migrations', 'schema.sql');

const postgres = await startEmbeddedPostgres({ dataDir: join(ROOT, '.cache', 'test-postgres'), log: () => undefined });
try {
  const schema = await dumpMigratedSchema(postgres.url);
  const committed = await readFile(FILE, 'utf8').catch(() => '');
  if (schema === committed) {
    console.log('schema.sql is up to date');
  } else if (process.argv.includes('--check')) {
    console.error(
      `schema.sql differs from the migrations from line ${firstDifference(schema, committed)} on. Run "npm run db:dump" and commit it.`,
    );
    process.exitCode = 1;
  } else {
    await writeFile(FILE, schema);
    console.log(`wrote ${FILE}`);
  }
} finally {
  await postgres.stop();
}

function firstDifference(one: string, two: string): number {
  const others = two.split('\n');
  return one.split('\n').findIndex((line, index) => line !== others[index]) + 1;
}
