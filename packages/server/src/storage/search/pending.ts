/**
 * Jobs whose ligands are still to be indexed, from the side table, and the writing of what was found.
 *
 * States of a job in the table: waiting (no holder, or its lease is over) -> held -> (a slice written, `next_index` moved on) ... -> gone.
 * A slice is one transaction, fenced by the holder, so any process may die at any moment and the next goes on behind it.
 */
import type { JobId, OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** Rows of a batch whose names stand in one document. */
export const ROWS_OF_PART = 5_000;
/** Jobs of so few rows are indexed together. */
const FEW_ROWS = 100;
const JOBS_AT_ONCE = 100;
const LEASE_SECONDS = 60;

/** Rows [start, end) of a job. */
export interface Slice {
  readonly jobId: JobId;
  readonly owner: OwnerId;
  readonly total: number;
  readonly start: number;
  readonly end: number;
}

/** Takes the slice that has waited longest, with those of other small jobs. A slice is ready when all of its rows are checked, or never will be. */
export async function takeSlices(db: Database, holder: string): Promise<readonly Slice[]> {
  const { rows } = await sql<Slice>`
    with ready as (
      select p.job_id, j.owner, j.total_count as total, p.next_index as start, least(p.next_index + ${ROWS_OF_PART}, j.total_count) as end,
        p.created_at
      from search_pending p join jobs j on j.id = p.job_id
      where (p.holder is null or p.lease_until < now())
        and (least(p.next_index + ${ROWS_OF_PART}, j.total_count) <= j.checked_count or j.cancelled_at is not null or j.finished_at is not null)
      order by p.created_at, p.job_id
      limit ${JOBS_AT_ONCE}
      for update of p skip locked
    ), chosen as (
      select *, row_number() over (order by created_at, job_id) as place from ready
    )
    update search_pending p
    set holder = ${holder}, lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
    from chosen c
    where c.job_id = p.job_id and (c.place = 1 or c.total <= ${FEW_ROWS} and (select total from chosen where place = 1) <= ${FEW_ROWS})
    returning c.job_id as "jobId", c.owner, c.total, c.start, c."end"`.execute(db);
  return rows;
}

export interface IndexedRow {
  readonly jobId: JobId;
  readonly index: number;
  readonly smiles: string;
  /** False for rows that came without a check: their SMILES are as they were written. */
  readonly isCanonical: boolean;
  /** Of the same molecule elsewhere; null where none is known. */
  readonly inchikey: string | null;
}

/** Rows of the slices that have a molecule, with what is known of it already. */
export async function readLigands(db: Database, slices: readonly Slice[]): Promise<readonly IndexedRow[]> {
  const { rows } = await sql<IndexedRow>`
    with asked as (
      select * from unnest(${slices.map(({ jobId }) => jobId)}::uuid[], ${slices.map(({ start }) => start)}::int[], ${slices.map(({ end }) => end)}::int[])
        as given (job_id, first, last)
    ), molecules as (
      select r.batch_id, r.index, coalesce(r.canonical_smiles, r.input #>> '{ligand,smiles}') as smiles, r.canonical_smiles is not null as canonical
      from asked join batch_rows r on r.batch_id = asked.job_id and r.index >= first and r.index < last
      where r.outcome is distinct from 'rejected'
    )
    select batch_id as "jobId", index, smiles, canonical as "isCanonical",
      (select inchikey from ligands l where l.smiles_key = md5(smiles)::uuid and inchikey is not null limit 1) as inchikey
    from molecules where smiles is not null
    order by batch_id, index`.execute(db);
  return rows;
}

export interface LigandEntry {
  readonly jobId: JobId;
  readonly index: number;
  readonly canonicalSmiles: string;
  readonly inchikey: string | null;
}

/** Pattern fingerprints of the rows of a slice, one after another. */
export interface SlicePatterns {
  readonly jobId: JobId;
  readonly start: number;
  readonly bits: Uint8Array;
}

/** Documents, words and ligands of the slices, in one transaction. Slices of jobs that are gone or another's are left out. */
export async function writeSlices(
  db: Database,
  holder: string,
  slices: readonly Slice[],
  ligands: readonly LigandEntry[],
  patterns: readonly SlicePatterns[],
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const held = await holdSlices(tx, holder, slices);
    if (held.length === 0) return;
    const ids = new Set(held.map(({ jobId }) => jobId));
    await writeDocuments(tx, held);
    await writeLigands(
      tx,
      ligands.filter(({ jobId }) => ids.has(jobId)),
    );
    for (const { jobId, start, bits } of patterns) if (ids.has(jobId)) await writeFingerprints(tx, { jobId, kind: 'pattern', start, bits });
    await moveOn(tx, held);
  });
}

/** Those that are held still, and begin where they did: a job that was renamed meanwhile begins anew. In the order of the ids, as all lock. */
async function holdSlices(tx: Database, holder: string, slices: readonly Slice[]): Promise<readonly Slice[]> {
  const { rows } = await sql<{ jobId: JobId; start: number }>`
    select job_id as "jobId", next_index as start from search_pending
    where job_id = any (${slices.map(({ jobId }) => jobId)}::uuid[]) and holder = ${holder}
    order by job_id
    for update`.execute(tx);
  return slices.filter(({ jobId, start }) => rows.some((row) => row.jobId === jobId && row.start === start));
}

async function writeDocuments(tx: Database, slices: readonly Slice[]): Promise<void> {
  await sql`
    with asked as (
      select * from unnest(${slices.map(({ jobId }) => jobId)}::uuid[], ${slices.map(({ start }) => start)}::int[], ${slices.map(({ end }) => end)}::int[])
        as given (job_id, first, last)
    ), written as (
      insert into search_documents (job_id, part, document)
      select jobs.id, 0, search_job_document(jobs) from asked join jobs on jobs.id = asked.job_id where first = 0
      union all
      select jobs.id, first / ${ROWS_OF_PART} + 1, concat_ws(' ', search_job_lexemes(jobs), (
        select string_agg(search_lexemes(concat_ws(' ', r.name, search_names(r.input)), 'B'), ' ')
        from batch_rows r where r.batch_id = jobs.id and r.index >= first and r.index < last
      ))::tsvector
      from asked join jobs on jobs.id = asked.job_id
      where job_type = 'batch_parent'
      on conflict (job_id, part) do update set document = excluded.document
      returning job_id, document
    )
    insert into search_words (owner, word)
    select distinct jobs.owner, word
    from written join jobs on jobs.id = written.job_id cross join unnest(tsvector_to_array(document)) word
    where word ~ '^[[:alpha:]]{4,}$'
    order by 1, 2
    on conflict do nothing`.execute(tx);
}

async function writeLigands(tx: Database, ligands: readonly LigandEntry[]): Promise<void> {
  if (ligands.length === 0) return;
  await sql`
    insert into ligands (job_id, index, owner, smiles_key, inchikey)
    select job_id, index, owner, md5(smiles)::uuid, inchikey
    from unnest(
      ${ligands.map(({ jobId }) => jobId)}::uuid[], ${ligands.map(({ index }) => index)}::int[],
      ${ligands.map(({ canonicalSmiles }) => canonicalSmiles)}::text[], ${ligands.map(({ inchikey }) => inchikey)}::text[]
    ) as given (job_id, index, smiles, inchikey)
    join jobs on jobs.id = given.job_id
    on conflict (job_id, index) do update set smiles_key = excluded.smiles_key, inchikey = excluded.inchikey`.execute(tx);
}

/** Fingerprints of rows from `start` on, 256 bytes each. */
export async function writeFingerprints(
  tx: Database,
  { jobId, kind, start, bits }: SlicePatterns & { readonly kind: 'morgan' | 'pattern' },
): Promise<void> {
  await sql`
    insert into ligand_fingerprints (job_id, kind, first_index, bits) values (${jobId}, ${kind}, ${start}, ${Buffer.from(bits.buffer, bits.byteOffset, bits.byteLength)})
    on conflict (job_id, kind, first_index) do update set bits = excluded.bits`.execute(tx);
}

/** What is indexed shows in lists, so the answers of the owners are new. */
async function moveOn(tx: Database, slices: readonly Slice[]): Promise<void> {
  const done = slices.filter(({ end, total }) => end === total).map(({ jobId }) => jobId);
  const open = slices.filter(({ end, total }) => end < total);
  await sql`delete from search_pending where job_id = any (${done}::uuid[])`.execute(tx);
  await sql`
    update search_pending p set next_index = given.next_index, holder = null, lease_until = null
    from unnest(${open.map(({ jobId }) => jobId)}::uuid[], ${open.map(({ end }) => end)}::int[]) as given (job_id, next_index)
    where p.job_id = given.job_id`.execute(tx);
  await sql`
    insert into tally_changes (owner, kind, n)
    select owner, 'version', 1 from unnest(${[...new Set(slices.map(({ owner }) => owner))]}::text[]) owner`.execute(tx);
}

/** Gives back what a stopping process holds. */
export async function giveBackSlices(db: Database, holder: string): Promise<void> {
  await sql`update search_pending set holder = null, lease_until = null where holder = ${holder}`.execute(db);
}
