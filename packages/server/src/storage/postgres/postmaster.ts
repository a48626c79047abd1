/** What `postmaster.pid` says of a cluster, checked against the processes of this machine. */
import { execFileSync } from 'node:child_process';
import { readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrorCode } from '../../machine/file-lock.ts';
import { identifyProcess, type ProcessIdentity } from '../../machine/process-identity.ts';

export type Postmaster =
  | { readonly state: 'none' }
  /** The file is of a process that is gone, or its id is now another program's. */
  | { readonly state: 'stale' }
  | { readonly state: 'alive'; readonly process: ProcessIdentity; readonly port: number; readonly ready: boolean };

/** Lines of the file: process id, data folder, start time, port, socket folder, address, shared memory key, status. */
const PORT_LINE = 3;
const STATUS_LINE = 7;

export async function readPostmaster(cluster: string): Promise<Postmaster> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch((error: unknown) => {
    if (isErrorCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (text === undefined) return { state: 'none' };
  const lines = text.split('\n').map((line) => line.trim());
  const process = identifyProcess(Number(lines[0]));
  if (process === undefined || !(await isPostgresOn(process.pid, cluster))) return { state: 'stale' };
  return { state: 'alive', process, port: Number(lines[PORT_LINE] ?? 0), ready: lines[STATUS_LINE] === 'ready' };
}

/** The server's working folder is its cluster; its program is `postgres`. Readable by root and by the same user. */
async function isPostgresOn(pid: number, cluster: string): Promise<boolean> {
  if (process.platform !== 'linux') return portableIsPostgresOn(pid, cluster);
  try {
    const [folder, command] = await Promise.all([readlink(`/proc/${pid}/cwd`), readFile(`/proc/${pid}/cmdline`, 'utf8')]);
    return folder === (await realpath(cluster)) && (command.split('\0')[0] ?? '').endsWith('postgres');
  } catch (error) {
    // Gone meanwhile, or of another user and so not the one we start.
    if (isErrorCode(error, 'ENOENT') || isErrorCode(error, 'EACCES') || isErrorCode(error, 'ESRCH')) return false;
    throw error;
  }
}

function portableIsPostgresOn(pid: number, cluster: string): boolean {
  try {
    const command = execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return command.includes('postgres') && command.includes(cluster);
  } catch {
    // ps ends with 1 when there is no such process.
    return false;
  }
}
