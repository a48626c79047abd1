/** Shards for tests of runners: what every one of them is given alike. */
import { join } from 'node:path';
import { newJobId, newRunId, type Manifest } from '@omtx/contract';
import type { RunnerHooks, Shard } from '../src/runners/runner.ts';

/** Every row is wanted, and none is cancelled. */
export const ALWAYS: RunnerHooks = { beforeRow: () => Promise.resolve(true), rowSignal: () => new AbortController().signal };

/** Rows at their first attempt, two at once. @param runsFolder of the private folder of the run */
export function testShard(
  manifest: Manifest,
  folder: string,
  runsFolder: string,
  ligands: readonly object[],
  more: Partial<Shard> = {},
): Shard {
  const runId = newRunId();
  return {
    runId,
    batchId: newJobId(),
    model: { manifest, folder, pythons: {}, environmentDigest: undefined, weights: {}, settings: {}, revision: '' },
    shared: {},
    parameters: {},
    seed: 42,
    rankBy: manifest.rankBy ?? null,
    timeoutSeconds: 20,
    rows: ligands.map((ligand, index) => ({ index, attempt: 1, input: { ligand } })),
    slots: 2,
    gpus: [],
    folder: join(runsFolder, runId),
    ...more,
  };
}
