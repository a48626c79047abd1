/**
 * Stored files that nobody names any more. Three rules make it safe beside any number of writers, on any hosts:
 * 1. A writer announces a file (`announceFiles`) before it looks whether the content is there already, and names it in a row within minutes:
 *    a run that takes longer has lost its lease, and its rows are refused.
 * 2. A file is collected only when no row names it and nobody announced it for an hour.
 * 3. The file goes while its row is locked. A writer that announces it meanwhile waits, finds it gone, and stores it anew; one that names it
 *    holds the row (foreign key), and the collector passes over it.
 * A crash at any point leaves a row without a file that nobody names, which the next round takes away.
 */
import { sql } from 'kysely';
import type { ArtifactStore, StoredArtifact } from '../artifacts/artifact-store.ts';
import type { Database } from '../database.ts';

/** From announcing a file to naming it: at most five minutes of outlasting faults, and a lease. An hour is generous; it costs disk only. */
export const GRACE_SECONDS = 3_600;
const FILES_AT_ONCE = 100;

export async function announceFiles(db: Database, files: readonly StoredArtifact[]): Promise<void> {
  const sorted = files.toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  await sql`
    insert into artifacts (sha256, size_bytes)
    select distinct on (sha256) sha256, bytes
    from unnest(${sorted.map(({ sha256 }) => sha256)}::text[], ${sorted.map(({ sizeBytes }) => sizeBytes)}::bigint[]) as given (sha256, bytes)
    order by sha256
    on conflict (sha256) do update set touched_at = now()`.execute(db);
}

export interface FileCounts {
  readonly files: number;
  readonly bytes: number;
}

/** @returns what was collected; fewer than were asked for when there are no more */
export async function collectFiles(
  db: Database,
  store: ArtifactStore,
  graceSeconds: number = GRACE_SECONDS,
): Promise<FileCounts & { readonly isAll: boolean }> {
  return db.transaction().execute(async (tx) => {
    const { rows: locked } = await sql<{ sha256: string }>`
      select sha256 from artifacts a
      where ${unnamed} and touched_at < now() - make_interval(secs => ${graceSeconds})
      order by touched_at
      limit ${FILES_AT_ONCE}
      for update skip locked`.execute(tx);
    // Named between the look and the lock: the second look sees it, and none can come while the row is held.
    const { rows: free } = await sql<{ sha256: string; bytes: number }>`
      select sha256, size_bytes::float8 as bytes from artifacts a
      where sha256 = any (${locked.map(({ sha256 }) => sha256)}::text[]) and ${unnamed}`.execute(tx);
    for (const { sha256 } of free) await store.delete(sha256);
    await sql`delete from artifacts where sha256 = any (${free.map(({ sha256 }) => sha256)}::text[])`.execute(tx);
    return { files: free.length, bytes: free.reduce((sum, { bytes }) => sum + bytes, 0), isAll: locked.length < FILES_AT_ONCE };
  });
}

const unnamed = sql`
  not exists (select from artifact_uses u where u.sha256 = a.sha256) and not exists (select from uploads p where p.sha256 = a.sha256)
  and not exists (select from remote_tasks t where t.answer_sha256 = a.sha256)`;

/** All files that are known, and those of them that nobody names. */
export async function countFiles(db: Database): Promise<{ readonly known: FileCounts; readonly unnamed: FileCounts }> {
  const { rows } = await sql<{ files: number; bytes: number; freeFiles: number; freeBytes: number }>`
    select count(*)::int as files, coalesce(sum(size_bytes), 0)::float8 as bytes,
      (count(*) filter (where is_free))::int as "freeFiles", coalesce(sum(size_bytes) filter (where is_free), 0)::float8 as "freeBytes"
    from (select size_bytes, ${unnamed} as is_free from artifacts a) counted`.execute(db);
  const [counts] = rows;
  return {
    known: { files: counts?.files ?? 0, bytes: counts?.bytes ?? 0 },
    unnamed: { files: counts?.freeFiles ?? 0, bytes: counts?.freeBytes ?? 0 },
  };
}

/**
 * Files that the store has and the database has never heard of, such as those of a hub of before: from now on they are known, and
 * collected like others.
 */
export async function adoptFiles(db: Database, files: readonly StoredArtifact[]): Promise<FileCounts> {
  const { rows } = await sql<{ bytes: number }>`
    insert into artifacts (sha256, size_bytes)
    select * from unnest(${files.map(({ sha256 }) => sha256)}::text[], ${files.map(({ sizeBytes }) => sizeBytes)}::bigint[])
    on conflict do nothing
    returning size_bytes::float8 as bytes`.execute(db);
  return { files: rows.length, bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0) };
}
