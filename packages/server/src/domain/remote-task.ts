/** Work that another side (a model server, a batch system) does for rows, as it is written down here. */
import type { JobId, RunId } from '@omtx/contract';

export interface RemoteRow {
  readonly index: number;
  readonly attempt: number;
}

export const REMOTE_KINDS = ['http', 'slurm'] as const;
export type RemoteKind = (typeof REMOTE_KINDS)[number];

/** What a run asks to be written down before it sends anything. */
export interface NewRemoteTask extends Pick<RemoteTask, 'kind' | 'modelId' | 'modelVersion' | 'batchId' | 'rows'> {
  readonly runId: RunId;
}

export interface RemoteTask {
  /** The name under which it is sent, so that the other side knows it again. */
  readonly id: string;
  readonly kind: RemoteKind;
  readonly modelId: string;
  readonly modelVersion: string;
  readonly batchId: JobId;
  readonly rows: readonly RemoteRow[];
  /** What the other side calls it; undefined while nobody knows whether it was taken. */
  readonly remoteId: string | undefined;
  /** Nothing is left to be stopped there. */
  readonly isEnded: boolean;
  /** Its answer as it came, in the store of files. */
  readonly answerSha256: string | undefined;
  /** By the clock of the database; undefined while it was not accepted. */
  readonly acceptedSecondsAgo: number | undefined;
}
