/** Puts the old paths on the server: each counted, marked as deprecated, and refused where its group is turned off. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseId } from '@omtx/contract';
import { isNestedDeeper, isRecord, MOST_LEVELS } from '../../domain/free-object.ts';
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
      const asked = legacyRequest(request);
      markDeprecated(reply, successorOf(route, asked.params));
      if (ctx.legacy.off.includes(group)) throw turnedOff(group, route);
      return route.handle({ ...asked, ...bodyOf(request, route) }, reply);
    },
  });
}

/** The successor with the ids of the request; a child of a batch is a row there. What only the new API can tell is left out. */
function successorOf({ successor }: LegacyRoute, params: LegacyRequest['params']): string {
  const given: Readonly<Record<string, string>> = params['action'] === 'retry_failed' ? { ...params, action: 'retry' } : params;
  const id = parseId((given['id'] ?? '').replace(/^gcp_/, ''));
  if (id?.kind === 'child') return successor.replace(/\{id\}.*$/, `${id.jobId}/rows/${String(id.index)}`);
  const filled = successor.replace(/\{(\w+)\}/g, (whole, name: string) =>
    name === 'id' && id ? id.jobId : given[name] === undefined ? whole : encodeURIComponent(given[name]),
  );
  return filled.replace(/(\/artifacts)?\/\{.*$/, '');
}

function markDeprecated(reply: FastifyReply, successor: string): void {
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

function legacyRequest(request: FastifyRequest): Omit<LegacyRequest, 'body' | 'rawBody'> {
  const params = isRecord(request.params) ? request.params : {};
  return {
    params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)])),
    query: isRecord(request.query) ? request.query : {},
    headers: request.headers,
  };
}

/** @throws LegacyError 422; what is signed is read by its handler, after the signature */
function bodyOf(request: FastifyRequest, route: LegacyRoute): Pick<LegacyRequest, 'body' | 'rawBody'> {
  const rawBody = Buffer.isBuffer(request.body) ? request.body : undefined;
  const isSigned = route.path.startsWith('/api/v3/webhooks/');
  return { body: isSigned ? undefined : parse(rawBody, request.body), rawBody };
}

/** @throws LegacyError 422, as the old server said for what is no JSON */
function parse(rawBody: Buffer | undefined, body: unknown): unknown {
  if (rawBody === undefined) return body;
  const text = rawBody.toString('utf8');
  if (text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw notJson(error instanceof Error ? error.message : '');
  }
  if (isNestedDeeper(value)) throw notJson(`nested more than ${String(MOST_LEVELS)} levels deep`);
  return value;
}

function notJson(reason: string): LegacyError {
  return new LegacyError(422, [
    { type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {}, ctx: { error: reason.slice(0, 200) } },
  ]);
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
