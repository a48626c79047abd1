/** What this machine has of what the hub needs, and how to get the rest. Only looks. */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Manifest } from '@omtx/contract';
import { findPython } from './catalog/environments/find-python.ts';
import { manifestOf, type ModelState } from './catalog/registry.ts';
import { readRegistry } from './catalog/registry-keeper.ts';
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
  return [nodeFinding(), await diskFinding(config.dataDir), await databaseFinding(config), ...(await modelFindings(config))];
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

/** Models that run here or could; those of which only the card is known are counted. */
async function modelFindings({ modelsDirs, dataDir, offeredModels, programPath, egress, secrets }: Config): Promise<readonly Finding[]> {
  const { models, broken } = await readRegistry({
    folders: modelsDirs,
    dataDir,
    offeredModels,
    programPath,
    outbound: { hosts: egress, secrets },
  });
  const isCard = (state: ModelState): boolean => state.kind === 'not_installed' && manifestOf(state).runner.kind === 'none';
  const states = [...models.values()];
  const cards = states.filter(isCard).length;
  return [
    ...(await Promise.all(states.filter((state) => !isCard(state)).map(modelFinding))),
    ...(cards === 0 ? [] : [{ state: 'note' as const, what: 'models that run elsewhere only', found: String(cards) }]),
    ...broken.map(({ folder, reasons }): Finding => ({
      state: 'missing',
      what: `model folder ${folder}`,
      found: 'broken',
      remedy: reasons.join('; '),
    })),
  ];
}

async function modelFinding(state: ModelState): Promise<Finding> {
  const manifest = manifestOf(state);
  const what = `model ${manifest.id} ${manifest.version}`;
  switch (state.kind) {
    case 'installed':
      return { state: 'ok', what, found: 'installed' };
    case 'offered':
      return { state: 'ok', what, found: 'offered by workers elsewhere' };
    case 'disabled':
      return { state: 'note', what, found: 'disabled', remedy: `${state.reason} "omtx models enable ${manifest.id}" switches it on.` };
    case 'not_installed': {
      // Models that come with the hub must run; the others are there when somebody asks for them.
      const isExpected = manifest.runner.kind === 'process' && manifest.install !== 'on_request' && manifest.requires === undefined;
      return {
        state: isExpected ? 'missing' : 'note',
        what,
        found: 'not installed',
        remedy: (await missingPython(manifest)) ?? state.remedy,
      };
    }
    default:
      return state satisfies never;
  }
}

async function missingPython({ environments }: Manifest): Promise<string | undefined> {
  for (const { python } of Object.values(environments)) {
    const found = await findPython(python).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    if (found instanceof Error) return found.message;
  }
  return undefined;
}
