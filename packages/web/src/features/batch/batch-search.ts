/** State of a batch page, as the address holds it: what one sees is what one sends. */

export const BATCH_VIEWS = ['table', 'gallery', 'series', 'plots'] as const;
export type BatchView = (typeof BATCH_VIEWS)[number];

/** Which rows, in what order; the words are those of the API. */
export interface RowFilter {
  readonly sort?: string | undefined;
  readonly outcome?: string | undefined;
  readonly status?: string | undefined;
  readonly code?: string | undefined;
  readonly where?: string | undefined;
  readonly text?: string | undefined;
  readonly substructure?: string | undefined;
  readonly similarTo?: string | undefined;
}

export interface BatchSearch extends RowFilter {
  readonly view?: BatchView | undefined;
  /** Columns in order, joined by commas; the model's own where absent. */
  readonly columns?: string | undefined;
  /** Index of the row that the pane shows. */
  readonly row?: number | undefined;
  /** Indexes of pinned rows, joined by commas. */
  readonly pins?: string | undefined;
  /** Columns of one's own: `name=formula`, joined by semicolons. */
  readonly formulas?: string | undefined;
  /** Molecule that the series view lays its pictures on, in place of each series' own scaffold. */
  readonly core?: string | undefined;
  /** Metrics of the scatter plot, across and up. */
  readonly x?: string | undefined;
  readonly y?: string | undefined;
}

const FILTER_KEYS = ['sort', 'outcome', 'status', 'code', 'where', 'text', 'substructure', 'similarTo'] as const;
const TEXT_KEYS = [...FILTER_KEYS, 'columns', 'formulas', 'core', 'x', 'y'] as const;

export function readBatchSearch(raw: Readonly<Record<string, unknown>>): BatchSearch {
  const search: Record<string, string | number> = {};
  for (const key of TEXT_KEYS) {
    const value = raw[key];
    if (typeof value === 'string' && value !== '') search[key] = value;
    else if (typeof value === 'number') search[key] = String(value);
  }
  const view = BATCH_VIEWS.find((each) => each === raw['view']);
  const row = Number(raw['row'] ?? Number.NaN);
  const pins = String(raw['pins'] ?? '');
  return {
    ...search,
    ...(view ? { view } : {}),
    ...(Number.isInteger(row) && row >= 0 ? { row } : {}),
    ...(/^\d+(,\d+)*$/.test(pins) ? { pins } : {}),
  };
}

export function filterOf(search: BatchSearch): RowFilter {
  const filter: Record<string, string> = {};
  for (const key of FILTER_KEYS) {
    const value = search[key];
    if (value !== undefined) filter[key] = value;
  }
  return filter;
}

/** What the hub sorts by: it knows nothing of formulas. */
export function viewOf(search: BatchSearch): RowFilter {
  const { sort, ...filter } = filterOf(search);
  const known = sort?.split(',').filter((key) => !/^-?=/.test(key));
  return known === undefined || known.length === 0 ? filter : { ...filter, sort: known.join(',') };
}

export interface NamedFormula {
  readonly name: string;
  readonly text: string;
}

export function readFormulas(formulas: string | undefined): readonly NamedFormula[] {
  if (formulas === undefined) return [];
  return formulas.split(';').flatMap((part) => {
    const at = part.indexOf('=');
    return at < 1 ? [] : [{ name: part.slice(0, at), text: part.slice(at + 1) }];
  });
}

export function writeFormulas(formulas: readonly NamedFormula[]): string | undefined {
  return formulas.length === 0 ? undefined : formulas.map(({ name, text }) => `${name}=${text}`).join(';');
}

export function isFiltered(search: BatchSearch): boolean {
  return FILTER_KEYS.some((key) => key !== 'sort' && search[key] !== undefined);
}

export function pinsOf({ pins }: BatchSearch): readonly number[] {
  return pins === undefined ? [] : pins.split(',').map(Number);
}

/** A range of a metric, both ends in it; an open end is undefined. */
export interface MetricRange {
  readonly metric: string;
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** Reads `docking_score:..-8,molecular_weight:200..500`. */
export function readRanges(where: string | undefined): readonly MetricRange[] {
  if (where === undefined) return [];
  return where.split(',').flatMap((part) => {
    const [, metric, from, to] = /^([^:]+):(.*?)\.\.(.*)$/.exec(part) ?? [];
    if (metric === undefined) return [];
    const numberOf = (text: string | undefined) =>
      text === undefined || text === '' || Number.isNaN(Number(text)) ? undefined : Number(text);
    return [{ metric, from: numberOf(from), to: numberOf(to) }];
  });
}

export function writeRanges(ranges: readonly MetricRange[]): string | undefined {
  if (ranges.length === 0) return undefined;
  return ranges
    .map(({ metric, from, to }) => `${metric}:${from === undefined ? '' : String(from)}..${to === undefined ? '' : String(to)}`)
    .join(',');
}

export interface SortKey {
  readonly key: string;
  readonly isDescending: boolean;
}

export function readSort(sort: string | undefined): readonly SortKey[] {
  if (sort === undefined) return [{ key: 'rank', isDescending: false }];
  return sort
    .split(',')
    .map((part) => (part.startsWith('-') ? { key: part.slice(1), isDescending: true } : { key: part, isDescending: false }));
}

/**
 * A click on a header: a new column begins with its better end, the same column turns around. With `add` the key joins those before it.
 */
export function sortAfterClick(sort: string | undefined, key: string, betterIsHigher: boolean, add: boolean): string {
  const before = readSort(sort);
  const same = before.find((each) => each.key === key);
  const next: SortKey = { key, isDescending: same ? !same.isDescending : betterIsHigher };
  const others = add ? before.filter((each) => each.key !== key) : [];
  return [...others, next].map((each) => `${each.isDescending ? '-' : ''}${each.key}`).join(',');
}
