/** Molecules and fingerprints of a job's rows, in pieces, for searches by structure. */
import type { JobId, OwnerId } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** What a search by structure must know of a job. */
export interface LigandSource {
  readonly jobId: JobId;
  readonly total: number;
  /** Molecules of rows [0, checked) are known. */
  readonly checked: number;
  /** First rows of the pieces that have a fingerprint, in order. */
  readonly pieces: Readonly<Record<'morgan' | 'pattern', readonly number[]>>;
}

/** Undefined where the owner has no such job. */
export async function readLigandSource(db: Database, owner: OwnerId, jobId: JobId): Promise<LigandSource | undefined> {
  const pieces = (kind: string) =>
    sql`coalesce((select jsonb_agg(first_index order by first_index) from ligand_fingerprints f where f.job_id = jobs.id and kind = ${kind}), '[]')`;
  const { rows } = await sql<LigandSource>`
    select id as "jobId", total_count as total, checked_count as checked,
      jsonb_build_object('morgan', ${pieces('morgan')}, 'pattern', ${pieces('pattern')}) as pieces
    from jobs where id = ${jobId} and owner = ${owner}`.execute(db);
  return rows[0];
}

export async function readPiece(db: Database, jobId: JobId, kind: 'morgan' | 'pattern', first: number): Promise<Uint8Array> {
  const { rows } = await sql<{ bits: Buffer }>`
    select bits from ligand_fingerprints where job_id = ${jobId} and kind = ${kind} and first_index = ${first}`.execute(db);
  return rows[0]?.bits ?? new Uint8Array();
}

export interface RowMolecule {
  readonly index: number;
  readonly smiles: string;
  /** False for rows that came without a check. */
  readonly isCanonical: boolean;
}

/** Molecules of the rows at these indexes; rows that were refused have none. */
export async function readMoleculesAt(db: Database, jobId: JobId, indexes: readonly number[]): Promise<readonly RowMolecule[]> {
  const { rows } = await sql<RowMolecule>`
    select index, coalesce(canonical_smiles, input #>> '{ligand,smiles}') as smiles, canonical_smiles is not null as "isCanonical"
    from batch_rows
    where batch_id = ${jobId} and index = any (${indexes}::int[]) and outcome is distinct from 'rejected'
      and coalesce(canonical_smiles, input #>> '{ligand,smiles}') is not null`.execute(db);
  return rows;
}
