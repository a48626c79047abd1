/** Rows, exports and files of a job. */
import { Readable } from 'node:stream';
import { ROUTES } from '@omtx/contract';
import type { FastifyInstance } from 'fastify';
import { exportRows } from '../../services/export-results.ts';
import { openArtifact, readRow, readRows } from '../../services/read-jobs.ts';
import type { HttpContext } from '../context.ts';
import { route } from '../route.ts';

export function registerResults(app: FastifyInstance, ctx: HttpContext): void {
  route(app, ROUTES.listRows, ({ params, query }) => readRows(ctx.hub, ctx.principal, params.id, query));
  route(app, ROUTES.getRow, ({ params }) => readRow(ctx.hub, ctx.principal, params.id, params.index));
  route(app, ROUTES.exportRows, async ({ params, query }, reply) => {
    const { mediaType, fileName, content } = await exportRows(ctx.hub, ctx.principal, params.id, query.format, query.sort);
    return reply.header('content-disposition', `attachment; filename="${fileName}"`).type(mediaType).send(Readable.from(content));
  });
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
