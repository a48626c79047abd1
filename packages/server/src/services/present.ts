/** From what is stored to what the contract describes. Pure. */
import {
  childId,
  FAILURE_CODES,
  REJECTION_CODES,
  type ArtifactView,
  type FailureView,
  type JobDetail,
  type JobSummary,
  type RetryChangesView,
  type RowDetail,
  type RowView,
} from '@omtx/contract';
import { progressOf } from '../domain/progress.ts';
import { waitingFor } from '../domain/waiting.ts';
import type { StoredJob, StoredJobDetail } from '../storage/read-jobs.ts';
import type { StoredChanges, StoredRow, StoredRowDetail } from '../storage/read-rows.ts';
import type { StoredArtifactLink } from '../storage/tables.ts';

export function presentJob(job: StoredJob): JobSummary {
  const { id, jobType, taskType, modelId, modelVersion, name, status, tags } = job;
  const { total, running, completed, failed, cancelled, reused, rejected, checked } = job;
  return {
    id,
    jobType,
    taskType,
    modelId,
    modelVersion,
    name,
    status,
    progress: progressOf({ total, running, completed, failed, cancelled, reused, rejected, checked }, job),
    createdAt: job.createdAt.toISOString(),
    startedAt: isoOf(job.startedAt),
    finishedAt: isoOf(job.finishedAt),
    updatedAt: job.updatedAt.toISOString(),
    pausedAt: isoOf(job.pausedAt),
    cancelRequestedAt: isoOf(job.cancelledAt),
    tags: [...tags],
    project: job.project,
    ownNotes: job.ownNotes,
  };
}

export function presentJobDetail(job: StoredJobDetail, row: StoredRowDetail | undefined, gpuModels: readonly string[]): JobDetail {
  return {
    ...presentJob(job),
    routedBy: job.routedBy,
    sharedInput: { ...job.shared },
    parameters: { ...job.parameters },
    seed: job.seed,
    maxConcurrency: job.maxConcurrency,
    rankBy: job.rankBy,
    clonedFrom: job.clonedFrom,
    waitingFor: waitingFor({ ...job, needsGpu: gpuModels.includes(job.modelId) }),
    artifacts: job.artifacts.map((artifact) => presentArtifact(job, artifact)),
    notes: [...job.notes],
    indexed: job.indexed,
    row: row ? presentRowDetail(job, row) : null,
  };
}

export function presentRow(job: Pick<StoredJob, 'id' | 'jobType'>, row: StoredRow): RowView {
  const { index, line, name, status, outcome, rank, reusedFrom, attempt, canonicalSmiles } = row;
  return {
    id: job.jobType === 'individual' ? job.id : childId(job.id, index),
    index,
    line,
    name,
    status,
    outcome,
    rank,
    metrics: { ...row.metrics },
    failure: presentFailure(row),
    reusedFrom: outcome === 'reused' ? reusedFrom : null,
    attempt,
    ownInput: { ...row.input },
    canonicalSmiles,
    notes: [...(row.notes ?? [])],
    startedAt: isoOf(row.startedAt),
    finishedAt: isoOf(row.finishedAt),
  };
}

export function presentRowDetail(job: StoredJobDetail, row: StoredRowDetail): RowDetail {
  return {
    ...presentRow(job, row),
    jobType: job.jobType === 'individual' ? 'individual' : 'batch_child',
    batchId: job.jobType === 'individual' ? null : job.id,
    input: { ...job.shared, ...row.input },
    tables: Object.fromEntries(Object.entries(row.tables ?? {}).map(([name, records]) => [name, records.map((record) => ({ ...record }))])),
    artifacts: (row.artifacts ?? []).map((artifact) => presentArtifact(job, artifact)),
    attempts: row.attempts.map((attempt) => ({
      ...attempt,
      startedAt: isoOf(attempt.startedAt === null ? null : new Date(attempt.startedAt)),
      endedAt: new Date(attempt.endedAt).toISOString(),
      changes: presentChanges(attempt.changes),
    })),
    changes: presentChanges(row.changes),
    provenance:
      row.runId === null
        ? null
        : {
            modelId: job.modelId,
            modelVersion: job.modelVersion,
            environmentDigest: row.environmentDigest,
            parameters: { ...(row.changes?.parameters ?? job.parameters) },
            seed: job.seed,
            inputSha256: job.sharedSha256,
            runId: row.runId,
            workerHost: row.workerHost,
          },
  };
}

function presentChanges(changes: StoredChanges | null): RetryChangesView | null {
  return changes && { ...changes, parameters: changes.parameters && { ...changes.parameters } };
}

export function presentArtifact({ id }: Pick<StoredJob, 'id'>, artifact: StoredArtifactLink): ArtifactView {
  return { ...artifact, href: `/api/v4/jobs/${id}/artifacts/${artifact.sha256}` };
}

function presentFailure({ code, message }: Pick<StoredRow, 'code' | 'message'>): FailureView | null {
  if (code === null) return null;
  const kinds: Readonly<Record<string, { readonly title: string; readonly remedy: string } | undefined>> = {
    ...FAILURE_CODES,
    ...REJECTION_CODES,
  };
  return { code, message: message ?? '', title: kinds[code]?.title ?? code, remedy: kinds[code]?.remedy ?? '' };
}

function isoOf(time: Date | null): string | null {
  return time === null ? null : time.toISOString();
}
