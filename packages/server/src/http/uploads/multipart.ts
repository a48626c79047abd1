/** Reads a multipart form: its text fields, and one file that is taken while it comes. */
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { HubError, MAX_FORM_FIELD_BYTES, MAX_UPLOAD_BYTES } from '@omtx/contract';
import type { IncomingFile } from '../../services/uploads/receive-upload.ts';

export interface Form<Taken> {
  readonly fields: ReadonlyMap<string, string>;
  /** What became of the file; undefined where the form has none. */
  readonly file: Taken | undefined;
}

const MAX_FIELDS = 30;

/** A field may come before or behind the file. @param takeFile must read the stream to its end or fail @throws HubError invalid_body, and what `takeFile` throws */
export async function readForm<Taken>(
  headers: IncomingHttpHeaders,
  body: Readable,
  takeFile: (file: IncomingFile, fieldsBefore: ReadonlyMap<string, string>) => Promise<Taken>,
): Promise<Form<Taken>> {
  const form = openForm(headers);
  const fields = new Map<string, string>();
  let files = 0;
  let taking: Promise<Taken> | undefined;
  const ended = new Promise<void>((resolve, reject) => {
    form.on('field', (name, value, _nameTruncated, isCut) => {
      if (isCut)
        reject(new HubError('body_too_large', `The field "${name}" is larger than ${String(MAX_FORM_FIELD_BYTES / 1024 ** 2)} MiB.`));
      fields.set(name, value);
    });
    form.on('file', (_field, stream, fileName) => {
      files += 1;
      if (files > 1) {
        stream.resume();
        reject(new HubError('invalid_body', 'The form holds more than one file. Send one library at a time.'));
        return;
      }
      taking = takeFile({ fileName, totalBytes: null, stream }, new Map(fields));
      taking.catch((error: unknown) => {
        stream.resume();
        reject(error instanceof Error ? error : new Error(String(error)));
      });
    });
    form.on('finish', resolve);
    form.on('error', (error) => {
      reject(new HubError('invalid_body', `The form is broken: ${String(error)}`));
    });
    body.on('error', reject);
    body.on('aborted', () => {
      reject(new HubError('invalid_body', 'The sender broke off before the form was whole.'));
    });
  });
  body.pipe(form);
  try {
    await ended;
    return { fields, file: await taking };
  } finally {
    // What is left is read and thrown away, so that the sender can read the answer.
    body.unpipe(form);
    body.resume();
  }
}

function openForm(headers: IncomingHttpHeaders): BusboyInstance {
  const type = headers['content-type'] ?? '';
  try {
    return new Busboy({
      headers: { ...headers, 'content-type': type } satisfies BusboyHeaders,
      limits: { fields: MAX_FIELDS, fieldSize: MAX_FORM_FIELD_BYTES, fileSize: MAX_UPLOAD_BYTES + 1, headerPairs: 100 },
    });
  } catch (error) {
    throw new HubError('invalid_body', `The form is broken: ${error instanceof Error ? error.message : String(error)}`, [], {
      cause: error,
    });
  }
}
