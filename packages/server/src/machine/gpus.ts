/** GPUs of this machine, by what the driver's own tool says; none where it is missing. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Gpu } from '../domain/host-capacity.ts';

const run = promisify(execFile);
/** A driver that is just loaded takes some seconds to answer. */
const LIMIT_MS = 30_000;

export interface GpuSettings {
  /** Where programs are looked for. */
  readonly programPath: string;
  /** So many, whatever the tool finds; undefined: all of them. */
  readonly count: number | undefined;
  /** `CUDA_VISIBLE_DEVICES` of this process: a batch system gives it some of the machine's GPUs. */
  readonly visible: string | undefined;
}

/** In the order of the PCI bus. */
export async function findGpus({ programPath, count, visible }: GpuSettings): Promise<readonly Gpu[]> {
  if (count === 0) return [];
  const found = await askDriver(programPath);
  const named = visible === undefined ? found : visibleOf(found, visible);
  if (count === undefined) return named;
  return Array.from({ length: count }, (_, place) => named[place] ?? { device: String(place), name: 'GPU' });
}

async function askDriver(programPath: string): Promise<readonly Gpu[]> {
  try {
    const options = { env: { PATH: programPath }, timeout: LIMIT_MS };
    const { stdout } = await run('nvidia-smi', ['--query-gpu=index,name', '--format=csv,noheader'], options);
    return readGpus(stdout);
  } catch {
    return []; // No tool, or no driver that it could ask: no GPU that a model could use.
  }
}

/** Lines of `index, name`. */
export function readGpus(text: string): readonly Gpu[] {
  return [...text.matchAll(/^(?<device>\d+), (?<name>.+)$/gm)].map(({ groups }) => ({
    device: groups?.['device'] ?? '',
    name: groups?.['name']?.trim() ?? '',
  }));
}

/** Those that the list names, by index or UUID; as CUDA does, nothing counts behind a name that is none. */
export function visibleOf(found: readonly Gpu[], visible: string): readonly Gpu[] {
  const names = visible.split(',').map((name) => name.trim());
  const end = names.findIndex(
    (name) => name === '' || name === '-1' || (/^\d+$/.test(name) && !found.some(({ device }) => device === name)),
  );
  return names
    .slice(0, end === -1 ? names.length : end)
    .map((device) => found.find((gpu) => gpu.device === device) ?? { device, name: 'GPU' });
}
