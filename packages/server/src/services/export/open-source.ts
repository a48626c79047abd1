/**
 * Reads the rows of an export in one snapshot, into a file of this machine. The snapshot lasts as long as the database needs to give the
 * rows, never as long as somebody needs to take them: an old snapshot keeps every later change of all tables from being cleaned up.
 */
import type { MetricDefinition } from '@omtx/contract';
import { findVersion, manifestOf } from '../../catalog/registry.ts';
import { isRecord, valueAt } from '../../domain/free-object.ts';
import { isInputOrder, selectsAll, type RowSelection } from '../../domain/row-selection.ts';
import type { Database } from '../../storage/database.ts';
import { findJobDetail, type StoredJobDetail } from '../../storage/read-jobs.ts';
import {
  exportByIndexes,
  exportFromIndex,
  readCursor,
  readLibraryColumns,
  readRanks,
  type ExportedRow,
} from '../../storage/rows/export-rows.ts';
import { inSnapshot, readRowSnapshot, type RowSnapshot } from '../../storage/rows/row-snapshot.ts';
import type { HubContext, Principal } from '../context.ts';
import { jobIdOf, notFound } from '../read-jobs.ts';
import { chooseRows, EVERY_MOLECULE, type ChosenRows } from '../choose-rows.ts';
import { orderOf } from '../read-rows.ts';
import type { ExportSource } from './export-source.ts';
import { Spool } from './spool.ts';

export interface ExportWish {
  readonly selection: RowSelection;
  /** Rows chosen one by one, in their order; undefined: all that the selection lets pass. */
  readonly indexes: readonly number[] | undefined;
  /** As it is told in the file. */
  readonly order: string;
  readonly withTables: boolean;
}

export interface OpenSource extends ExportSource {
  /** Stops the reading and takes the file away. */
  close(): Promise<void>;
}

/** Half of the connections of a process, so that exports never keep others from the database. */
const SNAPSHOTS_AT_ONCE = 4;
const PAGE = 1_000;

type Head = Omit<OpenSource, 'read' | 'close'>;

/** Resolves when the snapshot is there, before its rows are. @throws HubError job_not_found, invalid_query */
export async function openSource(ctx: HubContext, principal: Principal, id: string, wish: ExportWish): Promise<OpenSource> {
  const jobId = jobIdOf(id);
  const chosen = wish.indexes ? EVERY_MOLECULE : await chooseRows(ctx, principal, jobId, wish.selection);
  const spool = await Spool.open(ctx.spoolDir);
  const stopping = new AbortController();
  const { promise: head, resolve, reject } = Promise.withResolvers<Head>();
  const reading = turns.take(() =>
    inSnapshot(ctx.db, async (tx) => {
      const snapshot = await readRowSnapshot(tx, principal.owner, jobId);
      const job = snapshot && (await findJobDetail(tx, principal.owner, jobId));
      if (!job) throw notFound(id);
      const indexes = await indexesOf(ctx, principal, tx, snapshot, wish, chosen);
      resolve(await describe(ctx, tx, snapshot, job, indexes, wish));
      await writeRows(tx, snapshot, indexes, wish, spool, stopping.signal);
    }),
  );
  const ended = reading.then(
    () => spool.end(),
    (error: unknown) => {
      const fault = error instanceof Error ? error : new Error(String(error));
      reject(fault);
      spool.end(fault);
    },
  );
  const close = async (): Promise<void> => {
    stopping.abort();
    await ended;
    await spool.remove();
  };
  try {
    return { ...(await head), read: () => rowsOf(spool), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Undefined where every row passes in input order, which needs no list. */
async function indexesOf(
  ctx: HubContext,
  principal: Principal,
  tx: Database,
  snapshot: RowSnapshot,
  { selection, indexes }: ExportWish,
  chosen: ChosenRows,
): Promise<ArrayLike<number> | undefined> {
  if (indexes) return indexes;
  if (isInputOrder(selection) && selectsAll(selection)) return undefined;
  return orderOf(ctx, principal, tx, snapshot, { selection, chosen });
}

async function describe(
  ctx: HubContext,
  tx: Database,
  snapshot: RowSnapshot,
  job: StoredJobDetail,
  indexes: ArrayLike<number> | undefined,
  { order }: ExportWish,
): Promise<Head> {
  const { sequence, at } = await readCursor(tx, snapshot);
  const state = findVersion(ctx.registry(), job.modelId, job.modelVersion) ?? findVersion(ctx.registry(), job.modelId, undefined);
  const manifest = state && manifestOf(state);
  const ids = [...new Set([...(job.rankBy === null ? [] : [job.rankBy]), ...(manifest?.metrics ?? [])])];
  const metrics: readonly MetricDefinition[] = ids.flatMap((metric) => ctx.registry().metrics.get(metric) ?? []);
  const task = manifest?.tasks.find(({ taskType }) => taskType === job.taskType);
  const own = valueAt(task?.own, '/properties');
  return {
    ctx,
    job,
    metrics,
    ownFields: isRecord(own) ? Object.keys(own).filter((field) => field !== 'ligand') : [],
    libraryColumns: await readLibraryColumns(tx, snapshot),
    version: snapshot.version,
    cursor: sequence,
    at,
    rows: indexes?.length ?? snapshot.total,
    order,
  };
}

async function writeRows(
  tx: Database,
  snapshot: RowSnapshot,
  indexes: ArrayLike<number> | undefined,
  { selection, withTables }: ExportWish,
  spool: Spool,
  signal: AbortSignal,
): Promise<void> {
  const rankOf = await readRanks(tx, snapshot);
  const count = indexes?.length ?? snapshot.total;
  for (let place = 0; place < count && !signal.aborted; place += PAGE) {
    const rows = indexes
      ? await exportByIndexes(
          tx,
          snapshot,
          Array.from({ length: Math.min(PAGE, count - place) }, (_, each) => indexes[place + each] ?? -1),
          withTables,
        )
      : await exportFromIndex(tx, snapshot, selection, { from: place, limit: PAGE, withTables });
    if (rows.length > 0) await spool.write(`${rows.map((row) => JSON.stringify({ ...row, rank: rankOf(row.index) })).join('\n')}\n`);
  }
}

async function* rowsOf(spool: Spool): AsyncGenerator<ExportedRow> {
  for await (const line of spool.lines()) yield rowOf(line);
}

/** What this process wrote a moment ago. */
function rowOf(line: string): ExportedRow {
  const row: Omit<ExportedRow, 'startedAt' | 'finishedAt'> & { readonly startedAt: string | null; readonly finishedAt: string | null } =
    JSON.parse(line);
  return {
    ...row,
    startedAt: row.startedAt === null ? null : new Date(row.startedAt),
    finishedAt: row.finishedAt === null ? null : new Date(row.finishedAt),
  };
}

/** Lets so many work at once; the others wait in the order in which they came. */
class Turns {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}

const turns = new Turns(SNAPSHOTS_AT_ONCE);
