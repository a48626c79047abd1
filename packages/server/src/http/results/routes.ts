/** Rows, exports and files of a job. */
import { Readable } from 'node:stream';
import { COUNT_HEADER, CURSOR_HEADER, ROUTES, VERSION_HEADER } from '@omtx/contract';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { exportRows, type Export } from '../../services/export/export-rows.ts';
import { openArtifact, readRow } from '../../services/read-jobs.ts';
import { readBatch, readColumns, readRowOrder, readRows } from '../../services/read-rows.ts';
import type { HttpContext } from '../context.ts';
import { route } from '../route.ts';

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
  route(app, ROUTES.getRow, ({ params }) => readRow(ctx.hub, ctx.principal, params.id, params.index));
  route(app, ROUTES.exportRows, async ({ params, query }, reply) => {
    const { format, rows, ...view } = query;
    const chosen = rows === undefined ? {} : { rows: rows.split(',').map(Number) };
    return sendExport(reply, await exportRows(ctx.hub, ctx.principal, params.id, format, { ...view, ...chosen }));
  });
  route(app, ROUTES.exportChosenRows, async ({ params, body: { format, ...wish } }, reply) =>
    sendExport(reply, await exportRows(ctx.hub, ctx.principal, params.id, format, wish)),
  );
  route(app, ROUTES.getArtifact, async ({ params }, reply) => {
    const { name, mediaType, stream } = await openArtifact(ctx.hub, ctx.principal, params.id, params.sha256);
    return (
      reply
        .header('content-disposition', `attachment; filename="${name.replaceAll(/[^A-Za-z0-9._-]/g, '_')}"`)
        // Named by its content, so it never changes; what a model wrote is never run by a browser.
        .header('cache-control', 'private, max-age=31536000, immutable')
        .header('x-content-type-options', 'nosniff')
        .header('content-security-policy', "sandbox; default-src 'none'")
        .type(mediaType)
        .send(stream)
    );
  });
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
