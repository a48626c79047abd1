/** Writes the folder of a task and gives it to Slurm as one array, a job for each part. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest, SlurmRunner as SlurmSettings } from '@omtx/contract';
import { cancelFolder, outputFile, partFolder, shardFile, type WrittenShard } from './part-folder.ts';

/** The operator's choices where the manifest has none. */
export interface SlurmDefaults {
  readonly partition: string | undefined;
  readonly account: string | undefined;
  readonly qos: string | undefined;
}

const PROGRAM = join(import.meta.dirname, 'part-program.ts');
const MIB = 1024 ** 2;
/** Of the program itself, beside its worker. */
const PROGRAM_MIB = 256;
const DEFAULT_MAX_MINUTES = 1_440;
const PRIVATE = 0o700;

export function nameOf(taskId: string): string {
  return `omtx-${taskId}`;
}

export async function writeTask(folder: string, shard: WrittenShard): Promise<void> {
  await mkdir(cancelFolder(folder), { recursive: true });
  await chmod(folder, PRIVATE);
  for (const part of shard.parts.keys()) await mkdir(partFolder(folder, part), { recursive: true });
  await writeFile(shardFile(folder), JSON.stringify(shard));
  const words = [process.execPath, PROGRAM, folder].map(quoted).join(' ');
  await writeFile(scriptFile(folder), `#!/bin/sh\nexec ${words} "$SLURM_ARRAY_TASK_ID" "$SLURM_JOB_ID" "\${CUDA_VISIBLE_DEVICES:-}"\n`);
}

/** Arguments of sbatch. */
export function submission(taskId: string, folder: string, shard: WrittenShard, defaults: SlurmDefaults): readonly string[] {
  const { manifest } = shard.model;
  const { runner, resources } = manifest;
  if (runner.kind !== 'slurm') throw new Error(`unreachable: the runner of kind "${runner.kind}" is no cluster`);
  const memoryBytes = shard.memoryBytes ?? resources.memoryBytes;
  return [
    `--job-name=${nameOf(taskId)}`,
    `--array=0-${String(shard.parts.length - 1)}`,
    `--output=${outputFile(folder, '%a')}`,
    `--chdir=${folder}`,
    `--time=${String(minutesOf(manifest, runner, shard))}`,
    `--cpus-per-task=${String(shard.worker.cpus)}`,
    ...(memoryBytes > 0 ? [`--mem=${String(Math.ceil(memoryBytes / MIB) + PROGRAM_MIB)}M`] : []),
    ...gresOf(runner, resources.gpus),
    ...option('partition', runner.partition ?? defaults.partition),
    ...option('account', runner.account ?? defaults.account),
    ...option('qos', runner.qos ?? defaults.qos),
    // A job that Slurm started anew by itself would do rows again that were told.
    '--no-requeue',
    scriptFile(folder),
  ];
}

/** What the rows of the longest part may take, each up to its limit, and no more than the manifest's longest. */
export function minutesOf(
  { setupTimeoutSeconds }: Manifest,
  { maxMinutes }: SlurmSettings,
  { parts, timeoutSeconds }: WrittenShard,
): number {
  const rows = Math.max(...parts.map((part) => part.length));
  return Math.min(maxMinutes ?? DEFAULT_MAX_MINUTES, Math.ceil((2 * setupTimeoutSeconds + rows * timeoutSeconds) / 60));
}

/** Rows go around the parts, so that parts of a library that is sorted by size take about as long. */
export function divide<T>(rows: readonly T[], partCount: number): readonly (readonly T[])[] {
  const count = Math.max(1, Math.min(partCount, rows.length));
  return Array.from({ length: count }, (_, part) => rows.filter((__, place) => place % count === part));
}

function scriptFile(folder: string): string {
  return join(folder, 'job.sh');
}

function gresOf({ gres }: SlurmSettings, gpus: number): readonly string[] {
  return gres !== undefined ? [`--gres=${gres}`] : gpus > 0 ? [`--gres=gpu:${String(gpus)}`] : [];
}

function option(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [`--${name}=${value}`];
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
