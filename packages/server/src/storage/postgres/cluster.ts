/** Makes the cluster and starts its server; the decisions are in `supervisor.ts`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { appendFile, chmod, chown, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { exists } from './binaries.ts';
import type { ClusterLocation } from './cluster-location.ts';
import { HOST, INCLUDES, INITDB_OPTIONS, OPERATOR_FILE, SETTINGS, SETTINGS_FILE } from './settings.ts';

const LOG_TAIL_LINES = 15;

/** Makes the cluster if there is none. Built beside its place and renamed, so a half-made one is never taken for a cluster. */
export async function ensureCluster(place: ClusterLocation, log: (line: string) => void): Promise<void> {
  await removeHalfMade(place);
  if (await exists(join(place.cluster, 'PG_VERSION'))) {
    const other = await otherVersion(place);
    if (other) throw new Error(`The database in ${place.cluster} was made by PostgreSQL ${other.madeBy}. ${other.remedy}`);
    return;
  }
  log('making the database cluster');
  const half = `${place.cluster}.half-${process.pid}`;
  const passwordFile = join(place.folder, 'password');
  const password = (await readPassword(place)) ?? randomBytes(24).toString('base64url');
  await writeFile(passwordFile, password, { mode: 0o600 });
  // initdb runs as another user under root, so it reads a copy of its own.
  const lentFile = join(place.folder, `password.half-${process.pid}`);
  await writeFile(lentFile, password, { mode: 0o600 });
  try {
    if (place.user !== undefined) await lendFolder(place, half, lentFile);
    await runInitdb(place, half, lentFile);
  } finally {
    await rm(lentFile, { force: true });
  }
  await appendFile(join(half, 'postgresql.conf'), INCLUDES);
  await writeFile(join(half, SETTINGS_FILE), SETTINGS);
  await writeFile(join(half, OPERATOR_FILE), '');
  await giveToUser(place, join(half, OPERATOR_FILE));
  await rename(half, place.cluster);
}

/** Under root the cluster's folder is made here and given away: the user may not write in the folder above. */
async function lendFolder(place: ClusterLocation, half: string, lentFile: string): Promise<void> {
  if (place.user === undefined) return;
  await mkdir(half, { mode: 0o700 });
  await chown(half, place.user.uid, place.user.gid);
  await chown(lentFile, place.user.uid, place.user.gid);
}

async function removeHalfMade(place: ClusterLocation): Promise<void> {
  for (const name of await readdir(place.folder)) {
    if (name.includes('.half-')) await rm(join(place.folder, name), { recursive: true, force: true });
  }
}

export interface OtherVersion {
  /** Major version. */
  readonly madeBy: string;
  readonly remedy: string;
}

/** A server reads clusters of its own major version alone. @returns undefined where there is no cluster, or one of this version */
export async function otherVersion(place: ClusterLocation): Promise<OtherVersion | undefined> {
  const file = join(place.cluster, 'PG_VERSION');
  if (!(await exists(file))) return undefined;
  const madeBy = (await readFile(file, 'utf8')).trim();
  const own = place.binaries.version.split('.')[0] ?? '';
  if (madeBy === own) return undefined;
  const remedy =
    `This hub brings PostgreSQL ${own}, which does not read it, and has changed nothing. With the version of the hub that made it run ` +
    '"omtx backup FOLDER"; then, with this one, "omtx restore FOLDER --data-dir NEW_FOLDER" (docs/backup.md).';
  return { madeBy, remedy };
}

async function runInitdb(place: ClusterLocation, folder: string, passwordFile: string): Promise<void> {
  const args = [...INITDB_OPTIONS, `--pwfile=${passwordFile}`, '-D', folder];
  const child = spawn(place.binaries.initdb, args, { ...asUser(place), cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const code = await new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      resolve(status ?? signal ?? 'unknown');
    });
  });
  if (code !== 0) throw new Error(`initdb ended with ${code}: ${lastLines(output)}`);
}

/** Starts `postgres` in a session of its own: neither Ctrl-C in the hub's terminal nor a kill of the hub reaches it. */
export async function spawnServer(place: ClusterLocation, port: number): Promise<ChildProcess> {
  await writeFile(join(place.cluster, SETTINGS_FILE), SETTINGS);
  await giveToUser(place, join(place.cluster, SETTINGS_FILE));
  const startLog = await open(startLogOf(place), 'w', 0o600);
  try {
    const options = { ...asUser(place), cwd: place.cluster, detached: true };
    const child = spawn(place.binaries.postgres, ['-D', place.cluster, '-p', String(port)], {
      ...options,
      stdio: ['ignore', startLog.fd, startLog.fd],
    });
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return child;
  } finally {
    await startLog.close();
  }
}

async function giveToUser(place: ClusterLocation, file: string): Promise<void> {
  await chmod(file, 0o600);
  if (place.user !== undefined) await chown(file, place.user.uid, place.user.gid);
}

/** A clean environment: the server needs none of the hub's secrets. */
function asUser(place: ClusterLocation) {
  return { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }, ...place.user };
}

/** Why the server did not start: the end of its own log, which may be an old one, and then what it said before that took over. */
export async function explainStart(place: ClusterLocation): Promise<string> {
  const texts: string[] = [];
  const folder = join(place.cluster, 'log');
  for (const name of await readdir(folder).catch(() => [])) texts.push(await readFile(join(folder, name), 'utf8'));
  texts.push(await readFile(startLogOf(place), 'utf8').catch(() => ''));
  return lastLines(texts.join('\n'));
}

export async function readPassword(place: ClusterLocation): Promise<string | undefined> {
  const file = join(place.folder, 'password');
  return (await exists(file)) ? (await readFile(file, 'utf8')).trim() : undefined;
}

/**
 * Below the ports that systems give to outgoing connections: while the server is down, a client that tries to reach it could be given its
 * very port (and then be connected with itself), or any other program could.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const PORT_TRIES = 100;

/** A free port; between this and the start another program may take it, so the caller tries again. */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES; tries++) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if (await isFreePort(port)) return port;
  }
  throw new Error(`No free port was found for the database between ${FIRST_PORT} and ${LAST_PORT}.`);
}

export async function isFreePort(port: number): Promise<boolean> {
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ host: HOST, port, exclusive: true }, () => {
      resolve(true);
    });
  });
  if (isFree) await new Promise((resolve) => server.close(resolve));
  return isFree;
}

function startLogOf(place: ClusterLocation): string {
  return join(place.folder, 'start.log');
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}
