/** Files of runs for an export: a damaged one must be known before its first byte goes into an archive. */
import { buffer } from 'node:stream/consumers';
import type { ArtifactStore } from '../../storage/artifacts/artifact-store.ts';

/** A larger file is read twice, once to check it, so that memory does not grow with it. */
const MAX_HELD_BYTES = 4 * 1024 * 1024;

/** @throws HubError artifact_not_found, artifact_damaged before anything is given */
export async function wholeFile(artifacts: ArtifactStore, sha256: string): Promise<Buffer | AsyncIterable<Buffer>> {
  const { sizeBytes, stream } = await artifacts.open(sha256);
  if (sizeBytes <= MAX_HELD_BYTES) return buffer(stream);
  const check = stream.resume();
  await new Promise<void>((resolve, reject) => {
    check.once('end', resolve).once('error', reject);
  });
  return (await artifacts.open(sha256)).stream;
}
