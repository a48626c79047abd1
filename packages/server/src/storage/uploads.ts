/** Files that are sent before or with a submission: what is known of each. Their bytes are in the store of artifacts. */
import type { JobId, OwnerId, Upload, UploadContents } from '@omtx/contract';
import { sql } from 'kysely';
import type { Database } from './database.ts';

export interface StoredUpload {
  readonly id: string;
  readonly fileName: string;
  readonly state: Upload['state'];
  readonly format: Upload['format'];
  readonly isCompressed: boolean;
  readonly encoding: string;
  readonly receivedBytes: number;
  readonly totalBytes: number | null;
  readonly recordsRead: number;
  readonly sha256: string | null;
  readonly contents: UploadContents | null;
  readonly failure: string | null;
  readonly rowsStored: number;
  readonly jobId: JobId | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export interface NewUpload {
  readonly id: string;
  readonly fileName: string;
  readonly totalBytes: number | null;
  readonly days: number;
}

/** @returns false where there is an upload of this id */
export async function insertUpload(db: Database, owner: OwnerId, { id, fileName, totalBytes, days }: NewUpload): Promise<boolean> {
  const { rows } = await sql`
    insert into uploads (id, owner, file_name, total_bytes, expires_at)
    values (${id}, ${owner}, ${fileName}, ${totalBytes}, now() + make_interval(days => ${days}))
    on conflict (id) do nothing
    returning id`.execute(db);
  return rows.length > 0;
}

export async function findUpload(db: Database, owner: OwnerId, id: string): Promise<StoredUpload | undefined> {
  const { rows } = await sql<StoredUpload>`
    select id, file_name as "fileName", state, format, is_compressed as "isCompressed", encoding, received_bytes::float8 as "receivedBytes",
      total_bytes::float8 as "totalBytes", records_read as "recordsRead", sha256, contents, failure, rows_stored as "rowsStored", job_id as "jobId",
      created_at as "createdAt", expires_at as "expiresAt"
    from uploads where id = ${id} and owner = ${owner} and expires_at > now()`.execute(db);
  return rows[0];
}

export async function noteReceived(db: Database, id: string, bytes: number): Promise<void> {
  await sql`update uploads set received_bytes = ${bytes} where id = ${id}`.execute(db);
}

/** All bytes are there. */
export async function noteReading(db: Database, id: string, bytes: number, records: number): Promise<void> {
  await sql`update uploads set state = 'reading', received_bytes = ${bytes}, records_read = ${records} where id = ${id}`.execute(db);
}

export async function finishUpload(
  db: Database,
  id: string,
  found: {
    readonly sha256: string;
    readonly format: string;
    readonly isCompressed: boolean;
    readonly encoding: string;
    readonly contents: UploadContents;
  },
): Promise<void> {
  await sql`
    with known as (
      insert into artifacts (sha256, size_bytes) select ${found.sha256}, received_bytes from uploads where id = ${id} on conflict do nothing
    )
    update uploads
    set state = 'ready', sha256 = ${found.sha256}, format = ${found.format}, is_compressed = ${found.isCompressed}, encoding = ${found.encoding},
      contents = ${JSON.stringify(found.contents)}::jsonb, records_read = ${found.contents.records}
    where id = ${id}`.execute(db);
}

export async function failUpload(db: Database, id: string, reason: string): Promise<void> {
  await sql`update uploads set state = 'failed', failure = ${reason} where id = ${id}`.execute(db);
}

export async function noteRowsStored(db: Database, id: string, rows: number, jobId: JobId | null): Promise<void> {
  await sql`update uploads set rows_stored = ${rows}, job_id = coalesce(${jobId}, job_id) where id = ${id}`.execute(db);
}

/** @returns its file, where one was stored; undefined where the owner has no such upload */
export async function deleteUpload(db: Database, owner: OwnerId, id: string): Promise<{ readonly sha256: string | null } | undefined> {
  const { rows } = await sql<{ sha256: string | null }>`
    delete from uploads where id = ${id} and owner = ${owner} returning sha256`.execute(db);
  return rows[0];
}
