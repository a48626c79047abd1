/**
 * Where the database cluster lives.
 *
 * - An ordinary user: `<dataDir>/postgres/`.
 * - root, and the system user `postgres` can walk to the data folder: the same; only `cluster/` belongs to that user.
 * - root, and it cannot (a data folder below /root): `/var/lib/omtx-hub/<hash of the data folder>/`, and
 *   `<dataDir>/postgres/moved-to` says so. The programs are copied to `/var/lib/omtx-hub/` when the clone is closed in the same way.
 */
import { createHash } from 'node:crypto';
import { chmod, mkdir, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { copyBinaries, findPostgresBinaries, type PostgresBinaries } from './binaries.ts';
import { systemUserForPostgres, type SystemUser } from './system-user.ts';

const REACHABLE = '/var/lib/omtx-hub';
const OTHERS_MAY_ENTER = 0o001;

export interface ClusterLocation {
  /** Password, lock and log of the start; the hub's own, 0700 where the hub is an ordinary user. */
  readonly folder: string;
  /** PGDATA; 0700, of the user that runs `postgres`. */
  readonly cluster: string;
  readonly binaries: PostgresBinaries;
  readonly user: SystemUser | undefined;
}

export async function locateCluster(dataDir: string, log: (line: string) => void): Promise<ClusterLocation> {
  await mkdir(dataDir, { recursive: true });
  const user = systemUserForPostgres(log);
  const binaries = await findPostgresBinaries();
  const own = join(await realpath(dataDir), 'postgres');
  if (user === undefined) return location(own, 0o700, binaries, user);
  const reachable = (await othersMayEnter(binaries.postgres)) ? binaries : await copyBinaries(binaries, REACHABLE);
  if (await othersMayEnter(dirname(own))) return location(own, 0o711, reachable, user);
  const moved = join(REACHABLE, createHash('sha256').update(own).digest('hex').slice(0, 16));
  await mkdir(own, { recursive: true });
  await mkdir(REACHABLE, { recursive: true });
  await chmod(REACHABLE, 0o755);
  await writeFile(join(own, 'moved-to'), `${moved}\n`);
  return location(moved, 0o711, reachable, user);
}

async function location(folder: string, mode: number, binaries: PostgresBinaries, user: SystemUser | undefined): Promise<ClusterLocation> {
  await mkdir(folder, { recursive: true });
  // Not by mkdir's mode: the umask of a careful root would close it to the server's user.
  await chmod(folder, mode);
  return { folder, cluster: join(folder, 'cluster'), binaries, user };
}

/** Whether any user can walk to `path`: every folder above it has the x bit for others. */
async function othersMayEnter(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  if ((mode & OTHERS_MAY_ENTER) === 0) return false;
  return dirname(path) === path || othersMayEnter(dirname(path));
}
