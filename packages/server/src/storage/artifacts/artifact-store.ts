/** Files by content: stored once under their SHA-256, checked when read. */
import type { Readable } from 'node:stream';

export interface StoredArtifact {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Called with each file before its place is looked at: from then on it is not collected for a while. */
export type Announce = (file: StoredArtifact) => Promise<void>;

export interface ArtifactStore {
  /** Stores a file by its content; the same content twice is stored once. The file may be moved, so the caller must not use it again. */
  putFile(absolutePath: string): Promise<StoredArtifact>;
  put(content: Uint8Array): Promise<StoredArtifact>;
  /** @throws HubError artifact_not_found; the stream fails with artifact_damaged when the content is not its checksum */
  open(sha256: string): Promise<{ readonly sizeBytes: number; readonly stream: Readable }>;
  /** No fault where there is none. */
  delete(sha256: string): Promise<void>;
  /** All that are stored, in no order. */
  list(): AsyncIterable<StoredArtifact>;
}
