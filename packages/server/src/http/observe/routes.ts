/** Figures for Prometheus, and what is counted and logged of every request. */
import type { FastifyInstance } from 'fastify';
import type { HubContext } from '../../services/context.ts';
import { METRICS_TYPE, renderMetrics } from '../../services/render-metrics.ts';
import { redact } from './redact.ts';

export function registerMetrics(app: FastifyInstance, hub: HubContext): void {
  app.get(
    '/metrics',
    { schema: { tags: ['health'], summary: 'Figures in the text form that Prometheus reads.' } },
    async (_request, reply) => reply.type(METRICS_TYPE).send(await renderMetrics(hub)),
  );
}

/** Call it before routes are registered. Streams of events are not timed: they last as long as their reader stays. */
export function observeRequests(app: FastifyInstance, { meter, log }: HubContext): void {
  app.addHook('preHandler', (request, _reply, done) => {
    if (log.isLevelEnabled('debug')) {
      const { id: requestId, method, url, body } = request;
      log.debug({ event: 'request', requestId, method, url, body: redact(body) }, 'a request came');
    }
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    const seconds = reply.elapsedTime / 1_000;
    const { id: requestId, method } = request;
    const { statusCode: status } = reply;
    if (!isStream(reply.getHeader('content-type'))) meter.countRequest({ method, route, status, seconds });
    log.debug({ event: 'answer', requestId, method, route, status, seconds, bytes: reply.getHeader('content-length') }, 'it was answered');
    done();
  });
}

function isStream(type: unknown): boolean {
  return typeof type === 'string' && type.startsWith('text/event-stream');
}
