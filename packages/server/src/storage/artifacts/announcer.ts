/** Announces files that are about to be stored: those of one moment in one statement, so that a shard of files costs few of them. */
import type { Database } from '../database.ts';
import { announceFiles } from '../retention/collect-files.ts';
import type { Announce, StoredArtifact } from './artifact-store.ts';

export function announceTo(db: Database): Announce {
  let gathered: StoredArtifact[] = [];
  let next: Promise<void> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return (file) => {
    gathered.push(file);
    next ??= last.then(() => {
      const files = gathered;
      [gathered, next] = [[], undefined];
      const written = announceFiles(db, files);
      last = written.catch(() => undefined); // Whoever announced it hears of it.
      return written;
    });
    return next;
  };
}
