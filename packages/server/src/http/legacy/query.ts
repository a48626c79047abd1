/** Reading the query of an old path: text, flags, bounded numbers. Unknown keys are ignored, as they were. */
import { JOB_STATUSES, type JobStatus } from '@omtx/contract';
import { LegacyError } from './errors.ts';

export type Query = Readonly<Record<string, unknown>>;

/** @throws LegacyError 400 for a word that the old server did not know: `Invalid status: done` */
export function oneOf<T extends string>(value: string | undefined, known: readonly T[], what: string): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((each) => each === value.toLowerCase());
  if (found === undefined) throw new LegacyError(400, `Invalid ${what}: ${value}`);
  return found;
}

/** The last value of a name that is given several times, as the old server took it; undefined where it is absent. */
export function lastOf(query: Query, name: string): string | undefined {
  const value = query[name];
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  return typeof last === 'string' ? last : undefined;
}

/** As `lastOf`, but an empty text is none. */
export function textOf(query: Query, name: string): string | undefined {
  return lastOf(query, name) || undefined;
}

/** @throws LegacyError 422 where it is neither true nor false */
export function flagOf(query: Query, name: string, otherwise: boolean): boolean {
  const value = textOf(query, name)?.toLowerCase();
  if (value === undefined) return otherwise;
  if (['true', '1', 'yes', 'on', 't', 'y'].includes(value)) return true;
  if (['false', '0', 'no', 'off', 'f', 'n'].includes(value)) return false;
  const msg = 'Input should be a valid boolean, unable to interpret input';
  throw new LegacyError(422, [{ type: 'bool_parsing', loc: ['query', name], msg, input: textOf(query, name) }]);
}

/** Words for a status that old clients of some age send, by the hub's own. */
const STATUS_WORDS: Readonly<Record<JobStatus, readonly string[]>> = {
  pending: ['submitted', 'queued', 'created', 'registered', 'not_started'],
  running: ['processing', 'in_progress', 'started'],
  completed: ['complete', 'success', 'succeeded', 'completed_reconstructed', 'partially_completed'],
  failed: ['error', 'failure', 'timeout'],
  cancelled: ['canceled'],
};

/** A status by any word that there was for it; `all` is none. @throws LegacyError 400 for any other */
export function anyStatus(query: Query, name: string): JobStatus | undefined {
  const word = textOf(query, name)?.toLowerCase();
  if (word === 'all') return undefined;
  return JOB_STATUSES.find((status) => STATUS_WORDS[status].includes(word ?? '')) ?? oneOf(word, JOB_STATUSES, 'status');
}

export interface Bounds {
  readonly min: number;
  readonly max?: number;
  readonly default: number;
}

/** A whole number of the query within bounds. @throws LegacyError 422 in Pydantic's form */
export function wholeNumber(query: Query, name: string, bounds: Bounds): number {
  const text = lastOf(query, name);
  if (text === undefined) return bounds.default;
  const finding = (type: string, msg: string) => ({ type, loc: ['query', name], msg, input: text });
  if (!/^-?\d{1,9}$/.test(text)) {
    const msg = 'Input should be a valid integer, unable to parse string as an integer';
    throw new LegacyError(422, [finding('int_parsing', msg)]);
  }
  const value = Number(text);
  if (value < bounds.min) {
    const msg = `Input should be greater than or equal to ${String(bounds.min)}`;
    throw new LegacyError(422, [{ ...finding('greater_than_equal', msg), ctx: { ge: bounds.min } }]);
  }
  if (bounds.max !== undefined && value > bounds.max) {
    const msg = `Input should be less than or equal to ${String(bounds.max)}`;
    throw new LegacyError(422, [{ ...finding('less_than_equal', msg), ctx: { le: bounds.max } }]);
  }
  return value;
}

/** As `wholeNumber`, but a number above the bound is taken for the bound: old pages ask two routes for more than they allowed. */
export function clampedNumber(query: Query, name: string, { max, ...bounds }: Bounds & { readonly max: number }): number {
  return Math.min(max, wholeNumber(query, name, bounds));
}

/** What old clients name the user, `current_user` where they name none. There is one user; the name is given back. */
export function userOf(query: Query): string {
  return textOf(query, 'user_id') ?? 'current_user';
}

export interface Page {
  readonly page: number;
  readonly perPage: number;
}

export function pageOf(query: Query, name: string, bounds: Bounds): Page {
  return { page: wholeNumber(query, 'page', { min: 1, default: 1 }), perPage: wholeNumber(query, name, bounds) };
}

/** Paging as part A answers it. */
export function paginationOf({ page, perPage }: Page, total: number) {
  return { page, per_page: perPage, total, total_pages: Math.ceil(total / perPage), has_more: page * perPage < total };
}

/** Paging as results in v3 answer it. */
export function resultsPagination({ page, perPage }: Page, total: number) {
  const totalPages = Math.ceil(total / perPage);
  return { page, page_size: perPage, total_results: total, total_pages: totalPages, has_next: page < totalPages, has_previous: page > 1 };
}
