/** Reads a ZIP archive by its central directory, as every unpacker does. */
import { buffer } from 'node:stream/consumers';
import { fromBufferPromise } from 'yauzl';

/** Entries in their order. */
export async function readZip(bytes: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const entries = new Map<string, Buffer>();
  const archive = await fromBufferPromise(bytes);
  for await (const entry of archive.eachEntry()) {
    if (entries.has(entry.fileName)) throw new Error(`${entry.fileName} is there twice`);
    entries.set(entry.fileName, await buffer(await archive.openReadStreamPromise(entry)));
  }
  return entries;
}
