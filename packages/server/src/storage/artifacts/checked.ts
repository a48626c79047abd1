/** Content held against its checksum while it is read. */
import { createHash } from 'node:crypto';
import { Transform, type Readable } from 'node:stream';
import { HubError } from '@omtx/contract';

/**
 * The last piece is held back until the checksum of the whole is known, so a reader of damaged content never gets all of it: what is small
 * is refused before the first byte, what is large breaks off before its end.
 */
export function checked(content: Readable, sha256: string): Readable {
  const hash = createHash('sha256');
  let held: Buffer | undefined;
  const check = new Transform({
    transform(piece: Buffer, _encoding, done) {
      hash.update(piece);
      const before = held;
      held = piece;
      if (before) done(null, before);
      else done();
    },
    flush(done) {
      if (hash.digest('hex') === sha256) done(null, held);
      else done(new HubError('artifact_damaged', `The stored file ${sha256} does not have its checksum; restore it from a backup.`));
    },
  });
  content.on('error', (error) => check.destroy(error));
  check.on('close', () => content.destroy());
  return content.pipe(check);
}

/** @throws HubError artifact_not_found for what is no checksum, such as a path */
export function refuseOtherNames(sha256: string): void {
  if (!SHA256.test(sha256)) throw new HubError('artifact_not_found', `"${sha256.slice(0, 100)}" is no SHA-256 in lower case.`);
}

export const SHA256 = /^[0-9a-f]{64}$/;
