/** Whether the process answers, and whether it can do its work. */
import type { FastifyInstance } from 'fastify';
import { cacheFigures } from '../services/cache.ts';
import type { HubContext } from '../services/context.ts';
import { isReachable } from '../storage/database.ts';

export function registerHealth(app: FastifyInstance, hub: HubContext): void {
  app.get('/health/live', { schema: { tags: ['health'], summary: 'The process answers.' } }, () => ({ status: 'live' }));
  app.get(
    '/health/ready',
    { schema: { tags: ['health'], summary: 'The database answers; 503 where it does not.' } },
    async (_request, reply) => {
      const isFailing = Object.values(cacheFigures(hub.caches)).some((figures) => figures.isFailing);
      const cache = isFailing ? 'fails; answers are read from the database' : 'ok';
      if (await isReachable(hub.db)) return { status: 'ready', database: 'ok', cache };
      return reply.code(503).send({ status: 'not_ready', database: 'does not answer' });
    },
  );
}
