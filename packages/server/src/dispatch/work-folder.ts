/** The private folder of one worker host below the data folder, and what hosts that died left beside it. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { identifyProcess } from '../machine/process-identity.ts';

/**
 * Makes the folder of this process; folders of processes of this machine that are gone are removed. A data folder may be shared by
 * machines, so the name of the machine is part of the name.
 */
export async function openWorkFolder(parent: string): Promise<string> {
  const prefix = `${hostname()}-`;
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const pid = Number(name.slice(prefix.length));
    if (pid !== process.pid && identifyProcess(pid) !== undefined) continue;
    // An engine that is just dying may still write; what it leaves goes with the next start.
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
  const own = join(parent, `${prefix}${String(process.pid)}`);
  await mkdir(own, { recursive: true });
  return own;
}
