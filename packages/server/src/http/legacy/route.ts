/** An old path and what answers it. Groups of them are data, so that they can be counted, described and turned off. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Query } from './query.ts';

export const LEGACY_GROUPS = [
  'predict',
  'results',
  'jobs',
  'my-results',
  'catalog',
  'models',
  'optimized',
  'root',
  'batches',
  'ultra-fast',
  'v1',
  'webhooks',
  'monitoring',
] as const;
export type LegacyGroup = (typeof LEGACY_GROUPS)[number];

export interface LegacyRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: unknown;
  /** Bytes of the body; only the webhooks need them. */
  readonly rawBody: Buffer | undefined;
  readonly headers: FastifyRequest['headers'];
}

export interface LegacyRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** What to call in its place under `/api/v4`. */
  readonly successor: string;
  /** The answer as JSON, or the reply where it was sent. */
  readonly handle: (request: LegacyRequest, reply: FastifyReply) => unknown;
}

type Handle = LegacyRoute['handle'];

export const get = (path: string, successor: string, handle: Handle): LegacyRoute => ({ method: 'GET', path, successor, handle });
export const post = (path: string, successor: string, handle: Handle): LegacyRoute => ({ method: 'POST', path, successor, handle });
export const del = (path: string, successor: string, handle: Handle): LegacyRoute => ({ method: 'DELETE', path, successor, handle });

export function idOf({ params }: LegacyRequest): string {
  return params['id'] ?? '';
}
