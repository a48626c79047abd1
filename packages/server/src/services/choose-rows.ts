/** What a view asks of a job's molecules, decided before its snapshot is taken: RDKit may need seconds, and a snapshot must not wait. */
import { HubError, type JobId, type RowMatches, type RowViewText } from '@omtx/contract';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRowSelection, type RowSelection } from '../domain/row-selection.ts';
import type { RowSnapshot } from '../storage/rows/row-snapshot.ts';
import type { HubContext, Principal } from './context.ts';
import { jobIdOf } from './read-jobs.ts';
import type { StructureHits } from './structure-cache.ts';
import { searchStructures } from './structure-search.ts';

/** How long a count is waited for: long enough to be the last for most, short enough to show that it grows. */
const COUNT_MS = 250;

export interface ChosenRows {
  /** Rows that were checked when it was decided; none are asked about where it is undefined. */
  readonly checked: number | undefined;
  readonly hits: readonly StructureHits[];
}

export const EVERY_MOLECULE: ChosenRows = { checked: undefined, hits: [] };

/** @throws HubError job_not_found, invalid_query for what is no structure */
export async function chooseRows(ctx: HubContext, principal: Principal, jobId: JobId, { chemistry }: RowSelection): Promise<ChosenRows> {
  if (chemistry.length === 0) return EVERY_MOLECULE;
  const searches = await Promise.all(chemistry.map((filter) => searchStructures(ctx, principal, jobId, filter)));
  const hits = await Promise.all(searches.map(({ done }) => done));
  return { checked: Math.min(...searches.map(({ checked }) => checked)), hits };
}

/** @throws HubError view_stale where more rows were checked meanwhile */
export function applyChosen(
  snapshot: RowSnapshot,
  { sort }: RowSelection,
  { checked, hits }: ChosenRows,
  indexes: Uint32Array,
): Uint32Array {
  if (checked === undefined) return indexes;
  if (checked !== snapshot.checked)
    throw new HubError(
      'view_stale',
      `Molecules of job ${snapshot.id} are being checked: ${String(snapshot.checked)} now, ${String(checked)} when they were compared. Ask again.`,
    );
  const passing = indexes.filter((index) => hits.every(({ passes }) => passes[index] === 1));
  const [first] = sort;
  if (first?.key !== 'similarity') return passing;
  const likeness = (index: number): number => Math.min(...hits.map(({ similarity }) => similarity[index] ?? 0));
  const sign = first.descending ? -1 : 1;
  // The order of before stays among equals.
  return Uint32Array.from([...passing].sort((a, b) => sign * (likeness(a) - likeness(b))));
}

/** How far the search for the structures of a view is; the search goes on behind the answer. @throws HubError job_not_found, invalid_query */
export async function countMatches(ctx: HubContext, principal: Principal, id: string, query: RowViewText): Promise<RowMatches> {
  const { chemistry } = readRowSelection(query);
  if (chemistry.length === 0)
    throw new HubError('invalid_query', 'Give a substructure, or a molecule that ligands are like (similarTo).', [
      { pointer: 'substructure', detail: 'missing' },
    ]);
  const searches = await Promise.all(chemistry.map((filter) => searchStructures(ctx, principal, jobIdOf(id), filter)));
  const ended = Promise.all(searches.map(({ done }) => done));
  const stop = new AbortController();
  const hits = await Promise.race([ended, sleep(COUNT_MS, undefined, { signal: stop.signal })]);
  stop.abort();
  ended.catch(() => undefined); // Told to whoever asks for the rows.
  const [search] = searches;
  if (!search) throw new Error('unreachable: there is a filter');
  if (!hits)
    return {
      total: search.total,
      examined: Math.min(...searches.map(({ examined }) => examined)),
      matching: Math.min(...searches.map(({ matching }) => matching)),
      isDone: false,
    };
  const matching =
    hits[0]?.passes.reduce((sum, passes, index) => sum + (passes === 1 && hits.every((each) => each.passes[index] === 1) ? 1 : 0), 0) ?? 0;
  return { total: search.total, examined: search.total, matching, isDone: true };
}
