/** What every store of files does; run against each of them. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { ArtifactStore, StoredArtifact } from './artifact-store.ts';

export interface OpenedStore {
  readonly store: ArtifactStore;
  /** Changes the stored bytes behind its back. */
  damage(sha256: string, content: Buffer): Promise<void>;
}

export function storeSuite(opened: () => OpenedStore): void {
  test('the same content is stored once, from bytes or from a file, and comes back as it was', async () => {
    const { store } = opened();
    const folder = await mkdtemp(join(tmpdir(), 'omtx-suite-'));
    const first = await store.put(Buffer.from('a pose'));
    await writeFile(join(folder, 'pose.sdf'), 'a pose');
    expect(await store.putFile(join(folder, 'pose.sdf'))).toEqual(first);
    const { stream, sizeBytes } = await store.open(first.sha256);
    expect([await text(stream), sizeBytes]).toEqual(['a pose', 6]);
    const listed: StoredArtifact[] = [];
    for await (const file of store.list()) if (file.sha256 === first.sha256) listed.push(file);
    expect(listed).toEqual([first]);
    await rm(folder, { recursive: true });
  });

  test('a large file from the disk, an empty one and ranges come back to the byte', async () => {
    const { store } = opened();
    const folder = await mkdtemp(join(tmpdir(), 'omtx-suite-'));
    const bytes = Buffer.alloc(3_000_000, 'a line of a trajectory\n');
    await writeFile(join(folder, 'large'), bytes);
    const { sha256, sizeBytes } = await store.putFile(join(folder, 'large'));
    expect([sha256, sizeBytes]).toEqual([createHash('sha256').update(bytes).digest('hex'), 3_000_000]);
    expect((await text((await store.open(sha256)).stream)) === bytes.toString()).toBe(true);
    expect(await text(await store.openRange(sha256, { first: 2, last: 5 }))).toBe('line');
    expect(await text(await store.openRange(sha256, { first: 2_999_990, last: 2_999_999 }))).toBe(bytes.subarray(-10).toString());
    expect(await store.sizeOf(sha256)).toBe(3_000_000);
    const empty = await store.put(new Uint8Array());
    expect(await text((await store.open(empty.sha256)).stream)).toBe('');
    await rm(folder, { recursive: true });
  });

  test('content that was changed behind its back is never read to its end', async () => {
    const { store, damage } = opened();
    const bytes = Buffer.alloc(500_000, 'x');
    const [small, large] = [await store.put(Buffer.from('a truth')), await store.put(bytes)];
    await damage(small.sha256, Buffer.from('a lie!!'));
    bytes[250_000] = 0;
    await damage(large.sha256, bytes);
    for (const { sha256, sizeBytes } of [small, large]) {
      let seen = 0;
      const { stream } = await store.open(sha256);
      stream.on('data', (piece: Buffer) => (seen += piece.length));
      await expect(new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject))).rejects.toMatchObject({
        code: 'artifact_damaged',
      });
      expect(seen).toBeLessThan(sizeBytes);
    }
  });

  test('a file that is not there, a deleted one and a path are not found; a second delete is no fault', async () => {
    const { store } = opened();
    const { sha256 } = await store.put(Buffer.from('to go'));
    await store.delete(sha256);
    await store.delete(sha256);
    for (const name of [sha256, '0'.repeat(64), '../../etc/passwd']) {
      await expect(store.open(name)).rejects.toMatchObject({ code: 'artifact_not_found' });
      await expect(store.sizeOf(name)).rejects.toMatchObject({ code: 'artifact_not_found' });
      await expect(store.openRange(name, { first: 0, last: 0 })).rejects.toMatchObject({ code: 'artifact_not_found' });
    }
  });
}
