/**
 * Takes a file that is sent: to the disk first, so that no transaction ever waits for a slow sender, then read once to say what is in it,
 * then into the store of artifacts, where every process of the hub finds it.
 *
 * States: receiving -> reading -> ready; failed from either, with the reason. What a sender breaks off leaves nothing behind.
 */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HubError, MAX_UPLOAD_BYTES, UPLOAD_DAYS, type OwnerId, type Upload, type UploadContents, type UploadQuery } from '@omtx/contract';
import { guessFormat } from '../../domain/library/guess-format.ts';
import type { LibraryFormat } from '../../domain/library/read-library.ts';
import { LibraryScan } from '../../domain/library/scan-library.ts';
import { UnusableLibrary } from '../../domain/library/unusable-library.ts';
import { deleteUpload, failUpload, finishUpload, insertUpload, noteReading, noteReceived } from '../../storage/uploads.ts';
import type { HubContext, Principal } from '../context.ts';
import { decodeText, readFileKind, readSpooled, WrongEncoding, type FileKind } from './decode-text.ts';
import { readUpload } from './read-uploads.ts';

export interface IncomingFile {
  readonly fileName: string;
  /** As the sender said; null where it did not. */
  readonly totalBytes: number | null;
  readonly stream: Readable;
}

/** How often a person who waits is told. */
const TELL_EVERY_MS = 1_000;

/** @throws HubError body_too_large, upload_unusable, idempotency_conflict where the id is taken */
export async function receiveUpload(ctx: HubContext, { owner }: Principal, file: IncomingFile, query: UploadQuery): Promise<Upload> {
  refuseTooLarge(file.totalBytes ?? 0);
  const id = query.id ?? randomUUID();
  const { totalBytes } = file;
  if (!(await insertUpload(ctx.db, owner, { id, fileName: nameOf(file, query), totalBytes, days: UPLOAD_DAYS })))
    throw new HubError('idempotency_conflict', `There is an upload with the id ${id}. Choose another, or leave it out.`);
  const path = join(ctx.spoolDir, `${id}.part`);
  try {
    await mkdir(ctx.spoolDir, { recursive: true });
    const bytes = await spool(ctx, id, file.stream, path);
    await finish(ctx, id, path, bytes, nameOf(file, query), query);
  } catch (error) {
    await giveUp(ctx, owner, id, error);
    throw error;
  } finally {
    await rm(path, { force: true });
  }
  return readUpload(ctx, { owner }, id);
}

/** What the file itself is at fault for stays to be read; what the sender broke off is forgotten. */
async function giveUp({ db }: HubContext, owner: OwnerId, id: string, error: unknown): Promise<void> {
  if (error instanceof HubError) await failUpload(db, id, error.message);
  else await deleteUpload(db, owner, id);
}

function nameOf({ fileName }: IncomingFile, query: UploadQuery): string {
  const [last = ''] = (query.fileName ?? fileName).split(/[\\/]/).slice(-1);
  const plain = [...last].filter((character) => character >= ' ').join('');
  return plain.trim() === '' ? 'library' : plain.slice(-255);
}

async function spool(ctx: HubContext, id: string, stream: Readable, path: string): Promise<number> {
  let bytes = 0;
  let toldAtMs = performance.now();
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      try {
        refuseTooLarge(bytes);
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      if (performance.now() - toldAtMs < TELL_EVERY_MS) {
        done(null, chunk);
        return;
      }
      toldAtMs = performance.now();
      noteReceived(ctx.db, id, bytes).then(() => done(null, chunk), done);
    },
  });
  await pipeline(stream, count, createWriteStream(path));
  return bytes;
}

function refuseTooLarge(bytes: number): void {
  if (bytes <= MAX_UPLOAD_BYTES) return;
  throw new HubError(
    'body_too_large',
    `A file may have ${String(MAX_UPLOAD_BYTES / 1024 ** 3)} GiB. Pack it with gzip, or split the library.`,
  );
}

async function finish(ctx: HubContext, id: string, path: string, bytes: number, fileName: string, query: UploadQuery): Promise<void> {
  await noteReading(ctx.db, id, bytes, 0);
  const kind = await readFileKind(path);
  const format = query.format ?? guessFormat(fileName, kind.start);
  const { contents, encoding } = await scan(ctx, id, path, bytes, kind, format, query);
  const { sha256 } = await ctx.artifacts.putFile(path);
  await finishUpload(ctx.db, id, { sha256, format, isCompressed: kind.isCompressed, encoding, contents });
}

/** A text that is not UTF-8 is read again as what spreadsheets on Windows write. */
async function scan(
  ctx: HubContext,
  id: string,
  path: string,
  bytes: number,
  kind: FileKind,
  format: LibraryFormat,
  query: UploadQuery,
): Promise<{ readonly contents: UploadContents; readonly encoding: FileKind['encoding'] }> {
  try {
    const library = new LibraryScan(format, query);
    let toldAtMs = performance.now();
    for await (const text of decodeText(readSpooled(path), kind)) {
      library.push(text);
      if (performance.now() - toldAtMs < TELL_EVERY_MS) continue;
      toldAtMs = performance.now();
      await noteReading(ctx.db, id, bytes, library.records);
    }
    return { contents: library.end(), encoding: kind.encoding };
  } catch (error) {
    if (error instanceof WrongEncoding) return scan(ctx, id, path, bytes, { ...kind, encoding: 'windows-1252' }, format, query);
    if (!(error instanceof UnusableLibrary)) throw error;
    throw new HubError(
      'upload_unusable',
      `The file cannot be read as ${format}: ${error.message}`,
      [{ pointer: error.field, detail: error.message }],
      {
        cause: error,
      },
    );
  }
}
