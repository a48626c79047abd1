import { manifestSchema, ROUTES } from '@omtx/contract';
import type { FastifyInstance } from 'fastify';
import { readModel, readModels } from '../../services/read-models.ts';
import type { HttpContext } from '../context.ts';
import { route } from '../route.ts';

export function registerModels(app: FastifyInstance, ctx: HttpContext): void {
  route(app, ROUTES.listModels, ({ query }) => readModels(ctx.hub, query));
  route(app, ROUTES.getModel, ({ params, query }) => readModel(ctx.hub, params.id, query.version));
  route(app, ROUTES.getModelSchema, () => manifestSchema());
}
