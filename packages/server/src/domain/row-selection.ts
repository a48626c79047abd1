/** The query string of a view as a value: which rows of a job, in what order. Pure. */
import {
  HubError,
  JOB_STATUSES,
  MAX_SORT_KEYS,
  ROW_OUTCOMES,
  type FieldError,
  type JobStatus,
  type RowOutcome,
  type RowViewText,
} from '@omtx/contract';

export interface SortKey {
  /** One of ROW_SORT_KEYS, or a metric. */
  readonly key: string;
  readonly descending: boolean;
}

/** Both ends belong to the range; null is open. */
export interface MetricRange {
  readonly metric: string;
  readonly min: number | null;
  readonly max: number | null;
}

export type ChemistryFilter =
  | { readonly kind: 'substructure'; readonly pattern: string }
  | { readonly kind: 'similarity'; readonly smiles: string; readonly minSimilarity: number };

export interface RowSelection {
  /** Without `index` at the end, which every order ends with. */
  readonly sort: readonly SortKey[];
  readonly statuses: readonly JobStatus[];
  readonly outcomes: readonly RowOutcome[];
  readonly codes: readonly string[];
  readonly ranges: readonly MetricRange[];
  readonly text: string | null;
  readonly chemistry: readonly ChemistryFilter[];
}

const METRIC = /^[a-z0-9][a-z0-9_.-]{0,63}$/;
const NUMBER = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?`;
const RANGE = new RegExp(String.raw`^([a-z0-9][a-z0-9_.-]{0,63}):(${NUMBER})?\.\.(${NUMBER})?$`);
const MIN_SIMILARITY = 0.5;

/** @throws HubError invalid_query, which names each part that is wrong */
export function readRowSelection(query: RowViewText): RowSelection {
  const errors: FieldError[] = [];
  const selection: RowSelection = {
    sort: withoutTail(partsOf(query.sort).map((part) => sortKeyOf(part, errors))),
    statuses: namesOf('status', partsOf(query.status), JOB_STATUSES, errors),
    outcomes: namesOf('outcome', partsOf(query.outcome), ROW_OUTCOMES, errors),
    codes: partsOf(query.code),
    ranges: partsOf(query.where).map((part) => rangeOf(part, errors)),
    text: query.text === undefined || query.text.trim() === '' ? null : query.text.trim(),
    chemistry: chemistryOf(query),
  };
  if (selection.sort.length > MAX_SORT_KEYS) errors.push({ pointer: 'sort', detail: `at most ${String(MAX_SORT_KEYS)} keys` });
  if (errors.length > 0)
    throw new HubError('invalid_query', errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; '), errors);
  return selection;
}

/** True where every row passes. */
export function selectsAll({ statuses, outcomes, codes, ranges, text, chemistry }: RowSelection): boolean {
  return [...statuses, ...outcomes, ...codes, ...ranges, ...chemistry].length === 0 && text === null;
}

/** True where rows come in input order. */
export function isInputOrder({ sort }: RowSelection): boolean {
  return sort.length === 0;
}

/** True where the ranking metric alone gives the order, best first. */
export function isRankOrder({ sort }: RowSelection): boolean {
  const [first, ...others] = sort;
  return first?.key === 'rank' && !first.descending && others.length === 0;
}

function partsOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Nothing is left to decide behind `index`; ascending it is what every order ends with. */
function withoutTail(sort: readonly SortKey[]): readonly SortKey[] {
  const place = sort.findIndex(({ key }) => key === 'index');
  if (place === -1) return sort;
  return sort.slice(0, sort[place]?.descending ? place + 1 : place);
}

function sortKeyOf(part: string, errors: FieldError[]): SortKey {
  const descending = part.startsWith('-');
  const key = part.replace(/^[+-]/, '');
  if (!METRIC.test(key)) errors.push({ pointer: 'sort', detail: `"${part.slice(0, 80)}" is neither a sort key nor a metric` });
  return { key, descending };
}

function namesOf<Name extends string>(
  pointer: string,
  parts: readonly string[],
  known: readonly Name[],
  errors: FieldError[],
): readonly Name[] {
  return parts.flatMap((part) => {
    const name = known.find((each) => each === part);
    if (name === undefined) errors.push({ pointer, detail: `"${part.slice(0, 80)}" is none of ${known.join(', ')}` });
    return name ?? [];
  });
}

function rangeOf(part: string, errors: FieldError[]): MetricRange {
  const [, metric = '', min, max] = RANGE.exec(part) ?? [];
  if (metric === '')
    errors.push({ pointer: 'where', detail: `"${part.slice(0, 80)}" is no range; write metric:least..most, such as docking_score:..-8` });
  return { metric, min: min === undefined ? null : Number(min), max: max === undefined ? null : Number(max) };
}

function chemistryOf({ substructure, similarTo, minSimilarity = MIN_SIMILARITY }: RowViewText): readonly ChemistryFilter[] {
  return [
    ...(substructure === undefined || substructure.trim() === '' ? [] : [{ kind: 'substructure', pattern: substructure.trim() } as const]),
    ...(similarTo === undefined || similarTo.trim() === ''
      ? []
      : [{ kind: 'similarity', smiles: similarTo.trim(), minSimilarity } as const]),
  ];
}
