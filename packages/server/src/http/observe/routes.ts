/** Figures for Prometheus, and what is counted, traced and logged of every request. */
import { DEGRADED_HEADER } from '@omtx/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { closeRequestSpan, openRequestSpan, within } from '../../observe/tracing.ts';
import { noting } from '../../observe/degraded.ts';
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

/** Call it before routes are registered. */
export function observeRequests(app: FastifyInstance, hub: HubContext): void {
  tellDegraded(app);
  if (hub.log.isLevelEnabled('debug')) logRequests(app, hub);
  countRequests(app, hub);
}

function tellDegraded(app: FastifyInstance): void {
  const without = new WeakMap<FastifyRequest, Parameters<typeof noting>[0]>();
  app.addHook('onRequest', (request, _reply, done) => {
    const set: Parameters<typeof noting>[0] = new Set();
    without.set(request, set);
    noting(set, done);
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    const parts = [...(without.get(request) ?? [])];
    if (parts.length > 0) reply.header(DEGRADED_HEADER, parts.join(', '));
    done(null, payload);
  });
}

/** Requests are logged before they are checked, so that one that is refused is there too. */
function logRequests(app: FastifyInstance, { log }: HubContext): void {
  const answers = new WeakMap<FastifyRequest, unknown>();
  app.addHook('preValidation', (request, _reply, done) => {
    const { id: requestId, method, url, query, body } = request;
    const path = url.split('?', 1)[0];
    log.debug({ event: 'request', requestId, method, path, query: redact(query), body: redact(body) }, 'a request came');
    done();
  });
  app.addHook('preSerialization', (request, _reply, payload, done) => {
    answers.set(request, redact(payload));
    done(null, payload);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { id: requestId, method } = request;
    const { statusCode: status } = reply;
    const [route, seconds] = [routeOf(request), reply.elapsedTime / 1_000];
    const [bytes, body] = [reply.getHeader('content-length'), answers.get(request)];
    log.debug({ event: 'answer', requestId, method, route, status, seconds, bytes, body }, 'it was answered');
    done();
  });
}

/** Streams of events are not timed: they last as long as their reader stays. */
function countRequests(app: FastifyInstance, { meter }: HubContext): void {
  const spans = new WeakMap<FastifyRequest, ReturnType<typeof openRequestSpan>['span']>();
  app.addHook('preHandler', (request, _reply, done) => {
    const { span, context } = openRequestSpan(`${request.method} ${routeOf(request)}`, request.headers);
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
