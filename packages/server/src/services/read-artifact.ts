/** Files of a job: whole, in ranges, or by an address of the store. None is given that does not have its checksum. */
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { HubError, type ArtifactLink } from '@omtx/contract';
import { LRUCache } from 'lru-cache';
import type { ArtifactStore, ByteRange } from '../storage/artifacts/artifact-store.ts';
import { findJob } from '../storage/read-jobs.ts';
import { findArtifact } from '../storage/read-rows.ts';
import type { StoredArtifactLink } from '../storage/tables.ts';
import type { HubContext, Principal } from './context.ts';
import { presentArtifact } from './present.ts';
import { jobIdOf, notFound } from './read-jobs.ts';

/** A viewer reads a large file in many ranges: the whole is read once for all of them. */
const WHOLE_FOR_MS = 60 * 60_000;
const WHOLE_FILES = 10_000;

/** @throws HubError job_not_found, artifact_not_found */
export async function findFile(ctx: HubContext, { owner }: Principal, id: string, sha256: string): Promise<StoredArtifactLink> {
  const jobId = jobIdOf(id);
  if (!(await findJob(ctx.db, owner, jobId))) throw notFound(id);
  const link = await findArtifact(ctx.db, owner, jobId, sha256);
  if (!link) throw new HubError('artifact_not_found', `Job ${jobId} has no file ${sha256.slice(0, 100)}.`);
  return link;
}

/** @throws HubError artifact_not_found; artifact_damaged, which for the whole comes from the stream */
export async function openFile({ artifacts }: HubContext, sha256: string, range: ByteRange | undefined): Promise<Readable> {
  if (range === undefined) return (await artifacts.open(sha256)).stream;
  await checkWhole(artifacts, sha256);
  return artifacts.openRange(sha256, range);
}

/** @throws HubError job_not_found, artifact_not_found */
export async function linkFile(ctx: HubContext, principal: Principal, id: string, sha256: string): Promise<ArtifactLink> {
  const file = await findFile(ctx, principal, id, sha256);
  const { name, mediaType, sizeBytes } = file;
  const link = await ctx.artifacts.linkTo(sha256, fileNameOf(file));
  const { href } = presentArtifact({ id: jobIdOf(id) }, file);
  return { url: link?.url ?? href, expiresAt: link?.expiresAt.toISOString() ?? null, name, mediaType, sizeBytes, sha256 };
}

export function fileNameOf({ name }: Pick<StoredArtifactLink, 'name'>): string {
  return name.replaceAll(/[^A-Za-z0-9._-]/g, '_');
}

const wholeFiles = new WeakMap<ArtifactStore, LRUCache<string, Promise<void>>>();

/** @throws HubError artifact_not_found, artifact_damaged */
async function checkWhole(store: ArtifactStore, sha256: string): Promise<void> {
  const files = wholeFiles.get(store) ?? new LRUCache<string, Promise<void>>({ max: WHOLE_FILES, ttl: WHOLE_FOR_MS });
  wholeFiles.set(store, files);
  const reading = files.get(sha256) ?? readWhole(store, sha256);
  files.set(sha256, reading);
  try {
    await reading;
  } catch (error) {
    files.delete(sha256);
    throw error;
  }
}

async function readWhole(store: ArtifactStore, sha256: string): Promise<void> {
  const { stream } = await store.open(sha256);
  await once(stream.resume(), 'end');
}
