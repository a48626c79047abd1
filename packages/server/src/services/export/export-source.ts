/** What an export is made of: the job, its columns and its rows, all of one snapshot, and read as often as a format needs it. */
import type { ArtifactView, MetricDefinition, RowView } from '@omtx/contract';
import type { StoredJobDetail } from '../../storage/read-jobs.ts';
import type { ExportedRow } from '../../storage/rows/export-rows.ts';
import type { HubContext } from '../context.ts';
import { presentArtifact, presentRow } from '../present.ts';

export interface ExportSource {
  readonly ctx: HubContext;
  readonly job: StoredJobDetail;
  /** Of the model that the job ran with, the one that ranks first. */
  readonly metrics: readonly MetricDefinition[];
  /** Fields of a row's own input that are no ligand, such as a sequence. */
  readonly ownFields: readonly string[];
  /** Further columns of the library, in its order. */
  readonly libraryColumns: readonly string[];
  readonly version: string;
  /** Number of the last event that is in it. */
  readonly cursor: number;
  /** The moment of the snapshot. */
  readonly at: Date;
  /** Rows in it. */
  readonly rows: number;
  readonly order: string;
  /** From the first on, as often as it is asked. */
  read(): AsyncGenerator<ExportedRow>;
}

/** A row with all that a record holds. */
export interface RowRecord extends RowView {
  readonly tables: Readonly<Record<string, unknown>>;
  readonly artifacts: readonly ArtifactView[];
  readonly original: Readonly<Record<string, string>> | null;
}

export function recordOf(job: StoredJobDetail, row: ExportedRow): RowRecord {
  return {
    ...presentRow(job, row),
    tables: row.tables ?? {},
    artifacts: (row.artifacts ?? []).map((artifact) => presentArtifact(job, artifact)),
    original: row.original,
  };
}

/** SMILES of the ligand as it was given; null where the row has none. */
export function smilesOf({ input }: Pick<ExportedRow, 'input'>): string | null {
  const { ligand } = input;
  if (typeof ligand !== 'object' || ligand === null || !('smiles' in ligand)) return null;
  return typeof ligand.smiles === 'string' ? ligand.smiles : null;
}
