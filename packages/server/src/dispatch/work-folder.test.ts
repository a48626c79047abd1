import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openWorkFolder } from './work-folder.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'omtx-work-'));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

test('folders of dead hosts of this machine are removed; those of the living and of other machines stay', async () => {
  const living = `${hostname()}-${String(process.ppid)}`;
  const elsewhere = `not-${hostname()}-4194303`;
  for (const name of [`${hostname()}-4194303`, living, elsewhere]) await mkdir(join(parent, name, 'runs'), { recursive: true });
  const own = basename(await openWorkFolder(parent));
  expect((await readdir(parent)).sort()).toEqual([living, elsewhere, own].sort());
});
