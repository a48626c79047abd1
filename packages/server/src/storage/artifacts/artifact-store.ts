/** Files by content: stored once under their SHA-256, checked when read. */
import type { Readable } from 'node:stream';

export interface StoredArtifact {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Called with each file before its place is looked at: from then on it is not collected for a while. */
export type Announce = (file: StoredArtifact) => Promise<void>;

/** Bytes of a file, both ends in it. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

export interface DirectLink {
  readonly url: string;
  readonly expiresAt: Date;
}

export interface ArtifactStore {
  /** Stores a file by its content; the same content twice is stored once. The file may be moved, so the caller must not use it again. */
  putFile(absolutePath: string): Promise<StoredArtifact>;
  put(content: Uint8Array): Promise<StoredArtifact>;
  /** @throws HubError artifact_not_found; the stream fails with artifact_damaged, before its last piece, when the content is not its checksum */
  open(sha256: string): Promise<{ readonly sizeBytes: number; readonly stream: Readable }>;
  /** A part, which nothing checks: the caller knows that the whole is right. @throws HubError artifact_not_found */
  openRange(sha256: string, range: ByteRange): Promise<Readable>;
  /** @throws HubError artifact_not_found */
  sizeOf(sha256: string): Promise<number>;
  /** An address that gives the file without the hub, to whoever has it, for a while; undefined where the store has none. */
  linkTo(sha256: string, fileName: string): Promise<DirectLink | undefined>;
  /** No fault where there is none. */
  delete(sha256: string): Promise<void>;
  /** All that are stored, in no order. */
  list(): AsyncIterable<StoredArtifact>;
}
