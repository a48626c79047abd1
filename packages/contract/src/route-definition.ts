/** What is said of each route of `/api/v4`, and the parameters that several of them have. */
import { Type, type TSchema } from 'typebox';

export interface RouteDefinition {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly family: 'jobs' | 'msas' | 'campaigns' | 'uploads' | 'results' | 'events' | 'models' | 'tasks' | 'operator';
  readonly summary: string;
  readonly status: 200 | 202;
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema;
  /** Absent where the answer is no JSON. */
  readonly answer?: TSchema;
}

export const Limit = Type.Integer({ minimum: 1, maximum: 1_000, default: 100 });
export const Cursor = Type.Optional(Type.String({ maxLength: 100, description: '`nextCursor` of the page before.' }));
