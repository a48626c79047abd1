/** Figures for Prometheus, and what is counted, traced and logged of every request. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { closeRequestSpan, openRequestSpan, within } from '../../observe/tracing.ts';
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
  const spans = new WeakMap<FastifyRequest, ReturnType<typeof openRequestSpan>['span']>();
  app.addHook('preHandler', (request, _reply, done) => {
    const { id: requestId, method, url, body } = request;
    if (log.isLevelEnabled('debug')) log.debug({ event: 'request', requestId, method, url, body: redact(body) }, 'a request came');
    const { span, context } = openRequestSpan(`${method} ${routeOf(request)}`, request.headers);
    spans.set(request, span);
    within(context, done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { id: requestId, method } = request;
    const { statusCode: status } = reply;
    const [route, seconds] = [routeOf(request), reply.elapsedTime / 1_000];
    if (!isStream(reply)) meter.countRequest({ method, route, status, seconds });
    const span = spans.get(request);
    if (span) closeRequestSpan(span, { 'http.response.status_code': status, 'http.route': route, 'omtx.request': requestId });
    log.debug({ event: 'answer', requestId, method, route, status, seconds, bytes: reply.getHeader('content-length') }, 'it was answered');
    done();
  });
}

/** As it was registered: there are as many as routes, not as jobs. */
function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'unknown';
}

function isStream(reply: FastifyReply): boolean {
  const type = reply.getHeader('content-type');
  return typeof type === 'string' && type.startsWith('text/event-stream');
}
