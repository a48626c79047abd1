/** Kysely's view of the schema; a test compares it with information_schema. JSON columns are written as text and read as values. */
import type {
  CampaignId,
  JobId,
  JobStatus,
  OwnerId,
  RetryId,
  RowOutcome,
  RunId,
  SubmitCampaign,
  UploadContents,
  WorkerId,
} from '@omtx/contract';
import type { ColumnType, Generated } from 'kysely';
import type { Gpu } from '../domain/host-capacity.ts';
import type { RemoteKind } from '../domain/remote-task.ts';
import type { SizeFit } from '../domain/size-fit.ts';

type Json<T> = ColumnType<T, string, string>;
type NullableJson<T> = ColumnType<T | null, string | null | undefined, string | null>;
type Free = Readonly<Record<string, unknown>>;
type Time = ColumnType<Date, Date | undefined, Date>;
type NullableTime = ColumnType<Date | null, Date | null | undefined, Date | null>;
/** Statuses that are stored; `running` is derived. */
export type StoredStatus = Exclude<JobStatus, 'running'>;

export interface StoredArtifactLink {
  readonly name: string;
  readonly role: string | null;
  readonly mediaType: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface StoredNote {
  readonly code: string;
  readonly message: string;
}

export interface OwnersTable {
  id: OwnerId;
  created_at: Time;
  weight: Generated<number>;
  max_slots: number | null;
  slots_in_use: Generated<number>;
  start_tag: Generated<number>;
  finish_tag: Generated<number>;
  claimed_at: NullableTime;
}

export interface ModelTimingsTable {
  model_id: string;
  model_version: string;
  hardware: Generated<string>;
  setup_seconds: number | null;
  row_seconds: number;
  runs: number;
  size_fit: NullableJson<SizeFit>;
  updated_at: Time;
}

export interface ModelLimitsTable {
  model_id: string;
  max_slots: number;
  slots_in_use: Generated<number>;
}

export interface JobsTable {
  id: JobId;
  owner: OwnerId;
  job_type: 'individual' | 'batch_parent';
  task_type: string;
  model_id: string;
  model_version: string;
  name: string;
  routed_by: string;
  tags: ColumnType<string[], readonly string[] | undefined, string[]>;
  parameters: Json<Free>;
  rank_by: string | null;
  rank_ascending: Generated<boolean>;
  seed: number;
  timeout_seconds: number;
  max_concurrency: number;
  idempotency_key: string | null;
  body_sha256: string | null;
  total_count: number;
  completed_count: Generated<number>;
  reused_count: Generated<number>;
  failed_count: Generated<number>;
  rejected_count: Generated<number>;
  cancelled_count: Generated<number>;
  next_index: Generated<number>;
  checked_until: number;
  checked_count: Generated<number>;
  slots_in_use: Generated<number>;
  event_sequence: Generated<number>;
  created_at: Time;
  started_at: NullableTime;
  finished_at: NullableTime;
  updated_at: Time;
  paused_at: NullableTime;
  cancelled_at: NullableTime;
  cloned_from: ColumnType<JobId | null, JobId | null | undefined, JobId | null>;
  traceparent: ColumnType<string | null, string | null | undefined, string | null>;
  /** 0: interactive, 1: bulk. */
  lane: Generated<number>;
  priority: Generated<number>;
  waiting_since: Time;
  time_profile: ColumnType<readonly number[] | null, readonly number[] | null | undefined, readonly number[] | null>;
  status: ColumnType<JobStatus, never, never>;
  notes: Generated<string>;
  project: string | null;
  revision: ColumnType<string, never, never>;
  best_index: number | null;
  best_score: number | null;
  best_metrics: NullableJson<Readonly<Record<string, number>>>;
  library_columns: ColumnType<string[] | null, readonly string[] | null | undefined, readonly string[] | null>;
}

export interface CampaignsTable {
  id: CampaignId;
  owner: OwnerId;
  name: string;
  task_type: string;
  created_at: Time;
  idempotency_key: string | null;
  body_sha256: string | null;
  submission: NullableJson<SubmitCampaign>;
}

export interface CampaignArmsTable {
  campaign_id: CampaignId;
  position: number;
  target: string;
  model: string;
  model_id: string;
  job_id: JobId | null;
  problem: string | null;
}

export interface ProjectsTable {
  owner: OwnerId;
  name: string;
  retention_days: number | null;
  created_at: Time;
}

export interface TalliesTable {
  owner: OwnerId;
  kind: string;
  job_type: Generated<string>;
  task_type: Generated<string>;
  model_id: Generated<string>;
  status: Generated<string>;
  bucket: Generated<number>;
  n: ColumnType<string, number, number>;
  total_ms: ColumnType<string, number | undefined, number>;
}

export interface TallyChangesTable extends TalliesTable {
  id: ColumnType<string, never, never>;
}

/** An alignment by its text, of a protein sequence. */
export interface PinnedMsa {
  readonly sequence: string;
  readonly sha256: string;
}

export interface MsaTextsTable {
  sha256: string;
  a3m: string;
}

export interface MsasTable {
  id: string;
  owner: OwnerId;
  name: string;
  sequence: string;
  sequence_sha256: string;
  source: string;
  database_version: Generated<string>;
  sha256: string;
  sequence_count: number;
  created_at: Generated<Date>;
}

export interface JobInputsTable {
  job_id: JobId;
  shared: Json<Free>;
  sha256: string;
  msas: ColumnType<readonly PinnedMsa[], string | undefined, string>;
}

export interface BatchRowsTable {
  batch_id: JobId;
  index: number;
  line: number | null;
  name: string | null;
  input: Json<Free>;
  original: NullableJson<Readonly<Record<string, string>>>;
  canonical_smiles: string | null;
  status: Generated<StoredStatus>;
  outcome: RowOutcome | null;
  code: string | null;
  message: string | null;
  attempt: Generated<number>;
  reused_from: number | null;
  score: number | null;
  metrics: NullableJson<Readonly<Record<string, number>>>;
  run_id: RunId | null;
  started_at: NullableTime;
  finished_at: NullableTime;
  retry_id: ColumnType<RetryId | null, RetryId | null | undefined, RetryId | null>;
}

export interface RowDetailsTable {
  batch_id: JobId;
  index: number;
  tables: Json<Readonly<Record<string, readonly Free[]>>>;
  notes: Json<readonly StoredNote[]>;
  artifacts: Json<readonly StoredArtifactLink[]>;
}

export interface RequeuedRowsTable {
  batch_id: JobId;
  index: number;
  alone: Generated<boolean>;
  not_before: Time;
  retry_id: ColumnType<RetryId | null, RetryId | null | undefined, RetryId | null>;
}

export interface RetriesTable {
  id: RetryId;
  job_id: JobId;
  parameters: NullableJson<Free>;
  timeout_seconds: number | null;
  memory_bytes: ColumnType<string | null, number | null, number | null>;
  alone: Generated<boolean>;
  created_at: Time;
}

export interface AttemptsTable {
  batch_id: JobId;
  index: number;
  attempt: number;
  run_id: RunId | null;
  code: string;
  message: string;
  started_at: NullableTime;
  ended_at: Time;
  retry_id: ColumnType<RetryId | null, RetryId | null | undefined, RetryId | null>;
}

export interface WorkersTable {
  id: WorkerId;
  host: string;
  boot_id: string;
  pid: number;
  process_started_at: string;
  cpus: Generated<number>;
  gpus: ColumnType<readonly Gpu[], string | undefined, string>;
  offers: Json<readonly { readonly modelId: string; readonly modelVersion: string; readonly slots: number; readonly hardware?: string }[]>;
  started_at: Time;
  heartbeat_at: Time;
  stopped_at: NullableTime;
  /** Of the hub; empty where its version did not tell it yet. */
  version: Generated<string>;
  draining_since: NullableTime;
  clock_ahead_seconds: Generated<number | null>;
}

export interface RunsTable {
  id: RunId;
  batch_id: JobId;
  worker_id: WorkerId;
  model_version: string;
  environment_digest: string | null;
  slots: number;
  alone: Generated<boolean>;
  indexes: number[];
  attempts: number[];
  in_flight: ColumnType<number[], number[] | undefined, number[]>;
  lease_until: Time;
  opened_at: Time;
  ended_at: NullableTime;
  end_reason: 'finished' | 'lost' | 'stopped' | 'setup_failed' | 'cancelled' | null;
  setup_seconds: number | null;
  notes: ColumnType<readonly StoredNote[], string | undefined, string>;
  artifacts: ColumnType<readonly StoredArtifactLink[], string | undefined, string>;
  retry_id: ColumnType<RetryId | null, RetryId | null | undefined, RetryId | null>;
}

export interface ArtifactsTable {
  sha256: string;
  size_bytes: ColumnType<string, number, number>;
  created_at: Time;
  touched_at: Time;
}

export interface ArtifactUsesTable {
  job_id: JobId;
  sha256: string;
}

export interface DeletedJobsTable {
  id: JobId;
  owner: OwnerId;
  name: string;
  job_type: string;
  task_type: string;
  model_id: string;
  model_version: string;
  project: string | null;
  total_count: number;
  created_at: Time;
  finished_at: NullableTime;
  deleted_at: Time;
  reason: 'asked' | 'retention';
}

export interface JobEventsTable {
  job_id: JobId;
  sequence: number;
  kind: string;
  at: Time;
  data: Json<unknown>;
}

export interface LegacyUsageTable {
  method: string;
  path: string;
  day: ColumnType<Date, string, string>;
  calls: ColumnType<string, number, number>;
  last_called_at: Time;
  last_client: string | null;
}

export interface RemoteCallsTable {
  call_id: string;
  received_at: Time;
  job_id: JobId | null;
  index: number | null;
  result: 'completed' | 'failed' | 'unknown_job' | 'not_open';
}

export interface RowChecksTable {
  job_id: JobId;
  reject_all: boolean;
  holder: string | null;
  lease_until: NullableTime;
  created_at: Time;
}

export interface SearchDocumentsTable {
  job_id: JobId;
  part: number;
  document: string;
}

export interface SearchWordsTable {
  owner: OwnerId;
  word: string;
}

export interface SearchPendingTable {
  job_id: JobId;
  next_index: Generated<number>;
  holder: string | null;
  lease_until: NullableTime;
  created_at: Time;
}

export interface LigandsTable {
  job_id: JobId;
  index: number;
  owner: OwnerId;
  smiles_key: string;
  inchikey: string | null;
}

export interface LigandFingerprintsTable {
  job_id: JobId;
  kind: 'morgan' | 'pattern';
  first_index: number;
  bits: Buffer;
}

export interface UploadsTable {
  id: string;
  owner: OwnerId;
  file_name: string;
  state: ColumnType<'receiving' | 'reading' | 'ready' | 'failed', string | undefined, string>;
  format: string | null;
  is_compressed: Generated<boolean>;
  encoding: Generated<string>;
  received_bytes: ColumnType<string, number | undefined, number>;
  total_bytes: ColumnType<string | null, number | null, number | null>;
  records_read: Generated<number>;
  sha256: string | null;
  contents: NullableJson<UploadContents>;
  failure: string | null;
  rows_stored: Generated<number>;
  job_id: JobId | null;
  created_at: Time;
  expires_at: Time;
}

export interface RemoteTasksTable {
  id: string;
  kind: RemoteKind;
  model_id: string;
  model_version: string;
  batch_id: JobId;
  remote_id: string | null;
  is_ended: Generated<boolean>;
  answer_sha256: string | null;
  created_at: Time;
  accepted_at: NullableTime;
}

export interface RemoteRowsTable {
  batch_id: JobId;
  index: number;
  attempt: number;
  task_id: string;
}

export interface RowStatesView extends BatchRowsTable {
  shown_status: JobStatus;
  shown_outcome: RowOutcome | null;
}

export interface Tables {
  owners: OwnersTable;
  campaigns: CampaignsTable;
  campaign_arms: CampaignArmsTable;
  projects: ProjectsTable;
  tallies: TalliesTable;
  tally_changes: TallyChangesTable;
  jobs: JobsTable;
  model_limits: ModelLimitsTable;
  model_timings: ModelTimingsTable;
  job_inputs: JobInputsTable;
  batch_rows: BatchRowsTable;
  row_details: RowDetailsTable;
  requeued_rows: RequeuedRowsTable;
  retries: RetriesTable;
  attempts: AttemptsTable;
  workers: WorkersTable;
  runs: RunsTable;
  artifacts: ArtifactsTable;
  artifact_uses: ArtifactUsesTable;
  deleted_jobs: DeletedJobsTable;
  job_events: JobEventsTable;
  legacy_usage: LegacyUsageTable;
  remote_calls: RemoteCallsTable;
  remote_tasks: RemoteTasksTable;
  remote_rows: RemoteRowsTable;
  row_checks: RowChecksTable;
  search_documents: SearchDocumentsTable;
  search_words: SearchWordsTable;
  search_pending: SearchPendingTable;
  ligands: LigandsTable;
  ligand_fingerprints: LigandFingerprintsTable;
  uploads: UploadsTable;
  msas: MsasTable;
  msa_texts: MsaTextsTable;
  row_states: RowStatesView;
}
