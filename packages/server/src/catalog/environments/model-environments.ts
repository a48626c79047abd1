/** The environments that model folders declare, read leniently: a manifest that does not validate is the registry's to report. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrorCode } from '../../machine/file-lock.ts';

export interface ModelEnvironment {
  readonly modelId: string;
  readonly modelFolder: string;
  /** Key of `environments` in the manifest. */
  readonly environment: string;
  readonly lockPath: string;
  readonly pythonVersion: string;
  /** Whether the worker itself runs in it. */
  readonly runsWorker: boolean;
  /** Room that it takes as the manifest says; 0 where it says nothing. */
  readonly diskBytes: number;
  /** Whether it is made with the hub, or only when somebody asks for the model. */
  readonly comesWithHub: boolean;
}

/** Of all `<folder>/*\/model.json`, in the order of their names. */
export async function listModelEnvironments(modelsDirs: readonly string[]): Promise<ModelEnvironment[]> {
  const found: ModelEnvironment[] = [];
  for (const modelsDir of modelsDirs) {
    for (const name of (await namesIn(modelsDir)).sort()) found.push(...(await environmentsOf(join(modelsDir, name))));
  }
  return found;
}

async function environmentsOf(modelFolder: string): Promise<ModelEnvironment[]> {
  const manifest = await readManifest(modelFolder);
  if (!isRecord(manifest) || typeof manifest['id'] !== 'string' || !isRecord(manifest['environments'])) return [];
  const modelId = manifest['id'];
  const comesWithHub = manifest['install'] !== 'on_request';
  const worker = isRecord(manifest['runner']) ? manifest['runner']['environment'] : undefined;
  return Object.entries(manifest['environments']).flatMap(([environment, value]) => {
    if (!isRecord(value) || typeof value['lock'] !== 'string' || typeof value['python'] !== 'string') return [];
    return [
      {
        modelId,
        modelFolder,
        environment,
        lockPath: join(modelFolder, value['lock']),
        pythonVersion: value['python'],
        runsWorker: environment === worker,
        diskBytes: typeof value['diskBytes'] === 'number' ? value['diskBytes'] : 0,
        comesWithHub,
      },
    ];
  });
}

async function readManifest(modelFolder: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(modelFolder, 'model.json'), 'utf8'));
  } catch (error) {
    if (isErrorCode(error, 'ENOENT') || isErrorCode(error, 'ENOTDIR') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return [];
    throw error;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
