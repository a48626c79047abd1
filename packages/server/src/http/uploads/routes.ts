/** Files that are sent before or with a submission. */
import { Readable } from 'node:stream';
import { HubError, ROUTES, type UploadQuery } from '@omtx/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isRecord, type FreeObject } from '../../domain/free-object.ts';
import { receiveUpload, type IncomingFile } from '../../services/uploads/receive-upload.ts';
import { readUpload, removeUpload } from '../../services/uploads/read-uploads.ts';
import type { HttpContext } from '../context.ts';
import { route } from '../route.ts';
import { readForm } from './multipart.ts';

/** Bodies of any type are files here, so the scope has parsers of its own. */
export function registerUploads(app: FastifyInstance, ctx: HttpContext): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, body, done) => {
    done(null, body);
  });
  route(app, ROUTES.createUpload, async ({ query, raw }) => {
    const take = (file: IncomingFile) => receiveUpload(ctx.hub, ctx.principal, file, query);
    const body = bodyOf(raw);
    if (!isForm(raw)) return take({ fileName: nameInHeader(raw) ?? 'library', totalBytes: lengthOf(raw), stream: body });
    const { file } = await readForm(raw.headers, body, (each) => take({ ...each, totalBytes: lengthOf(raw) }));
    if (file) return file;
    throw new HubError('invalid_body', 'The form holds no file. Put the library into a part with a file name, such as "file".');
  });
  route(app, ROUTES.getUpload, ({ params }) => readUpload(ctx.hub, ctx.principal, params.id));
  route(app, ROUTES.deleteUpload, async ({ params }) => {
    await removeUpload(ctx.hub, ctx.principal, params.id);
    return { deleted: 1 };
  });
}

/**
 * Lets a submission be a form: the field `job` holds the body without its library, a part with a file name is the library, fields
 * `smilesColumn` and `nameColumn` choose columns, and `uploadId` (before the file) names the upload that tells how far it is. Behind it
 * the routes see the body alone. The upload goes when the answer is sent: its rows are stored, or nothing is.
 */
export function acceptForms(app: FastifyInstance, ctx: HttpContext): void {
  const uploads = new WeakMap<FastifyRequest, string>();
  app.addContentTypeParser('multipart/form-data', async (request: FastifyRequest, body: Readable) => {
    const { fields, file } = await readForm(request.headers, body, async (each, before) => {
      const id = before.get('uploadId');
      if (id !== undefined && !UUID.test(id)) throw new HubError('invalid_body', `The field "uploadId" is no UUID: "${id.slice(0, 100)}".`);
      const query: UploadQuery = id === undefined ? {} : { id };
      const upload = await receiveUpload(ctx.hub, ctx.principal, { ...each, totalBytes: lengthOf(request) }, query);
      uploads.set(request, upload.id);
      return upload;
    });
    return file ? withLibrary(jobOf(fields), fields, file.id) : jobOf(fields);
  });
  app.addHook('onResponse', async (request) => {
    const id = uploads.get(request);
    if (id !== undefined) await removeUpload(ctx.hub, ctx.principal, id);
  });
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function withLibrary(job: FreeObject, fields: ReadonlyMap<string, string>, uploadId: string): FreeObject {
  const columns = Object.fromEntries(
    ['smilesColumn', 'nameColumn', 'format'].flatMap((name) => (fields.has(name) ? [[name, fields.get(name)] as const] : [])),
  );
  const input = isRecord(job['input']) ? job['input'] : {};
  const library = isRecord(input['library']) ? input['library'] : {};
  return { ...job, input: { ...input, library: { ...library, ...columns, uploadId } } };
}

function jobOf(fields: ReadonlyMap<string, string>): FreeObject {
  const text = fields.get('job');
  if (text === undefined)
    throw new HubError('invalid_body', 'The form has no field "job": the body of the submission as JSON, without its library.');
  try {
    const job: unknown = JSON.parse(text);
    if (isRecord(job)) return job;
  } catch (error) {
    throw new HubError('invalid_body', `The field "job" is no JSON: ${error instanceof Error ? error.message : String(error)}`, [], {
      cause: error,
    });
  }
  throw new HubError('invalid_body', 'The field "job" is no JSON object.');
}

function bodyOf({ body, raw }: FastifyRequest): Readable {
  return body instanceof Readable ? body : raw;
}

function isForm({ headers }: FastifyRequest): boolean {
  return headers['content-type']?.toLowerCase().startsWith('multipart/form-data') === true;
}

/** Of a packed transfer the length is not that of the file. */
function lengthOf({ headers }: FastifyRequest): number | null {
  const length = Number(headers['content-length'] ?? Number.NaN);
  return Number.isInteger(length) && headers['content-encoding'] === undefined ? length : null;
}

function nameInHeader({ headers }: FastifyRequest): string | undefined {
  const header = headers['content-disposition'];
  const [, quoted, plain] = /filename="([^"]+)"|filename=([^;\s]+)/.exec(typeof header === 'string' ? header : '') ?? [];
  return quoted ?? plain;
}
