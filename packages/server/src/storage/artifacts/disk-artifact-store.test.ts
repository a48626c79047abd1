import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { storeSuite } from './artifact-store.suite.ts';
import { DiskArtifactStore } from './disk-artifact-store.ts';

let folder: string;
let store: DiskArtifactStore;

const damage = (sha256: string, content: Buffer) => writeFile(join(folder, 'store', sha256.slice(0, 2), sha256), content);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omtx-artifacts-'));
  store = new DiskArtifactStore(join(folder, 'store'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

storeSuite(() => ({ store, damage }));

test('nothing half written lies beside a stored file', async () => {
  const { sha256 } = await store.put(Buffer.from('a pose'));
  expect(await readdir(join(folder, 'store', sha256.slice(0, 2)))).toEqual([sha256]);
});

test('a damaged file is made whole by storing it again', async () => {
  const { sha256 } = await store.put(Buffer.from('a pose'));
  await damage(sha256, Buffer.from('a lie!'));
  await store.put(Buffer.from('a pose'));
  expect(await text((await store.open(sha256)).stream)).toBe('a pose');
});
