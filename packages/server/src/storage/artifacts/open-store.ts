/** The store that the operator chose. The SDK of S3 is loaded only where it is used. @throws Error when a bucket cannot be used */
import type { Announce, ArtifactStore } from './artifact-store.ts';
import { openArtifacts } from './disk-artifact-store.ts';
import type { S3Location } from './s3-artifact-store.ts';

export async function openStore(dataDir: string, s3: S3Location | undefined, announce?: Announce): Promise<ArtifactStore> {
  if (!s3) return openArtifacts(dataDir, announce);
  const { S3ArtifactStore } = await import('./s3-artifact-store.ts');
  const store = new S3ArtifactStore(s3, announce);
  await store.probe();
  return store;
}
