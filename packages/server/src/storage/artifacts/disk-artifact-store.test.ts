import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DiskArtifactStore } from './disk-artifact-store.ts';

let folder: string;
let store: DiskArtifactStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'omtx-artifacts-'));
  store = new DiskArtifactStore(join(folder, 'store'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('the same content is stored once, from bytes or from a file, and comes back as it was', async () => {
  const first = await store.put(Buffer.from('a pose'));
  await writeFile(join(folder, 'pose.sdf'), 'a pose');
  expect(await store.putFile(join(folder, 'pose.sdf'))).toEqual(first);
  const { stream, sizeBytes } = await store.open(first.sha256);
  expect([await text(stream), sizeBytes]).toEqual(['a pose', 6]);
  expect(await readdir(join(folder, 'store', first.sha256.slice(0, 2)))).toEqual([first.sha256]);
});

test('a file that was changed on the disk is refused when it is read', async () => {
  const { sha256 } = await store.put(Buffer.from('a pose'));
  await writeFile(join(folder, 'store', sha256.slice(0, 2), sha256), 'a lie!');
  const { stream } = await store.open(sha256);
  await expect(text(stream)).rejects.toMatchObject({ code: 'artifact_damaged' });
});

test('a file that is not there, a deleted one and a path are not found', async () => {
  const { sha256 } = await store.put(Buffer.from('x'));
  await store.delete(sha256);
  await expect(store.open(sha256)).rejects.toMatchObject({ code: 'artifact_not_found' });
  await expect(store.open('../../etc/passwd')).rejects.toMatchObject({ code: 'artifact_not_found' });
});
