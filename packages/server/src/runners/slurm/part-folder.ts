/**
 * The folder of a task, which the hub and the compute nodes share. Written once by the hub:
 *   shard.json            what is to be done, divided into parts: one for each job of the array
 *   job.sh                what Slurm runs
 * by the program of each part, which appends and never changes:
 *   part-N/holder         the job that does it; another one of the same name ends at once
 *   part-N/told.jsonl     what the runner told, a line each
 *   part-N/slurm.out      what program and Slurm printed
 * and by the hub: cancel/INDEX   this row is not wanted any more
 */
import { join } from 'node:path';
import type { RunnerEvent, Shard, ShardRow } from '../runner.ts';

export interface WrittenShard extends Pick<
  Shard,
  'batchId' | 'runId' | 'model' | 'shared' | 'parameters' | 'seed' | 'timeoutSeconds' | 'rankBy'
> {
  readonly memoryBytes: number | undefined;
  readonly worker: { readonly cpus: number; readonly pythonPath: string; readonly programPath: string };
  readonly parts: readonly (readonly ShardRow[])[];
}

export type Told =
  | Exclude<RunnerEvent, { readonly kind: 'outcome' }>
  /** The row is given to the worker now. */
  | { readonly kind: 'sent'; readonly index: number }
  | (Omit<Extract<RunnerEvent, { readonly kind: 'outcome' }>, 'startedAtMs'> & {
      /** The clocks of two machines are not compared. */
      readonly seconds: number;
    })
  /** The part is done; what has no outcome was not wanted. */
  | { readonly kind: 'done' };

export const shardFile = (folder: string): string => join(folder, 'shard.json');
export const partFolder = (folder: string, part: number): string => join(folder, `part-${String(part)}`);
export const toldFile = (folder: string, part: number): string => join(partFolder(folder, part), 'told.jsonl');
export const outputFile = (folder: string, part: number | '%a'): string => join(folder, `part-${String(part)}`, 'slurm.out');
export const cancelFolder = (folder: string): string => join(folder, 'cancel');
