import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withFileLock } from './file-lock.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omtx-lock-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('one holder at a time, and the file is gone at the end', async () => {
  const path = join(folder, 'a.lock');
  let holders = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 8 }, () =>
      withFileLock(path, async () => {
        most = Math.max(most, ++holders);
        await new Promise((resolve) => {
          setTimeout(resolve, 5);
        });
        holders--;
      }),
    ),
  );
  expect(most).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test('a lock whose owner is gone is taken over', async () => {
  const path = join(folder, 'a.lock');
  await writeFile(path, JSON.stringify({ pid: process.pid, start: 'another life' }));
  expect(await withFileLock(path, async () => 'taken')).toBe('taken');
});

test('waiting ends with the signal', async () => {
  const path = join(folder, 'a.lock');
  const stop = new AbortController();
  await withFileLock(path, async () => {
    const second = withFileLock(path, async () => undefined, {
      signal: stop.signal,
      onWait: () => {
        stop.abort();
      },
    });
    await expect(second).rejects.toThrow(/abort/i);
  });
});
