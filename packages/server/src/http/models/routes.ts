import { ROUTES } from '@omtx/contract';
import type { FastifyInstance } from 'fastify';
import { readModel, readModels } from '../../services/read-models.ts';
import type { HttpContext } from '../context.ts';
import { route } from '../route.ts';

export function registerModels(app: FastifyInstance, ctx: HttpContext): void {
  route(app, ROUTES.listModels, () => readModels(ctx.hub));
  route(app, ROUTES.getModel, ({ params }) => readModel(ctx.hub, params.id));
}
