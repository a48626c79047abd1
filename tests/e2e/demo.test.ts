/** `npm run demo -- --exit` as a new user runs it, with the environments that setup has made. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { newDataDir, ROOT } from '../support/hub-process.ts';

test('the demo ends with 0 and prints the ranked table, the selective COX-2 inhibitors first', async () => {
  const dataDir = await newDataDir();
  const args = [join(ROOT, 'scripts', 'demo.ts'), '--exit', '--port', '8917', '--data-dir', dataDir];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  const table = stdout.split('\n').filter((line) => /^\s+(\d+|-)\s+\d+\s/.test(line));
  expect(table).toHaveLength(15);
  expect(table[0]).toMatch(/^\s+1\s+0\s+celecoxib\s+-12\.\d\s+completed/);
  expect(table[1]).toMatch(/^\s+2\s+1\s+rofecoxib\s+-11\.\d\s+completed/);
  expect(stdout).toMatch(/acetylsalicylic acid\s+-\d+\.\d\s+reused\s+same as row 9 \(aspirin\)/);
  expect(stdout).toMatch(/naproxen sodium.*largest fragment/);
  expect(stdout).toMatch(/not a molecule\s+-\s+rejected\s+line 14:/);
  expect(stdout).toContain('API docs:  http://127.0.0.1:8917/docs');
  await rm(dataDir, { recursive: true, force: true });
});
