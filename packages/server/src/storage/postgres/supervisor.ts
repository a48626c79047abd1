/**
 * The embedded PostgreSQL: made, started or adopted, and stopped by us (`docs/` and execution.md say why the package's own class is not used).
 *
 * States of a cluster, as `postmaster.pid` and the processes show them, and what a start does in each:
 *
 *   none      no file                            -> start
 *   stale     file of a process that is gone     -> remove the file, start (the server recovers from its WAL)
 *   alive     not ready yet, or shutting down    -> wait until it is ready or gone
 *   alive     ready and takes our password       -> adopt
 *
 * One start or stop at a time per cluster (file lock). Each hub leaves a file in `users/`; the last one that stops, stops the server.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseIdentity, withFileLock } from '../../machine/file-lock.ts';
import { identifyProcess, isRunning, type ProcessIdentity } from '../../machine/process-identity.ts';
import {
  ensureCluster,
  explainStart,
  otherVersion,
  type OtherVersion,
  findFreePort,
  isFreePort,
  readPassword,
  spawnServer,
} from './cluster.ts';
import { locateCluster, type ClusterLocation } from './cluster-location.ts';
import { canConnect, ensureDatabase } from './ensure-database.ts';
import { readPostmaster, type Postmaster } from './postmaster.ts';
import { DATABASE, HOST, USER } from './settings.ts';

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface EmbeddedPostgres {
  /** Of the database `omtx`, which exists. Holds the password. */
  readonly url: string;
  /** Whether it was running already: left by a killed hub, or in use by another. */
  readonly adopted: boolean;
  readonly port: number;
  readonly pid: number;
  /** Whether the server's process runs. */
  isRunning(): Promise<boolean>;
  /** Starts a server that is gone again, on the same port and with every committed row; one that another hub has started is adopted. */
  revive(): Promise<void>;
  /** Stops the server, fast mode, unless another hub uses it. Call it last. May be called twice. */
  stop(): Promise<void>;
}

export type DatabaseStatus =
  | { readonly state: 'not_made' | 'stopped'; readonly folder: string }
  | { readonly state: 'running'; readonly folder: string; readonly port: number; readonly pid: number; readonly url: string }
  | ({ readonly state: 'other_version'; readonly folder: string } & OtherVersion);

/** Crash recovery after hours of load replays at most `max_wal_size`; a minute is far beyond what we saw. */
const START_LIMIT_MS = 180_000;
/** Fast mode ends sessions at once and writes a checkpoint; then immediate mode, which the next start repairs. */
const STOP_LIMIT_MS = 60_000;
const POLL_MS = 50;
const START_ATTEMPTS = 5;
/** Reasons that pass by themselves: a port just taken, processes of a killed server that have not ended yet. */
const PASSING = /in use|could not bind|lock file|shared memory/i;

type Alive = Extract<Postmaster, { state: 'alive' }>;

/** Makes the cluster if needed, then starts or adopts its server. Safe from several hubs at once on the same data folder. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const place = await locateCluster(options.dataDir, options.log);
  const lock = {
    signal: options.signal,
    onWait: () => {
      options.log('waiting for another hub that starts or stops the database');
    },
  };
  return withFileLock(
    join(place.folder, 'start.lock'),
    async () => {
      await ensureCluster(place, options.log);
      const running = await settledServer(place, options);
      const server = running ?? (await start(place, options));
      const url = await urlOf(place, server.port, DATABASE);
      await ensureDatabase(url);
      const leave = await registerUser(place);
      options.log(`${running === undefined ? 'started' : 'adopted'} PostgreSQL on port ${server.port} (process ${server.process.pid})`);
      return {
        url,
        adopted: running !== undefined,
        port: server.port,
        pid: server.process.pid,
        isRunning: async () => (await readPostmaster(place.cluster)).state === 'alive',
        revive: () => withFileLock(join(place.folder, 'start.lock'), () => revive(place, options, server.port), lock),
        stop: () => stop(place, server, leave, options.log),
      };
    },
    lock,
  );
}

/** Starts nothing; makes what looking needs: the folders and, under root, the system user. */
export async function databaseStatus(dataDir: string): Promise<DatabaseStatus> {
  const place = await locateCluster(dataDir, () => undefined);
  const folder = place.cluster;
  const other = await otherVersion(place);
  if (other) return { state: 'other_version', folder, ...other };
  const server = await readPostmaster(folder);
  if (server.state === 'alive')
    return { state: 'running', folder, port: server.port, pid: server.process.pid, url: await urlOf(place, server.port, DATABASE) };
  return { state: (await readPassword(place)) === undefined ? 'not_made' : 'stopped', folder };
}

/** Waits for a server that comes or goes. @returns the running server, or undefined when none is left */
async function settledServer(place: ClusterLocation, options: EmbeddedPostgresOptions): Promise<Alive | undefined> {
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    options.signal?.throwIfAborted();
    const server = await readPostmaster(place.cluster);
    if (server.state === 'stale') await rm(join(place.cluster, 'postmaster.pid'), { force: true });
    if (server.state !== 'alive') return undefined;
    if (server.ready && (await canConnect(await urlOf(place, server.port, 'postgres')))) return server;
    if (Date.now() > deadline)
      throw new Error(`PostgreSQL (process ${server.process.pid}) does not answer on port ${server.port}: ${await explainStart(place)}`);
    await sleep(POLL_MS);
  }
}

/** Tries again while processes of a killed server still hold its shared memory, and when somebody took the port. */
async function start(place: ClusterLocation, options: EmbeddedPostgresOptions): Promise<Alive> {
  for (let attempt = 1; ; attempt++) {
    const port = await choosePort(place);
    const child = await spawnServer(place, port);
    const server = await untilReadyOrGone(place, child, options);
    if (server !== undefined) {
      await writeFile(join(place.folder, 'port'), String(server.port));
      return server;
    }
    const reason = await explainStart(place);
    if (attempt === START_ATTEMPTS || !PASSING.test(reason)) throw new Error(`PostgreSQL did not start in ${place.cluster}: ${reason}`);
    options.log(`PostgreSQL did not start, trying again: ${reason.split('\n').at(-1) ?? ''}`);
    await sleep(attempt * 500);
  }
}

/** The last one as long as another hub lives, whose connections name it; else the last one where it is free. */
async function choosePort(place: ClusterLocation): Promise<number> {
  const last = await lastPort(place);
  if (last !== 0 && ((await hasUsers(place)) || (await isFreePort(last)))) return last;
  return findFreePort();
}

/** Connections of every hub name the port, so another one is no help. @throws Error when the port is taken, or the server does not start */
async function revive(place: ClusterLocation, options: EmbeddedPostgresOptions, port: number): Promise<void> {
  if ((await settledServer(place, options)) !== undefined) return;
  if (!(await isFreePort(port))) throw new Error(`port ${port} of the database is taken by another program`);
  const child = await spawnServer(place, port);
  if ((await untilReadyOrGone(place, child, options)) === undefined)
    throw new Error(`PostgreSQL did not start again: ${await explainStart(place)}`);
  options.log(`started PostgreSQL again on port ${port}`);
}

/** @returns undefined when the process ended instead */
async function untilReadyOrGone(place: ClusterLocation, child: ChildProcess, options: EmbeddedPostgresOptions): Promise<Alive | undefined> {
  const deadline = Date.now() + START_LIMIT_MS;
  while (child.exitCode === null && child.signalCode === null) {
    const server = await readPostmaster(place.cluster);
    if (server.state === 'alive' && server.process.pid === child.pid && server.ready) return server;
    if (options.signal?.aborted === true || Date.now() > deadline) {
      child.kill('SIGINT');
      options.signal?.throwIfAborted();
      throw new Error(`PostgreSQL was not ready after ${START_LIMIT_MS / 1000} s: ${await explainStart(place)}`);
    }
    await sleep(POLL_MS);
  }
  return undefined;
}

/** @returns 0 when there was none */
async function lastPort(place: ClusterLocation): Promise<number> {
  const text = await readFile(join(place.folder, 'port'), 'utf8').catch(() => '0');
  const port = Number(text);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
}

async function urlOf(place: ClusterLocation, port: number, database: string): Promise<string> {
  const password = await readPassword(place);
  if (password === undefined) throw new Error(`The password of the database is missing: ${join(place.folder, 'password')}.`);
  return `postgres://${USER}:${encodeURIComponent(password)}@${HOST}:${port}/${database}`;
}

/** @returns what takes this hub off the list and says whether others are left */
async function registerUser(place: ClusterLocation): Promise<() => Promise<boolean>> {
  const folder = usersOf(place);
  await mkdir(folder, { recursive: true });
  const own = join(folder, `${process.pid}-${crypto.randomUUID()}`);
  await writeFile(own, JSON.stringify(identifyProcess(process.pid)));
  return async () => {
    await rm(own, { force: true });
    return hasUsers(place);
  };
}

function usersOf(place: ClusterLocation): string {
  return join(place.folder, 'users');
}

/** Whether a hub on the list lives; what is dead is taken off it. */
async function hasUsers(place: ClusterLocation): Promise<boolean> {
  const folder = usersOf(place);
  let isUsed = false;
  for (const name of await readdir(folder).catch(() => [])) {
    const user = parseIdentity(await readFile(join(folder, name), 'utf8'));
    if (user !== undefined && isRunning(user)) isUsed = true;
    else await rm(join(folder, name), { force: true });
  }
  return isUsed;
}

async function stop(place: ClusterLocation, server: Alive, leave: () => Promise<boolean>, log: (line: string) => void): Promise<void> {
  await withFileLock(join(place.folder, 'start.lock'), async () => {
    if (await leave()) return log('left PostgreSQL running: another hub uses it');
    // Not the process that was started: an operator, or another hub, may have restarted it since.
    const now = await readPostmaster(place.cluster);
    const target = now.state === 'alive' ? now.process : server.process;
    if (!(await end(target, 'SIGINT', STOP_LIMIT_MS)) && !(await end(target, 'SIGQUIT', STOP_LIMIT_MS))) {
      throw new Error(`PostgreSQL (process ${target.pid}) does not stop.`);
    }
    log('stopped PostgreSQL');
  });
}

async function end(target: ProcessIdentity, signal: 'SIGINT' | 'SIGQUIT', limitMs: number): Promise<boolean> {
  if (isRunning(target)) process.kill(target.pid, signal);
  const deadline = Date.now() + limitMs;
  while (isRunning(target) && Date.now() < deadline) await sleep(POLL_MS);
  return !isRunning(target);
}
