/** PostgreSQL refuses to run as root, so a hub that runs as root lends it a system user. */
import { spawnSync } from 'node:child_process';

const NAME = 'postgres';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** shadow-utils, then busybox. */
const WAYS_TO_ADD: readonly (readonly [string, readonly string[]])[] = [
  ['useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', NAME]],
  ['adduser', ['-S', '-D', '-H', NAME]],
];

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** @returns undefined where this process is an ordinary user and needs no other */
export function systemUserForPostgres(log: (line: string) => void): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const found = lookUp();
  if (found !== undefined) return found;
  for (const [program, args] of WAYS_TO_ADD) {
    if (run(program, args) === undefined) continue;
    const made = lookUp();
    if (made === undefined) continue;
    log(`made the system user "${NAME}", because PostgreSQL does not run as root`);
    return made;
  }
  throw new Error(
    `PostgreSQL does not run as root, and no system user "${NAME}" could be made (tried useradd and adduser). Make one, run the hub as an ordinary user, or set DATABASE_URL.`,
  );
}

function lookUp(): SystemUser | undefined {
  const uid = Number(run('id', ['-u', NAME]) ?? Number.NaN);
  const gid = Number(run('id', ['-g', NAME]) ?? Number.NaN);
  return uid > 0 && gid >= 0 ? { uid, gid } : undefined;
}

function run(program: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', env: { PATH }, stdio: ['ignore', 'pipe', 'ignore'] });
  return status === 0 ? stdout.trim() : undefined;
}
