/**
 * Stores a large submission before its chemistry is known: job, shared input and rows by COPY, the note that they are to be checked, and
 * the first event, in one transaction. After it nothing can be lost, and no row is claimable until it is checked.
 */
import { HubError, type OwnerId } from '@omtx/contract';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sql } from 'kysely';
import { from as copyFrom } from 'pg-copy-streams';
import { withCopyTransaction, type CopyTransaction, type Database } from './database.ts';
import { appendEvent } from './events.ts';
import { insertJob, replay, type IngestedJob, type JobToStore, type NewRow } from './ingest.ts';
import { jsonText, storable } from './json-text.ts';
import { CHECK_CHANNEL, notify } from './notify.ts';

/** A row that has been read, and not checked for chemistry and repeats. */
export type UncheckedRow = Omit<NewRow, 'canonicalSmiles' | 'reusedFrom'>;

export interface IngestOptions {
  /** Nothing runs until the check has ended, and nothing at all when it finds a bad row. */
  readonly rejectAll: boolean;
  /** Further columns of the library, asked for when all rows are there. */
  readonly columns?: () => readonly string[] | null;
}

export interface IngestedRows extends IngestedJob {
  readonly total: number;
  /** Of them, refused for what could be seen without chemistry. */
  readonly rejected: number;
  /** Of them, still to be checked. */
  readonly unchecked: number;
}

const COLUMNS = 'batch_id, index, line, name, input, original, status, outcome, code, message, finished_at';

/**
 * The transaction waits for nothing but the database: the rows must come from a disk or from memory, not from a client.
 * @throws HubError invalid_input where there are no rows, idempotency_conflict; what the rows throw rolls everything back
 */
export async function ingestUnchecked(
  db: Database,
  owner: OwnerId,
  job: JobToStore,
  batches: AsyncIterable<readonly UncheckedRow[]>,
  { rejectAll, columns }: IngestOptions,
): Promise<IngestedRows> {
  return withCopyTransaction(db, async (transaction) => {
    const { tx } = transaction;
    // The counts are known when all rows are there; until the commit nobody sees these.
    if (!(await insertJob(tx, owner, job, { total: 1, rejected: 0, checked: 0 }))) {
      const first = await replay(tx, owner, job);
      return { ...first, ...(await countsOf(tx, first)) };
    }
    const counts = await copyRows(transaction, job, batches);
    if (counts.total === 0)
      throw new HubError('invalid_input', 'The library has no rows. Give at least one ligand.', [{ pointer: '/input', detail: 'no rows' }]);
    await setCounts(tx, job, counts, columns?.() ?? null);
    await appendEvent(tx, job.id, 'submitted', []);
    if (counts.rejected === counts.total) await appendEvent(tx, job.id, 'finished', []);
    else {
      await tx.insertInto('row_checks').values({ job_id: job.id, reject_all: rejectAll }).execute();
      await notify(tx, CHECK_CHANNEL, job.id);
    }
    return { id: job.id, replayed: false, ...counts, unchecked: counts.rejected === counts.total ? 0 : counts.total };
  });
}

/** A job of rejected rows only is final, and there is nothing to check. */
async function setCounts(
  tx: Database,
  { id }: JobToStore,
  { total, rejected }: { readonly total: number; readonly rejected: number },
  columns: readonly string[] | null,
): Promise<void> {
  const checked = rejected === total ? total : 0;
  await sql`
    update jobs
    set total_count = ${total}, failed_count = ${rejected}, rejected_count = ${rejected}, checked_count = ${checked}, checked_until = ${checked},
      finished_at = case when ${rejected === total} then now() end, library_columns = ${columns}::text[]
    where id = ${id}`.execute(tx);
}

async function copyRows(
  { client }: CopyTransaction,
  { id }: JobToStore,
  batches: AsyncIterable<readonly UncheckedRow[]>,
): Promise<{ readonly total: number; readonly rejected: number }> {
  let total = 0;
  let rejected = 0;
  const now = new Date().toISOString();
  async function* lines(): AsyncGenerator<string, void> {
    for await (const rows of batches) {
      let text = '';
      for (const row of rows) {
        text += lineOf(id, total, row, now);
        total += 1;
        if (row.rejection) rejected += 1;
      }
      if (text !== '') yield text;
    }
  }
  await pipeline(
    Readable.from(lines(), { objectMode: true, highWaterMark: 2 }),
    client.query(copyFrom(`copy batch_rows (${COLUMNS}) from stdin`)),
  );
  return { total, rejected };
}

/** One row in COPY's text format. */
function lineOf(id: string, index: number, { line, name, input, original, rejection }: UncheckedRow, now: string): string {
  const place = `${id}\t${String(index)}\t${line === null ? '\\N' : String(line)}\t${name === null ? '\\N' : escape(storable(name))}`;
  const texts = `${escape(jsonText(input))}\t${original === null ? '\\N' : escape(jsonText(original))}`;
  if (!rejection) return `${place}\t${texts}\tpending\t\\N\t\\N\t\\N\t\\N\n`;
  return `${place}\t${texts}\tfailed\trejected\t${rejection.code}\t${escape(storable(rejection.message))}\t${now}\n`;
}

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escape(text: string): string {
  return SPECIAL.test(text) ? text.replaceAll(/[\\\t\n\r]/g, (special) => ESCAPES[special] ?? special) : text;
}

async function countsOf(tx: Database, { id }: IngestedJob): Promise<Pick<IngestedRows, 'total' | 'rejected' | 'unchecked'>> {
  const job = await tx
    .selectFrom('jobs')
    .select(['total_count', 'rejected_count', 'checked_count'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return { total: job.total_count, rejected: job.rejected_count, unchecked: job.total_count - job.checked_count };
}
