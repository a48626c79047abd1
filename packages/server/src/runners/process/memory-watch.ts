/** Memory of a worker's process group, so that a runaway engine ends before the machine does. Linux; elsewhere nothing is watched. */
import { readdir, readFile } from 'node:fs/promises';

const WATCH_EVERY_MS = 1_000;
const KIB = 1_024;

/** Calls `onExceeded` once, with the bytes in use. @returns ends the watch */
export function watchMemory(groupId: number, limitBytes: number, onExceeded: (bytes: number) => void): () => void {
  if (process.platform !== 'linux' || limitBytes <= 0) return () => undefined;
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    memoryOfGroup(groupId).then(
      (bytes) => {
        isLooking = false;
        if (bytes <= limitBytes) return;
        clearInterval(timer);
        onExceeded(bytes);
      },
      () => (isLooking = false), // /proc changes while it is read; the next look is a second away.
    );
  }, WATCH_EVERY_MS);
  return () => {
    clearInterval(timer);
  };
}

/** Proportional set size in bytes: pages that forks share are counted once. */
export async function memoryOfGroup(groupId: number): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const sizes = await Promise.all(pids.map(async (pid) => ((await groupOf(pid)) === groupId ? proportionalSize(pid) : 0)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function groupOf(pid: string): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name in brackets may hold blanks and brackets; the group is the third field behind it.
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}

async function proportionalSize(pid: string): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * KIB;
}
