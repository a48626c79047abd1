import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureEnvironment, environmentDigest, findEnvironment } from './environment.ts';
import { runTool } from './run-tool.ts';

/** Pure Python, 11 kB. */
const LOCK = 'six==1.17.0 --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274\n';
let dataDir = '';
let lockPath = '';
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'omtx-environments-'));
  lockPath = join(dataDir, 'requirements.lock');
  await writeFile(lockPath, LOCK);
});
afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

const request = (lines: string[] = []) => ({
  name: 'six',
  lockPath,
  pythonVersion: '3.11',
  dataDir,
  report: (line: string): void => {
    lines.push(line);
  },
});

test('an environment is made once, from the lock, also when asked for twice at once', { timeout: 120_000 }, async () => {
  expect(await findEnvironment(request())).toBeUndefined();
  const lines: string[] = [];
  const [one, two] = await Promise.all([ensureEnvironment(request(lines)), ensureEnvironment(request(lines))]);
  expect(two).toEqual(one);
  expect(one.digest).toBe(environmentDigest(LOCK, '3.11'));
  expect(lines.filter((line) => line.startsWith('waiting for another process'))).toHaveLength(1);
  expect((await runTool(one.python, ['-I', '-c', 'import six, sys; print(six.__version__, sys.version_info[1])'])).trim()).toBe(
    '1.17.0 11',
  );
  expect(await findEnvironment(request())).toEqual(one);
  expect(JSON.parse(await readFile(join(one.folder, 'complete.json'), 'utf8'))).toMatchObject({ digest: one.digest });
});

test('a half-made environment is not accepted, and is made again', { timeout: 120_000 }, async () => {
  const made = await ensureEnvironment(request());
  await rm(join(made.folder, 'complete.json'));
  await writeFile(join(made.folder, 'leftover'), '');
  expect(await findEnvironment(request())).toBeUndefined();
  await ensureEnvironment(request());
  await expect(readFile(join(made.folder, 'leftover'))).rejects.toThrow(/ENOENT/);
});

test('a package whose hash is not the one of the lock is refused', { timeout: 120_000 }, async () => {
  await writeFile(lockPath, LOCK.replace('4721', '4722'));
  await expect(ensureEnvironment(request())).rejects.toThrow(/hash/i);
  expect(await findEnvironment(request())).toBeUndefined();
  await writeFile(lockPath, LOCK);
});

test('a Python that this machine does not have is named with its remedy', async () => {
  await expect(ensureEnvironment({ ...request(), pythonVersion: '3.99' })).rejects.toThrow(/Python 3\.99 was not found.*python3\.99-venv/);
});

test('the digest depends on lock and Python version', () => {
  expect(new Set([environmentDigest('a', '3.11'), environmentDigest('b', '3.11'), environmentDigest('a', '3.12')]).size).toBe(3);
});

test('an abort ends the making and leaves nothing that is accepted', async () => {
  const stop = new AbortController();
  const making = ensureEnvironment({
    ...request(),
    pythonVersion: '3.11',
    dataDir: join(dataDir, 'other'),
    signal: stop.signal,
    report: () => {
      stop.abort();
    },
  });
  await expect(making).rejects.toThrow(/abort/i);
  expect(await findEnvironment({ ...request(), dataDir: join(dataDir, 'other') })).toBeUndefined();
});
