/** Alignments and their texts. */
import type { JobId, OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { PinnedMsa } from './tables.ts';

export interface StoredMsa {
  readonly id: string;
  readonly name: string;
  readonly sequence: string;
  readonly source: string;
  readonly databaseVersion: string;
  readonly sha256: string;
  readonly sequences: number;
  readonly createdAt: Date;
}

export type NewMsa = Omit<StoredMsa, 'createdAt'> & { readonly sequenceSha256: string; readonly a3m: string };

const columns = sql`id, name, sequence, source, database_version as "databaseVersion", sha256, sequence_count as sequences, created_at as "createdAt"`;

/** Takes the place of an older one of the same sequence, source and database; jobs keep the text that they were submitted with. */
export async function putMsa(db: Database, owner: OwnerId, msa: NewMsa): Promise<StoredMsa> {
  const { rows } = await sql<StoredMsa>`
    with text as (
      insert into msa_texts (sha256, a3m) values (${msa.sha256}, ${msa.a3m}) on conflict (sha256) do nothing
    )
    insert into msas (id, owner, name, sequence, sequence_sha256, source, database_version, sha256, sequence_count)
    values (${msa.id}, ${owner}, ${msa.name}, ${msa.sequence}, ${msa.sequenceSha256}, ${msa.source}, ${msa.databaseVersion}, ${msa.sha256},
      ${msa.sequences})
    on conflict (owner, sequence_sha256, source, database_version) do update
      set name = excluded.name, sha256 = excluded.sha256, sequence_count = excluded.sequence_count, created_at = now()
    returning ${columns}`.execute(db);
  const [stored] = rows;
  if (!stored) throw new Error('unreachable: an insert that does not pass over returns its row');
  return stored;
}

/** Newest first. @param before last one of the page before */
export async function listMsas(
  db: Database,
  owner: OwnerId,
  limit: number,
  before: { readonly createdAt: string; readonly id: string } | undefined,
): Promise<readonly StoredMsa[]> {
  const older = before === undefined ? sql`` : sql`and (created_at, id) < (${before.createdAt}::timestamptz, ${before.id}::uuid)`;
  const { rows } = await sql<StoredMsa>`
    select ${columns} from msas where owner = ${owner} ${older}
    order by created_at desc, id desc
    limit ${limit}`.execute(db);
  return rows;
}

export async function findMsa(db: Database, owner: OwnerId, id: string): Promise<StoredMsa | undefined> {
  const { rows } = await sql<StoredMsa>`select ${columns} from msas where owner = ${owner} and id = ${id}::uuid`.execute(db);
  return rows[0];
}

/** The newest of each sequence. */
export async function newestMsas(db: Database, owner: OwnerId, sequenceSha256s: readonly string[]): Promise<readonly PinnedMsa[]> {
  const { rows } = await sql<PinnedMsa>`
    select distinct on (sequence_sha256) sequence, sha256 from msas
    where owner = ${owner} and sequence_sha256 = any (${sequenceSha256s}::text[])
    order by sequence_sha256, created_at desc`.execute(db);
  return rows;
}

export async function readMsaTexts(db: Database, sha256s: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ sha256: string; a3m: string }>`
    select sha256, a3m from msa_texts where sha256 = any (${sha256s}::text[])`.execute(db);
  return new Map(rows.map(({ sha256, a3m }) => [sha256, a3m]));
}

/** The text stays while another alignment or a job names it. @returns false where there is none of this id */
export async function deleteMsa(db: Database, owner: OwnerId, id: string): Promise<boolean> {
  const { rows } = await sql<{ sha256: string }>`delete from msas where owner = ${owner} and id = ${id}::uuid returning sha256`.execute(db);
  const [gone] = rows;
  if (!gone) return false;
  await sql`
    delete from msa_texts t where sha256 = ${gone.sha256}
      and not exists (select from msas m where m.sha256 = t.sha256)
      and not exists (select from job_inputs j where j.msas @> ${JSON.stringify([{ sha256: gone.sha256 }])}::jsonb)`.execute(db);
  return true;
}

/** With the texts that it was submitted with; none of a job that wanted none. */
export async function readPinnedMsas(db: Database, jobId: JobId): Promise<readonly { readonly sequence: string; readonly a3m: string }[]> {
  const { rows } = await sql<{ sequence: string; a3m: string }>`
    select pinned ->> 'sequence' as sequence, a3m
    from job_inputs, jsonb_array_elements(msas) pinned
    join msa_texts on msa_texts.sha256 = pinned ->> 'sha256'
    where job_id = ${jobId}`.execute(db);
  return rows;
}
