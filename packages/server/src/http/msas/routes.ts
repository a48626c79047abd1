/** Alignments of proteins. */
import { ROUTES } from '@omtx/contract';
import type { FastifyInstance } from 'fastify';
import { createMsa, getMsa, listAlignments, readMsaText, removeMsa } from '../../services/msas.ts';
import type { HttpContext } from '../context.ts';
import { route } from '../route.ts';

export function registerMsas(app: FastifyInstance, ctx: HttpContext): void {
  route(app, ROUTES.createMsa, ({ body }) => createMsa(ctx.hub, ctx.principal, body));
  route(app, ROUTES.listMsas, ({ query }) => listAlignments(ctx.hub, ctx.principal, query.limit, query.cursor));
  route(app, ROUTES.getMsa, ({ params }) => getMsa(ctx.hub, ctx.principal, params.id));
  route(app, ROUTES.getMsaText, async ({ params }, reply) => {
    const text = await readMsaText(ctx.hub, ctx.principal, params.id);
    return reply.type('text/plain; charset=utf-8').header('content-disposition', 'attachment; filename="alignment.a3m"').send(text);
  });
  route(app, ROUTES.deleteMsa, async ({ params }) => {
    await removeMsa(ctx.hub, ctx.principal, params.id);
    return { deleted: 1 };
  });
}
