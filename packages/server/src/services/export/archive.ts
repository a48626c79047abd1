/** A ZIP archive that is written while it is read: entries one after another, each as it comes, none held in memory. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import ZipStream from 'zip-stream';

export interface ArchiveEntry {
  readonly name: string;
  readonly content: string | Buffer | AsyncIterable<string | Buffer>;
  /** Already compressed, such as a picture. */
  readonly isPacked?: boolean;
}

/** @param date written into every entry, so that the same entries make the same bytes */
export async function* archiveOf(entries: AsyncIterable<ArchiveEntry>, date: Date): AsyncGenerator<Buffer> {
  const zip = new ZipStream({ level: 6 });
  const adding = addAll(zip, entries, date).catch((error: unknown) => {
    zip.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  const bytes: AsyncIterable<Buffer> = zip;
  try {
    yield* bytes;
  } finally {
    zip.destroy();
    await adding;
  }
}

async function addAll(zip: ZipStream, entries: AsyncIterable<ArchiveEntry>, date: Date): Promise<void> {
  for await (const { name, content, isPacked = false } of entries) {
    const source = typeof content === 'string' || Buffer.isBuffer(content) ? content : Readable.from(content, { objectMode: false });
    try {
      await addEntry(zip, source, { name, date, store: isPacked });
    } finally {
      if (source instanceof Readable) source.destroy();
    }
    if (zip.destroyed) return;
  }
  zip.finish();
}

function addEntry(
  zip: ZipStream,
  source: string | Buffer | Readable,
  data: { readonly name: string; readonly date: Date; readonly store: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    // A reader that went away destroys the archive, and its entry is never called back.
    zip.once('close', resolve);
    if (source instanceof Readable) source.once('error', reject);
    zip.entry(source, data, (error) => {
      zip.off('close', resolve);
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Passes bytes on and tells their SHA-256 and number when they have passed. */
export async function* digesting(
  bytes: AsyncIterable<string | Buffer>,
  told: (digest: { readonly sha256: string; readonly sizeBytes: number }) => void,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const piece of bytes) {
    const buffer = Buffer.from(piece);
    hash.update(buffer);
    sizeBytes += buffer.length;
    yield buffer;
  }
  told({ sha256: hash.digest('hex'), sizeBytes });
}
