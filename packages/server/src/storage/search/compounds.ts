/** One compound in all jobs of an owner. */
import type { JobId, JobStatus, OwnerId, RowOutcome } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from '../database.ts';

export interface CompoundRow {
  readonly jobId: JobId;
  readonly jobName: string;
  readonly jobType: 'individual' | 'batch_parent';
  readonly taskType: string;
  readonly modelId: string;
  readonly modelVersion: string;
  readonly createdAt: Date;
  readonly index: number;
  readonly name: string | null;
  readonly inchikey: string;
  readonly canonicalSmiles: string | null;
  readonly status: JobStatus;
  readonly outcome: RowOutcome | null;
  readonly rankBy: string | null;
  readonly metrics: Readonly<Record<string, number>> | null;
}

/** Rows whose ligand has the InChIKey, or one that begins so; those of the newest jobs first. */
export async function findCompound(
  db: Database,
  owner: OwnerId,
  inchikey: string,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly rows: readonly CompoundRow[]; readonly total: number }> {
  const found = sql`from ligands l where l.owner = ${owner} and l.inchikey like ${`${inchikey}%`}`;
  const { rows } = await sql<CompoundRow>`
    select j.id as "jobId", j.name as "jobName", j.job_type as "jobType", j.task_type as "taskType", j.model_id as "modelId",
      j.model_version as "modelVersion", j.created_at as "createdAt", j.rank_by as "rankBy",
      r.index, r.name, page.inchikey, r.canonical_smiles as "canonicalSmiles", r.shown_status as status, r.shown_outcome as outcome, r.metrics
    from (
      select l.job_id, l.index, l.inchikey from ligands l join jobs on jobs.id = l.job_id
      where l.owner = ${owner} and l.inchikey like ${`${inchikey}%`}
      order by jobs.created_at desc, l.job_id, l.index limit ${limit} offset ${offset}
    ) page
    join jobs j on j.id = page.job_id
    join row_states r on r.batch_id = page.job_id and r.index = page.index
    order by j.created_at desc, j.id, r.index`.execute(db);
  const { rows: counts } = await sql<{ total: number }>`select count(*)::int as total ${found}`.execute(db);
  return { rows, total: counts[0]?.total ?? 0 };
}
