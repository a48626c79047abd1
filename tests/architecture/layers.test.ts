/** The layer rules of ARCHITECTURE.md fail on a planted violation; a rule that cannot fail is no rule. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
const src = 'packages/server/src';

let tree: string;

beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), 'omtx-layers-'));
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
  await writeFile(join(tree, 'package.json'), '{"type":"module"}');
  await writeFile(join(tree, 'tsconfig.json'), '{"compilerOptions":{"module":"NodeNext","allowImportingTsExtensions":true,"noEmit":true}}');
});

afterEach(async () => {
  await rm(tree, { recursive: true, force: true });
});

/** Writes files and answers what the cruiser says: the names of the broken rules. */
async function brokenRules(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(tree, name)), { recursive: true });
    await writeFile(join(tree, name), text);
  }
  const args = [cruiser, 'packages', '--config', join(root, '.dependency-cruiser.mjs'), '--output-type', 'json'];
  const { stdout } = await run(process.execPath, args, { cwd: tree, maxBuffer: 64 * 1024 * 1024 }).catch(
    (error: { stdout: string }) => error,
  );
  const report = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } };
  return report.summary.violations.map((violation) => violation.rule.name);
}

const target = { [`${src}/storage/rows.ts`]: 'export const rows = 1;\n', [`${src}/services/submit.ts`]: 'export const submit = 1;\n' };

test('a tree that imports downwards only breaks no rule', async () => {
  const files = { ...target, [`${src}/services/read.ts`]: "import { rows } from '../storage/rows.ts';\nexport const read = rows;\n" };
  expect(await brokenRules(files)).toEqual([]);
});

test('domain that imports storage is a violation', async () => {
  const files = { ...target, [`${src}/domain/rule.ts`]: "import { rows } from '../storage/rows.ts';\nexport const rule = rows;\n" };
  expect(await brokenRules(files)).toContain('domain-imports-downwards');
});

test('domain that reads a file is a violation', async () => {
  expect(
    await brokenRules({ [`${src}/domain/rule.ts`]: "import { readFileSync } from 'node:fs';\nexport const rule = readFileSync;\n" }),
  ).toContain('domain-is-pure');
});

test('storage that imports a service is a violation', async () => {
  const files = { ...target, [`${src}/storage/upwards.ts`]: "import { submit } from '../services/submit.ts';\nexport const x = submit;\n" };
  expect(await brokenRules(files)).toContain('storage-imports-downwards');
});

test('a service that speaks SQL is a violation', async () => {
  expect(await brokenRules({ [`${src}/services/query.ts`]: "import { sql } from 'kysely';\nexport const x = sql;\n" })).toContain(
    'only-storage-and-dispatch-speak-sql',
  );
});

test('a cycle is a violation', async () => {
  const files = {
    [`${src}/domain/a.ts`]: "import { b } from './b.ts';\nexport const a = () => b;\n",
    [`${src}/domain/b.ts`]: "import { a } from './a.ts';\nexport const b = () => a;\n",
  };
  expect(await brokenRules(files)).toContain('no-cycles');
});
