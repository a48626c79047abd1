/**
 * Files in a bucket of any S3, each under its SHA-256: `prefix/ab/abcdef...`. The store is told the checksum with each file and refuses one
 * that arrives otherwise. Credentials and region are found as every program of AWS finds them (`AWS_ACCESS_KEY_ID`, a profile, a role).
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { HubError } from '@omtx/contract';
import type { Announce, ArtifactStore, ByteRange, DirectLink, StoredArtifact } from './artifact-store.ts';
import { checked, refuseOtherNames, SHA256 } from './checked.ts';

export interface S3Location {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
  /** Of a server that is not Amazon's. */
  readonly endpoint: string | undefined;
  /** Undefined: as the SDK finds it. */
  readonly region: string | undefined;
}

const LINK_SECONDS = 900;
/** Where none is set: most servers that are not Amazon's take any. */
const ANY_REGION = 'us-east-1';

export class S3ArtifactStore implements ArtifactStore {
  readonly #client: S3Client;
  readonly #location: S3Location;
  readonly #announce: Announce;

  constructor(location: S3Location, announce: Announce = () => Promise.resolve()) {
    const { endpoint, region } = location;
    // A server of one's own has the bucket in the path, as its name has no address per bucket.
    const own = endpoint === undefined ? {} : { endpoint, forcePathStyle: true, region: ANY_REGION };
    // The whole is held against its checksum here, in one way for every store.
    const checks = { responseChecksumValidation: 'WHEN_REQUIRED' } as const;
    this.#client = new S3Client({ ...own, ...checks, ...(region !== undefined && { region }) });
    this.#location = location;
    this.#announce = announce;
  }

  /** @throws Error that says what to look at when the bucket cannot be used */
  async probe(): Promise<void> {
    const { bucket } = this.#location;
    await this.#client.send(new HeadBucketCommand({ Bucket: bucket })).catch((error: unknown) => {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw new Error(
        `The bucket "${bucket}" cannot be used (${reason}). Look at OMTX_ARTIFACTS, AWS_ENDPOINT_URL_S3, AWS_REGION and the credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY).`,
        { cause: error },
      );
    });
  }

  async putFile(absolutePath: string): Promise<StoredArtifact> {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const pieces: AsyncIterable<Buffer> = createReadStream(absolutePath);
    for await (const piece of pieces) {
      hash.update(piece);
      sizeBytes += piece.length;
    }
    const file = { sha256: hash.digest('hex'), sizeBytes };
    await this.#store(file, () => createReadStream(absolutePath));
    await rm(absolutePath, { force: true });
    return file;
  }

  async put(content: Uint8Array): Promise<StoredArtifact> {
    const file = { sha256: createHash('sha256').update(content).digest('hex'), sizeBytes: content.length };
    await this.#store(file, () => content);
    return file;
  }

  async open(sha256: string): Promise<{ readonly sizeBytes: number; readonly stream: Readable }> {
    const { Body, ContentLength } = await this.#found(sha256, () => this.#client.send(new GetObjectCommand(this.#key(sha256))));
    return { sizeBytes: ContentLength ?? 0, stream: checked(streamOf(Body), sha256) };
  }

  async openRange(sha256: string, { first, last }: ByteRange): Promise<Readable> {
    const range = { ...this.#key(sha256), Range: `bytes=${String(first)}-${String(last)}` };
    const { Body } = await this.#found(sha256, () => this.#client.send(new GetObjectCommand(range)));
    return streamOf(Body);
  }

  async sizeOf(sha256: string): Promise<number> {
    const { ContentLength } = await this.#found(sha256, () => this.#client.send(new HeadObjectCommand(this.#key(sha256))));
    return ContentLength ?? 0;
  }

  async linkTo(sha256: string, fileName: string): Promise<DirectLink> {
    const command = new GetObjectCommand({ ...this.#key(sha256), ResponseContentDisposition: `attachment; filename="${fileName}"` });
    const expiresAt = new Date(Date.now() + LINK_SECONDS * 1_000);
    return { url: await getSignedUrl(this.#client, command, { expiresIn: LINK_SECONDS }), expiresAt };
  }

  async delete(sha256: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand(this.#key(sha256)));
  }

  async *list(): AsyncGenerator<StoredArtifact> {
    const { bucket, prefix } = this.#location;
    for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix === '' ? '' : `${prefix}/`, ContinuationToken: token }),
      );
      for (const { Key = '', Size = 0 } of page.Contents ?? []) {
        const sha256 = Key.split('/').at(-1) ?? '';
        if (SHA256.test(sha256)) yield { sha256, sizeBytes: Size };
      }
      token = page.NextContinuationToken;
    }
  }

  async #store(file: StoredArtifact, body: () => Readable | Uint8Array): Promise<void> {
    await this.#announce(file);
    const size = await this.sizeOf(file.sha256).catch((error: unknown) => {
      if (error instanceof HubError) return undefined;
      throw error;
    });
    if (size === file.sizeBytes) return;
    await this.#client.send(
      new PutObjectCommand({
        ...this.#key(file.sha256),
        Body: body(),
        ContentLength: file.sizeBytes,
        ChecksumSHA256: Buffer.from(file.sha256, 'hex').toString('base64'),
      }),
    );
  }

  async #found<T>(sha256: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404)
        throw new HubError('artifact_not_found', `There is no stored file ${sha256}.`, [], { cause: error });
      throw error;
    }
  }

  #key(sha256: string): { readonly Bucket: string; readonly Key: string } {
    refuseOtherNames(sha256);
    const { bucket, prefix } = this.#location;
    return { Bucket: bucket, Key: [...(prefix === '' ? [] : [prefix]), sha256.slice(0, 2), sha256].join('/') };
  }
}

/** In Node the body is a stream of Node. */
function streamOf(body: unknown): Readable {
  if (body instanceof Readable) return body;
  throw new Error('unreachable: the store answered without a body');
}
