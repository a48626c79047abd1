/** Model folders that differ in what they want of a GPU, made from the one of `echo`. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ECHO = join(import.meta.dirname, '..', 'models', 'echo', 'model.json');

/** What a row takes; one CPU where nothing else is said. */
export interface GpuNeed {
  readonly cpus?: number;
  readonly gpus: number;
  readonly gpuHelps?: boolean;
}

/** @param needs by model id @returns the folder that holds the model folders */
export async function writeGpuModels(parent: string, needs: Readonly<Record<string, GpuNeed>>): Promise<string> {
  const echo = JSON.parse(await readFile(ECHO, 'utf8')) as object;
  const models = join(parent, 'models-with-gpus');
  for (const [id, need] of Object.entries(needs)) {
    const folder = join(models, id);
    await mkdir(join(folder, 'examples'), { recursive: true });
    await copyFile(join(import.meta.dirname, 'worker.py'), join(folder, 'worker.py'));
    await writeFile(
      join(folder, 'examples', 'one.json'),
      JSON.stringify({ taskType: 'protein_ligand_docking', input: { ligand: { smiles: 'C' } } }),
    );
    const manifest = {
      ...echo,
      id,
      metrics: [],
      rankBy: undefined,
      ownMetrics: [],
      tables: [
        {
          id: 'seen',
          columns: [
            { id: 'devices', label: 'Devices' },
            { id: 'worker', label: 'Worker' },
          ],
        },
      ],
      artifacts: [],
      // Short runs, so that a host often chooses.
      shard: { maxRows: 4 },
      resources: { cpus: 1, memoryBytes: 0, ...need },
      runner: { kind: 'process', command: ['python3', '{model}/worker.py', id] },
    };
    await writeFile(join(folder, 'model.json'), JSON.stringify(manifest));
  }
  return models;
}
