/** The text of a file that was sent: unpacked where it is gzip, decoded, in pieces. Holds one piece at a time. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, Transform, type Readable } from 'node:stream';
import { createGunzip, gunzipSync, constants } from 'node:zlib';
import { HubError, MAX_UPLOAD_TEXT_BYTES } from '@omtx/contract';

/** Spreadsheets write the last one where nobody asked for another. */
export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

export interface FileKind {
  readonly isCompressed: boolean;
  readonly encoding: TextEncoding;
  /** The first text, for a guess of the format. */
  readonly start: string;
}

/** The bytes are not of the encoding that they were taken for. */
export class WrongEncoding extends Error {}

const HEAD_BYTES = 64 * 1024;
const TEXT_BUFFER = 256 * 1024;

/** By its first bytes. @throws HubError upload_unusable for what is no text, in words that say what to send in its place */
export async function readFileKind(path: string): Promise<FileKind> {
  const head = await readHead(path);
  const isCompressed = head[0] === 0x1f && head[1] === 0x8b;
  const text = isCompressed ? unpackHead(head) : head;
  const encoding = encodingOf(text);
  const start = new TextDecoder(encoding).decode(text);
  refuseBinary(text, start);
  return { isCompressed, encoding, start };
}

/** @throws WrongEncoding, HubError upload_unusable for a damaged or endless gzip */
export async function* decodeText(file: Readable, { isCompressed, encoding }: Omit<FileKind, 'start'>): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: encoding === 'utf-8' });
  const decode = (bytes: Uint8Array, more: boolean): string => {
    try {
      return decoder.decode(bytes, { stream: more });
    } catch (error) {
      throw new WrongEncoding(`the text is not ${encoding}`, { cause: error });
    }
  };
  for await (const bytes of isCompressed ? unpack(file) : bytesOf(file)) yield decode(bytes, true);
  const rest = decode(new Uint8Array(), false);
  if (rest !== '') yield rest;
}

async function* bytesOf(file: Readable): AsyncGenerator<Buffer> {
  const chunks: AsyncIterable<Buffer> = file;
  yield* chunks;
}

async function* unpack(file: Readable): AsyncGenerator<Buffer> {
  let size = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size <= MAX_UPLOAD_TEXT_BYTES) done(null, chunk);
      else
        done(
          new HubError(
            'upload_unusable',
            `The text of the file is larger than ${String(MAX_UPLOAD_TEXT_BYTES / 1024 ** 3)} GiB. Split it.`,
          ),
        );
    },
  });
  const unpacked: AsyncIterable<Buffer> = pipeline(file, createGunzip({ chunkSize: TEXT_BUFFER }), limit, () => undefined);
  try {
    yield* unpacked;
  } catch (error) {
    if (!isZlibFault(error)) throw error;
    throw new HubError('upload_unusable', `The gzip file is damaged or cut off (${error.message}). Pack and send it again.`, [], {
      cause: error,
    });
  }
}

function isZlibFault(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** As much as the head holds; the file goes on behind it. */
function unpackHead(head: Buffer): Buffer {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 64 * HEAD_BYTES }).subarray(0, HEAD_BYTES);
  } catch (error) {
    throw new HubError('upload_unusable', 'The gzip file is damaged at its start. Pack and send it again.', [], { cause: error });
  }
}

function encodingOf(bytes: Buffer): TextEncoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

function refuseBinary(bytes: Buffer, start: string): void {
  const isZip = bytes.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004';
  if (isZip) {
    const isSheet = bytes.includes('xl/') || bytes.includes('[Content_Types].xml');
    throw new HubError(
      'upload_unusable',
      isSheet
        ? 'The file is a spreadsheet (XLSX). Save it as CSV and send that.'
        : 'The file is a ZIP archive. Unpack it and send the library itself.',
    );
  }
  if (bytes.length === 0) throw new HubError('upload_unusable', 'The file is empty.');
  if (start.includes('\0'))
    throw new HubError('upload_unusable', 'The file is no text. Send CSV, TSV, SMILES, SDF, JSON lines or FASTA, plain or as gzip.');
}

/** A file of this machine as a stream. */
export function readSpooled(path: string): Readable {
  return createReadStream(path, { highWaterMark: TEXT_BUFFER });
}
