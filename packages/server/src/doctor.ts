/** What this machine has of what the hub needs, and how to get the rest. Only looks. */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { findEnvironment } from './catalog/environments/environment.ts';
import { findPython } from './catalog/environments/find-python.ts';
import { listModelEnvironments } from './catalog/environments/model-environments.ts';
import { loadRegistry } from './catalog/load-registry.ts';
import type { Config } from './config.ts';
import { databaseStatus } from './storage/postgres/supervisor.ts';

export interface Finding {
  readonly state: 'ok' | 'missing' | 'note';
  readonly what: string;
  readonly found: string;
  readonly remedy?: string;
}

const GIB = 1024 ** 3;
/** Results of a busy week, and room for PostgreSQL. */
const LOW_DISK_GIB = 5;
const NODE_MAJOR = 24;

export async function examineMachine(config: Config): Promise<readonly Finding[]> {
  return [
    nodeFinding(),
    await diskFinding(config.dataDir),
    await databaseFinding(config),
    ...(await environmentFindings(config)),
    ...(await modelFindings(config)),
  ];
}

function nodeFinding(): Finding {
  const found = process.versions.node;
  if (Number(found.split('.')[0]) >= NODE_MAJOR) return { state: 'ok', what: 'Node.js', found };
  return { state: 'missing', what: 'Node.js', found, remedy: `Start by "npm run -s omtx", which brings Node ${String(NODE_MAJOR)}.` };
}

async function diskFinding(dataDir: string): Promise<Finding> {
  const what = `disk of ${dataDir}`;
  for (let folder = dataDir; ; folder = dirname(folder)) {
    const disk = await statfs(folder).catch(() => undefined);
    if (disk) {
      const freeGib = (disk.bavail * disk.bsize) / GIB;
      const found = `${freeGib.toFixed(1)} GiB free`;
      return freeGib >= LOW_DISK_GIB
        ? { state: 'ok', what, found }
        : { state: 'note', what, found, remedy: 'Free some space, or choose another disk by OMTX_DATA_DIR.' };
    }
    if (folder === dirname(folder))
      return { state: 'missing', what, found: 'cannot be read', remedy: 'Choose another folder by OMTX_DATA_DIR.' };
  }
}

async function databaseFinding({ databaseUrl, dataDir }: Config): Promise<Finding> {
  if (databaseUrl !== undefined) return { state: 'note', what: 'PostgreSQL', found: 'by DATABASE_URL', remedy: '"omtx migrate" tries it.' };
  const { state } = await databaseStatus(dataDir);
  if (state === 'not_made') return { state: 'missing', what: 'PostgreSQL', found: 'not made', remedy: 'Run "npm run setup".' };
  return { state: 'ok', what: 'PostgreSQL', found: `embedded, ${state.replaceAll('_', ' ')}` };
}

async function environmentFindings({ modelsDirs, dataDir }: Config): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { modelId, environment, lockPath, pythonVersion } of await listModelEnvironments(modelsDirs)) {
    const what = `environment ${modelId}/${environment}`;
    const made = await findEnvironment({ lockPath, pythonVersion, dataDir });
    if (made) findings.push({ state: 'ok', what, found: `Python ${pythonVersion}` });
    else {
      const python = await findPython(pythonVersion).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
      const remedy = typeof python === 'string' ? 'Run "npm run setup".' : python.message;
      findings.push({ state: 'missing', what, found: 'not made', remedy });
    }
  }
  return findings;
}

async function modelFindings(config: Config): Promise<readonly Finding[]> {
  const { models, broken } = await loadRegistry({
    folders: config.modelsDirs,
    findEnvironment: (request) => findEnvironment({ ...request, dataDir: config.dataDir }),
    offeredModels: config.offeredModels,
  });
  return [
    ...[...models].map(([id, state]): Finding => {
      if (state.kind === 'not_installed') return { state: 'note', what: `model ${id}`, found: 'not installed', remedy: state.remedy };
      return { state: 'ok', what: `model ${id}`, found: state.kind === 'offered' ? 'offered by workers elsewhere' : 'installed' };
    }),
    ...broken.map(({ folder, reasons }): Finding => ({
      state: 'missing',
      what: `model folder ${folder}`,
      found: 'broken',
      remedy: reasons.join('; '),
    })),
  ];
}
