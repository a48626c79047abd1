import { ROUTES } from '@omtx/contract';
import type { FastifyInstance } from 'fastify';
import { readTasks } from '../../services/read-models.ts';
import type { HttpContext } from '../context.ts';
import { route } from '../route.ts';

export function registerTasks(app: FastifyInstance, ctx: HttpContext): void {
  route(app, ROUTES.listTasks, () => ({ tasks: readTasks(ctx.hub) }));
  route(app, ROUTES.listMetrics, () => ({ metrics: [...ctx.hub.registry().metrics.values()] }));
}
