/** How a worker is started: its command, its whole environment, and how what it says is read. */
import { protocol } from '@omtx/contract';
import { Value } from 'typebox/value';
import type { InstalledModel } from '../../catalog/registry.ts';

export interface WorkerSettings {
  /** Folder in which each worker gets a private one. */
  readonly folder: string;
  /** CPUs that a worker may use. */
  readonly cpus: number;
  /** Folder of the Python package `omtx_worker`. */
  readonly pythonPath: string;
  /** Where programs are looked for, as in PATH. */
  readonly programPath: string;
}

/** @returns the message, or what is wrong with it */
export function parseMessage(line: string): protocol.WorkerMessage | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return `a line that is no JSON: ${line.slice(0, 200)}`;
  }
  if (Value.Check(protocol.WorkerMessage, value)) return value;
  return `a line that is no message of the protocol: ${line.slice(0, 200)}`;
}

export function commandOf({ manifest: { runner }, pythons, folder }: InstalledModel): [string, ...string[]] {
  if (runner.kind !== 'process' && runner.kind !== 'slurm')
    throw new Error(`unreachable: the runner of kind "${runner.kind}" starts no process`);
  const values: Readonly<Record<string, string | undefined>> = {
    '{python}': runner.environment === undefined ? undefined : pythons[runner.environment],
    '{model}': folder,
    '{node}': process.execPath,
  };
  const [program = '', ...args] = runner.command.map((part) => part.replace(/\{[a-z]+\}/g, (name) => values[name] ?? name));
  return [program, ...args];
}

/** Nothing of the hub's own environment but the path of programs; no secret reaches a model. */
export function environmentOf(
  model: InstalledModel,
  { cpus, pythonPath, programPath }: WorkerSettings,
  folder: string,
  gpus: readonly string[],
): Readonly<Record<string, string>> {
  const pythons = Object.entries(model.pythons).map(([name, python]) => [
    `OMTX_PYTHON_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`,
    python,
  ]);
  const settings = Object.entries(model.settings).map(([name, value]) => [`OMTX_SETTING_${name.toUpperCase()}`, value]);
  return {
    PATH: programPath,
    HOME: folder,
    TMPDIR: folder,
    LANG: 'C.UTF-8',
    PYTHONPATH: pythonPath,
    PYTHONDONTWRITEBYTECODE: '1',
    OMTX_CPUS: String(cpus),
    // Empty hides all of them: a model that was given none must not take one of another.
    CUDA_VISIBLE_DEVICES: gpus.join(','),
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
    ...Object.fromEntries(pythons),
    ...Object.fromEntries(settings),
    ...(Object.keys(model.weights).length === 0 ? {} : { OMTX_WEIGHTS: JSON.stringify(model.weights) }),
  };
}
