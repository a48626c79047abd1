/**
 * Backups of a hub: its tables as they were at one moment, and every stored file that they name.
 *
 *   <folder>/<time>/backup.json        what it holds; written last, so a backup without it was not finished
 *   <folder>/<time>/tables/*.copy.gz   one file per table
 *   <folder>/artifacts/ab/abcdef...    stored files by SHA-256, shared by all backups of the folder, so the next one copies only new ones
 *
 * A backup is made while the hub works. It is restored into an empty hub; runs that were open are put back by the monitor, like those of a
 * worker that died.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { dumpTables, tableFile, type BackedUpArtifact } from '../storage/backup/dump.ts';
import { isUnused, loadTables } from '../storage/backup/load.ts';
import type { ArtifactStore } from '../storage/artifacts/artifact-store.ts';
import { openArtifacts } from '../storage/artifacts/disk-artifact-store.ts';
import { migrate } from '../storage/migrate.ts';

const FORMAT = 'omtx-backup-1';
const MANIFEST = 'backup.json';

const Manifest = Type.Object({
  format: Type.Literal(FORMAT),
  createdAt: Type.String(),
  version: Type.String(),
  migrations: Type.Array(Type.Object({ number: Type.Integer(), name: Type.String(), sha256: Type.String(), breaking: Type.Boolean() })),
  tables: Type.Array(
    Type.Object({
      name: Type.String({ pattern: '^[a-z_]+$' }),
      columns: Type.Array(Type.String()),
      rows: Type.Integer(),
      sha256: Type.String(),
    }),
  ),
  sequences: Type.Array(Type.Object({ name: Type.String(), lastValue: Type.Union([Type.String(), Type.Null()]) })),
  artifacts: Type.Array(Type.Object({ sha256: Type.String(), sizeBytes: Type.Integer() })),
});
type Manifest = Static<typeof Manifest>;

export interface BackupSource {
  readonly databaseUrl: string;
  readonly artifacts: ArtifactStore;
}

export interface BackupReport {
  /** Of this backup. */
  readonly folder: string;
  readonly rows: number;
  readonly files: number;
  /** Files that this one had to copy. */
  readonly copied: number;
  /** Named by the tables and not to be read; such a backup is worth having and not whole. */
  readonly unreadable: readonly { readonly sha256: string; readonly reason: string }[];
  /** Earlier backups that were removed, oldest first. */
  readonly removed: readonly string[];
}

export interface BackupProgress {
  readonly phase: 'checking' | 'tables' | 'files';
  readonly done: number;
  readonly total: number;
}

export type OnProgress = (progress: BackupProgress) => void;

/** What the person who asked can mend. */
export class BackupError extends Error {}

/** @param keep how many backups stay in the folder, this one among them; all where undefined */
export async function backupHub(
  source: BackupSource,
  folder: string,
  version: string,
  onProgress: OnProgress,
  keep?: number,
): Promise<BackupReport> {
  const createdAt = new Date().toISOString();
  const name = createdAt.replaceAll(/[-:]|\.\d+/g, '');
  const own = join(folder, name);
  await mkdir(join(own, 'tables'), { recursive: true });
  const dump = await dumpTables(source.databaseUrl, join(own, 'tables'), (done, total) => {
    onProgress({ phase: 'tables', done, total });
  });
  const { copied, unreadable } = await copyFiles(source.artifacts, openArtifacts(folder), dump.artifacts, onProgress);
  const manifest = { format: FORMAT, createdAt, version, ...dump };
  await writeFile(join(own, `${MANIFEST}.half`), `${JSON.stringify(manifest)}\n`);
  await rename(join(own, `${MANIFEST}.half`), join(own, MANIFEST));
  return {
    folder: own,
    rows: dump.tables.reduce((sum, table) => sum + table.rows, 0),
    files: dump.artifacts.length - unreadable.length,
    copied,
    unreadable,
    removed: keep === undefined ? [] : await removeOld(folder, keep),
  };
}

/**
 * Checks every file of the backup first, then fills the empty hub, then brings it to the schema of this version.
 * @param folder of one backup, or of several: then the newest
 * @throws BackupError when the hub is in use, or the backup is not whole, damaged, or of a newer version; nothing is changed then
 */
export async function restoreHub(source: BackupSource, folder: string, onProgress: OnProgress): Promise<BackupReport> {
  const own = await findBackup(folder);
  const manifest = await readManifest(own);
  if (!(await isUnused(source.databaseUrl)))
    throw new BackupError(
      'The hub has jobs already. Restore into an empty one: another OMTX_DATA_DIR (--data-dir), or an empty DATABASE_URL.',
    );
  await checkTables(own, manifest, onProgress);
  const files = openArtifacts(join(own, '..'));
  await migrate(source.databaseUrl, undefined, manifest.migrations).catch((error: unknown) => {
    throw new BackupError(`The backup's schema is not one of this version: ${error instanceof Error ? error.message : String(error)}`);
  });
  const { copied, unreadable } = await copyFiles(files, source.artifacts, manifest.artifacts, onProgress);
  await loadTables(source.databaseUrl, join(own, 'tables'), manifest, (done, total) => {
    onProgress({ phase: 'tables', done, total });
  });
  await migrate(source.databaseUrl);
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
  return { folder: own, rows, files: manifest.artifacts.length - unreadable.length, copied, unreadable, removed: [] };
}

/** Each file is read whole, into memory, and held against its checksum on the way. */
async function copyFiles(
  from: ArtifactStore,
  to: ArtifactStore,
  artifacts: readonly BackedUpArtifact[],
  onProgress: OnProgress,
): Promise<Pick<BackupReport, 'copied' | 'unreadable'>> {
  const unreadable: { sha256: string; reason: string }[] = [];
  let copied = 0;
  for (const [done, { sha256, sizeBytes }] of artifacts.entries()) {
    onProgress({ phase: 'files', done, total: artifacts.length });
    if (await holds(to, sha256, sizeBytes)) continue;
    try {
      const { stream } = await from.open(sha256);
      await to.put(await buffer(stream));
      copied += 1;
    } catch (error) {
      unreadable.push({ sha256, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  onProgress({ phase: 'files', done: artifacts.length, total: artifacts.length });
  return { copied, unreadable };
}

async function holds(store: ArtifactStore, sha256: string, sizeBytes: number): Promise<boolean> {
  const found = await store.open(sha256).catch(() => undefined);
  found?.stream.destroy();
  return found?.sizeBytes === sizeBytes;
}

/** Names are times, so their order is that of the backups. */
async function listBackups(folder: string): Promise<readonly string[]> {
  const names = await namesIn(folder);
  const whole: string[] = [];
  for (const name of names.filter((each) => /^\d{8}T\d{6}Z$/.test(each)).sort()) {
    if ((await readdir(join(folder, name))).includes(MANIFEST)) whole.push(name);
  }
  return whole;
}

/** Empty where there is no such folder. */
async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

async function findBackup(folder: string): Promise<string> {
  if ((await namesIn(folder)).includes(MANIFEST)) return folder;
  const newest = (await listBackups(folder)).at(-1);
  if (newest === undefined) throw new BackupError(`${folder} holds no finished backup (${MANIFEST}).`);
  return join(folder, newest);
}

async function readManifest(own: string): Promise<Manifest> {
  const manifest: unknown = JSON.parse(await readFile(join(own, MANIFEST), 'utf8'));
  if (Value.Check(Manifest, manifest)) return manifest;
  throw new BackupError(`${join(own, MANIFEST)} is not of the format ${FORMAT}.`);
}

async function checkTables(own: string, { tables }: Manifest, onProgress: OnProgress): Promise<void> {
  for (const [done, { name, sha256 }] of tables.entries()) {
    onProgress({ phase: 'checking', done, total: tables.length });
    const hash = createHash('sha256');
    try {
      const chunks: AsyncIterable<Buffer> = createReadStream(tableFile(join(own, 'tables'), name));
      for await (const chunk of chunks) hash.update(chunk);
    } catch (error) {
      throw new BackupError(`The backup is not whole: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (hash.digest('hex') !== sha256) throw new BackupError(`The file of table ${name} in ${own} is damaged: its checksum is another.`);
  }
}

/** Removes older backups than the last `keep`, and the files that none of those left names. */
async function removeOld(folder: string, keep: number): Promise<readonly string[]> {
  const all = await listBackups(folder);
  const removed = all.slice(0, -keep);
  for (const name of removed) await rm(join(folder, name), { recursive: true, force: true });
  if (removed.length === 0) return [];
  const named = new Set<string>();
  for (const name of await listBackups(folder))
    for (const { sha256 } of (await readManifest(join(folder, name))).artifacts) named.add(sha256);
  const files = openArtifacts(folder);
  for (const part of await namesIn(join(folder, 'artifacts')))
    for (const sha256 of await readdir(join(folder, 'artifacts', part))) if (!named.has(sha256)) await files.delete(sha256);
  return removed;
}
