/** Puts the old paths on the server: each counted, marked as deprecated, and refused where its group is turned off. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isRecord } from '../../domain/free-object.ts';
import type { HttpContext } from '../context.ts';
import { LegacyError, setLegacyErrors } from './errors.ts';
import { groupsOf } from './groups.ts';
import { LEGACY_GROUPS, type LegacyGroup, type LegacyRequest, type LegacyRoute } from './route.ts';

/** When `/api/v4` took their place (RFC 9745: seconds of the epoch): 2026-11-25. */
const DEPRECATED_SINCE = Date.UTC(2026, 10, 25) / 1_000;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export interface RegisteredLegacyRoute {
  readonly group: LegacyGroup;
  readonly method: LegacyRoute['method'];
  readonly path: string;
  readonly successor: string;
}

/** The old paths in the order of their groups; for the operator's list of what is still called. */
export function listLegacyRoutes(ctx: HttpContext): readonly RegisteredLegacyRoute[] {
  const groups = groupsOf(ctx);
  return LEGACY_GROUPS.flatMap((group) => groups[group].map(({ method, path, successor }) => ({ group, method, path, successor })));
}

export function registerLegacy(app: FastifyInstance, ctx: HttpContext): void {
  setLegacyErrors(app);
  keepRawBody(app);
  const groups = groupsOf(ctx);
  const taken = new Map<string, Set<string>>();
  for (const group of LEGACY_GROUPS) {
    for (const route of groups[group]) {
      // A path of the hub's own, registered before, goes first.
      if (app.hasRoute({ method: route.method, url: route.path })) continue;
      register(app, ctx, group, route);
      taken.set(route.path, (taken.get(route.path) ?? new Set()).add(route.method));
    }
  }
  for (const [path, methods] of taken) refuseOtherMethods(app, path, methods);
}

/** Bodies are read as bytes and kept, because a signature is over the bytes; what is no JSON is the handler's to refuse. */
function keepRawBody(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes, done) => {
    done(null, bytes);
  });
}

function register(app: FastifyInstance, ctx: HttpContext, group: LegacyGroup, route: LegacyRoute): void {
  app.route({
    method: route.method,
    url: route.path,
    schema: { hide: true },
    handler: async (request, reply) => {
      ctx.usage.count(route.method, route.path, clientOf(request));
      markDeprecated(reply, route);
      if (ctx.legacy.off.includes(group)) throw turnedOff(group, route);
      return route.handle(legacyRequest(request, route), reply);
    },
  });
}

function markDeprecated(reply: FastifyReply, { successor }: LegacyRoute): void {
  reply.header('deprecation', `@${String(DEPRECATED_SINCE)}`);
  reply.header('link', `<${successor}>; rel="successor-version", </docs>; rel="deprecation"; type="text/html"`);
}

function turnedOff(group: LegacyGroup, { successor }: LegacyRoute): LegacyError {
  return new LegacyError(410, `This path is turned off on this hub (group "${group}"). Use ${successor}; docs/migration.md says how.`);
}

/** What the caller calls itself, or the page that it runs in. */
function clientOf({ headers }: FastifyRequest): string | undefined {
  const origin = headers.origin;
  const agent = headers['user-agent'];
  return [origin, agent].filter((part) => part !== undefined).join(' ') || undefined;
}

function legacyRequest(request: FastifyRequest, route: LegacyRoute): LegacyRequest {
  const rawBody = Buffer.isBuffer(request.body) ? request.body : undefined;
  const isSigned = route.path.startsWith('/api/v3/webhooks/');
  const params = isRecord(request.params) ? request.params : {};
  return {
    params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)])),
    query: isRecord(request.query) ? request.query : {},
    body: isSigned ? undefined : parse(rawBody, request.body),
    rawBody,
    headers: request.headers,
  };
}

/** @throws LegacyError 422, as the old server said for what is no JSON */
function parse(rawBody: Buffer | undefined, body: unknown): unknown {
  if (rawBody === undefined) return body;
  const text = rawBody.toString('utf8');
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    throw new LegacyError(422, [
      { type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {}, ctx: { error: reason.slice(0, 200) } },
    ]);
  }
}

function refuseOtherMethods(app: FastifyInstance, path: string, methods: ReadonlySet<string>): void {
  for (const method of METHODS) {
    if (methods.has(method) || app.hasRoute({ method, url: path })) continue;
    app.route({
      method,
      url: path,
      schema: { hide: true },
      handler: (_request, reply) =>
        reply
          .code(405)
          .header('allow', [...methods].join(', '))
          .send({ detail: 'Method Not Allowed' }),
    });
  }
}
