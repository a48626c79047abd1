/** Registers a route of the contract: its schema is check, type and description in one. */
import { Problem, type RouteDefinition } from '@omtx/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static, TSchema } from 'typebox';

type Part<T> = T extends TSchema ? Static<T> : undefined;

export interface Request<R extends RouteDefinition> {
  readonly params: Part<R['params']>;
  readonly query: Part<R['query']>;
  readonly body: Part<R['body']>;
  readonly raw: FastifyRequest;
}

/** The handler's answer is sent as JSON, unless it has sent one itself and gives the reply back. */
export function route<R extends RouteDefinition>(
  app: FastifyInstance,
  definition: R,
  handle: (request: Request<R>, reply: FastifyReply) => unknown,
  /** `compress: false` where the bytes are sent as they are. */
  options: { readonly compress?: false } = {},
): void {
  const { method, path, family, summary, status, params, query, body, answer } = definition;
  app.route({
    ...options,
    method,
    url: path,
    schema: {
      summary,
      tags: [family],
      ...(params && { params }),
      ...(query && { querystring: query }),
      ...(body && { body }),
      response: { ...(answer && { [status]: answer }), default: Problem },
    },
    handler: async (request, reply) => {
      reply.code(status);
      // Fastify has checked the three against the schemas that their types come from.
      // eslint-disable-next-line @typescript-eslint/consistent-type-assertions
      const checked = { params: request.params, query: request.query, body: request.body, raw: request } as Request<R>;
      return handle(checked, reply);
    },
  });
}
