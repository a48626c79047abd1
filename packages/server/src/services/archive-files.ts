/** Files as one ZIP, streamed: memory holds one file at a time, whatever the number. */
import type { Readable } from 'node:stream';
import ZipStream from 'zip-stream';

export interface ArchivedFile {
  readonly name: string;
  readonly content: string | Buffer;
}

/** @param date written into every entry, so that the same files make the same bytes */
export function archiveFiles(files: AsyncIterable<ArchivedFile>, date: Date): Readable {
  const zip = new ZipStream({ level: 6 });
  void addAll(zip, files, date).catch((error: unknown) => {
    zip.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return zip;
}

async function addAll(zip: ZipStream, files: AsyncIterable<ArchivedFile>, date: Date): Promise<void> {
  for await (const { name, content } of files) {
    await new Promise<void>((resolve, reject) => {
      zip.entry(content, { name, date }, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }
  zip.finish();
}
