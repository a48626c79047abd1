/**
 * Writes `docs/openapi.json` from the routes, or with `--check` fails when it is not what the routes say. Needs no database: the routes
 * are only described.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROBLEMS } from '@omtx/contract';
import { pino } from 'pino';
import { format, resolveConfig } from 'prettier';
import { buildApp } from './http/app.ts';
import { EMPTY_REGISTRY } from './catalog/registry.ts';
import { VERSION } from './hub.ts';
import { openCaches } from './services/cache.ts';
import { openDatabase } from './storage/database.ts';
import { openListener } from './storage/listener.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const FILE = join(ROOT, 'docs', 'openapi.json');
const PROBLEM_PAGES = join(ROOT, 'docs', 'problems.md');

const nowhere = 'postgres://nobody@127.0.0.1:1/none';
const listener = openListener(nowhere, () => undefined);
const app = await buildApp(
  {
    db: openDatabase(nowhere, 1),
    registry: () => EMPTY_REGISTRY,
    artifacts: {
      putFile: () => Promise.reject(new Error('only described')),
      put: () => Promise.reject(new Error('only described')),
      open: () => Promise.reject(new Error('only described')),
      delete: () => Promise.reject(new Error('only described')),
    },
    chemistry: { read: () => Promise.resolve([]), close: () => Promise.resolve() },
    caches: openCaches(),
    log: pino({ level: 'silent' }),
  },
  listener,
  VERSION,
);
const options = await resolveConfig(FILE);
const files = [
  [FILE, await format(JSON.stringify(app.swagger()), { ...options, parser: 'json' })],
  [PROBLEM_PAGES, await format(problemsPage(), { ...options, parser: 'markdown' })],
] as const;
await app.close();
await listener.close();

for (const [path, text] of files) {
  const isSame = (await readFile(path, 'utf8').catch(() => '')) === text;
  if (isSame) continue;
  if (process.argv.includes('--check')) {
    console.error(`${path} is not what the contract says. Run "node packages/server/src/write-openapi.ts" and commit it.`);
    process.exitCode = 1;
  } else {
    await writeFile(path, text);
    console.log(`wrote ${path}`);
  }
}

function problemsPage(): string {
  const rows = Object.entries(PROBLEMS).map(([code, { status, title }]) => `## ${code}\n\n${title}. HTTP ${String(status)}.\n`);
  return `# Problems\n\nEvery error of \`/api/v4\` is a problem (RFC 9457): \`code\` is one of these, \`detail\` says what happened and what to do, \`errors\` points at each field.\n\n${rows.join('\n')}`;
}
