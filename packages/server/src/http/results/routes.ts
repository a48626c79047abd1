/** Rows, exports and files of a job. */
import { Readable } from 'node:stream';
import { COUNT_HEADER, CURSOR_HEADER, HubError, ROUTES, VERSION_HEADER } from '@omtx/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { exportRows, type Export } from '../../services/export/export-rows.ts';
import { countMatches } from '../../services/choose-rows.ts';
import { findCompound } from '../../services/find-compound.ts';
import { fileNameOf, findFile, linkFile, openFile } from '../../services/read-artifact.ts';
import { readRow } from '../../services/read-jobs.ts';
import { readBatch, readColumns, readRowOrder, readRows } from '../../services/read-rows.ts';
import type { HttpContext } from '../context.ts';
import { route } from '../route.ts';
import { byteRangeOf } from './byte-range.ts';

export function registerResults(app: FastifyInstance, ctx: HttpContext): void {
  route(app, ROUTES.getBatch, async ({ params, query }, reply) => {
    const batch = await readBatch(ctx.hub, ctx.principal, params.id, query);
    return reply.header(VERSION_HEADER, batch.version).send(batch);
  });
  route(app, ROUTES.listRows, async ({ params, query }, reply) => {
    const page = await readRows(ctx.hub, ctx.principal, params.id, query);
    return reply.header(VERSION_HEADER, page.version).send(page);
  });
  route(app, ROUTES.getRowOrder, async ({ params, query }, reply) => {
    const { version, indexes } = await readRowOrder(ctx.hub, ctx.principal, params.id, query);
    const bytes = Buffer.from(indexes.buffer, indexes.byteOffset, indexes.byteLength);
    return sendBinary(reply, version, indexes.length, bytes);
  });
  route(app, ROUTES.getRowColumns, async ({ params, query }, reply) => {
    const { version, rows, bytes } = await readColumns(ctx.hub, ctx.principal, params.id, query.names);
    return sendBinary(reply, version, rows, bytes);
  });
  route(app, ROUTES.countRowMatches, ({ params, query }) => countMatches(ctx.hub, ctx.principal, params.id, query));
  route(app, ROUTES.findCompound, ({ query }) => findCompound(ctx.hub, ctx.principal, query));
  route(app, ROUTES.getRow, ({ params }) => readRow(ctx.hub, ctx.principal, params.id, params.index));
  route(app, ROUTES.exportRows, async ({ params, query }, reply) => {
    const { format, rows, ...view } = query;
    const chosen = rows === undefined ? {} : { rows: rows.split(',').map(Number) };
    return sendExport(reply, await exportRows(ctx.hub, ctx.principal, params.id, format, { ...view, ...chosen }));
  });
  route(app, ROUTES.exportChosenRows, async ({ params, body: { format, ...wish } }, reply) =>
    sendExport(reply, await exportRows(ctx.hub, ctx.principal, params.id, format, wish)),
  );
  route(app, ROUTES.getArtifact, ({ params, raw }, reply) => sendFile(ctx, params, raw, reply), { compress: false });
  route(app, ROUTES.linkArtifact, ({ params }) => linkFile(ctx.hub, ctx.principal, params.id, params.sha256));
}

/** Named by its content, so it never changes; what a model wrote is never run by a browser. */
async function sendFile(
  { hub, principal }: HttpContext,
  { id, sha256 }: { readonly id: string; readonly sha256: string },
  { headers }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const file = await findFile(hub, principal, id, sha256);
  const tag = `"${sha256}"`;
  reply
    .header('etag', tag)
    .header('accept-ranges', 'bytes')
    .header('cache-control', 'private, max-age=31536000, immutable')
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "sandbox; default-src 'none'");
  if (isTagged(headers['if-none-match'], tag)) return reply.code(304).send();
  const sizeBytes = await hub.artifacts.sizeOf(sha256);
  const isSame = headers['if-range'] === undefined || headers['if-range'] === tag;
  const range = isSame ? byteRangeOf(headers.range, sizeBytes) : undefined;
  if (range === 'unsatisfiable') {
    reply.header('content-range', `bytes */${String(sizeBytes)}`);
    throw new HubError('range_not_satisfiable', `The file has ${String(sizeBytes)} bytes; "${headers.range ?? ''}" asks for none of them.`);
  }
  const stream = await openFile(hub, sha256, range);
  if (range) reply.code(206).header('content-range', `bytes ${String(range.first)}-${String(range.last)}/${String(sizeBytes)}`);
  return reply
    .header('content-disposition', `attachment; filename="${fileNameOf(file)}"`)
    .header('content-length', range ? range.last - range.first + 1 : sizeBytes)
    .type(file.mediaType)
    .send(stream);
}

function isTagged(header: string | undefined, tag: string): boolean {
  return (header ?? '').split(',').some((part) => ['*', tag, `W/${tag}`].includes(part.trim()));
}

function sendExport(reply: FastifyReply, { mediaType, fileName, version, cursor, content }: Export): FastifyReply {
  return reply
    .header(VERSION_HEADER, version)
    .header(CURSOR_HEADER, cursor)
    .header('content-disposition', `attachment; filename="${fileName}"`)
    .header('x-content-type-options', 'nosniff')
    .type(mediaType)
    .send(Readable.from(content));
}

function sendBinary(reply: FastifyReply, version: string, count: number, bytes: Buffer): FastifyReply {
  return reply.header(VERSION_HEADER, version).header(COUNT_HEADER, count).type('application/octet-stream').send(bytes);
}
