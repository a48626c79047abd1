/** Uploads as their owner sees them, and the records of one, in pieces. */
import { HubError, type Upload, type UploadedLibrary } from '@omtx/contract';
import { openReader, type LibraryFormat } from '../../domain/library/read-library.ts';
import type { LibraryRecord } from '../../domain/library/record.ts';
import { deleteUpload, findUpload, type StoredUpload } from '../../storage/uploads.ts';
import type { HubContext, Principal } from '../context.ts';
import { decodeText, type TextEncoding } from './decode-text.ts';

/** @throws HubError upload_not_found */
export async function readUpload(ctx: HubContext, { owner }: Principal, id: string): Promise<Upload> {
  const upload = await findUpload(ctx.db, owner, id.toLowerCase());
  if (!upload) throw notFound(id);
  return { ...upload, createdAt: upload.createdAt.toISOString(), expiresAt: upload.expiresAt.toISOString() };
}

/** Jobs that were made of it stay. @throws HubError upload_not_found */
export async function removeUpload(ctx: HubContext, { owner }: Principal, id: string): Promise<void> {
  if (!(await deleteUpload(ctx.db, owner, id.toLowerCase()))) throw notFound(id);
}

function notFound(id: string): HubError {
  return new HubError('upload_not_found', `There is no upload "${id.slice(0, 100)}", or its time is over. Send the file again.`);
}

/** A library that was sent, ready to be read as often as it is needed. */
export interface OpenedUpload {
  readonly id: string;
  readonly fileName: string;
  readonly sha256: string;
  readonly format: LibraryFormat;
  /** As counted when it was sent. */
  readonly records: number;
  /** Reads the file from its start, some thousand records at a time. @throws UnusableLibrary, HubError artifact_damaged */
  read(): AsyncGenerator<readonly LibraryRecord[]>;
}

const RECORDS_PER_PIECE = 1_000;

/** @throws HubError upload_not_found, invalid_input where it is not ready */
export async function openUpload(ctx: HubContext, { owner }: Principal, library: UploadedLibrary): Promise<OpenedUpload> {
  const upload = await findUpload(ctx.db, owner, library.uploadId.toLowerCase());
  if (!upload) throw notFound(library.uploadId);
  const { id, fileName, sha256, contents } = upload;
  const format = library.format ?? upload.format;
  if (upload.state !== 'ready' || sha256 === null || contents === null || format === null) throw notReady(upload);
  const isReadable = contents.records > 0 || contents.unusable !== null;
  if (!isReadable) throw notReady(upload);
  return { id, fileName, sha256, format, records: contents.records, read: () => recordsOf(ctx, upload, sha256, format, library) };
}

function notReady({ fileName, state, failure }: StoredUpload): HubError {
  const why = state === 'failed' ? `cannot be used: ${failure ?? ''}` : 'is not read yet. Wait until its state is "ready".';
  return new HubError('invalid_input', `The file "${fileName}" ${why}`, [
    { pointer: '/input/library/uploadId', detail: `upload is ${state}` },
  ]);
}

async function* recordsOf(
  ctx: HubContext,
  { isCompressed, encoding }: StoredUpload,
  sha256: string,
  format: LibraryFormat,
  choice: UploadedLibrary,
): AsyncGenerator<readonly LibraryRecord[]> {
  const { stream } = await ctx.artifacts.open(sha256);
  const reader = openReader(format, choice);
  let index = 0;
  let piece: LibraryRecord[] = [];
  try {
    for await (const text of decodeText(stream, { isCompressed, encoding: encodingOf(encoding) })) {
      for (const finding of reader.push(text)) piece.push({ index: index++, ...finding });
      if (piece.length < RECORDS_PER_PIECE) continue;
      yield piece;
      piece = [];
    }
    for (const finding of reader.end()) piece.push({ index: index++, ...finding });
    if (piece.length > 0) yield piece;
  } finally {
    stream.destroy();
  }
}

function encodingOf(stored: string): TextEncoding {
  const known: readonly TextEncoding[] = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'];
  return known.find((each) => each === stored) ?? 'utf-8';
}
