/** A server of its own for figures and health: worker hosts have no API, and an operator may let others read figures and nothing else. */
import Fastify, { type FastifyInstance } from 'fastify';
import type { HubContext } from '../../services/context.ts';
import { registerHealth } from '../health.ts';
import { registerMetrics } from './routes.ts';

export function buildMetricsServer(hub: HubContext): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true });
  registerHealth(app, hub);
  registerMetrics(app, hub);
  return app;
}
