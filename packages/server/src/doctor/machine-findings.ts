/** Programs, disk, stored files, GPUs and ports. */
import { access, constants, statfs } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { CHEMISTRY_ENVIRONMENT } from '../catalog/environments/chemistry-environment.ts';
import { findEnvironment } from '../catalog/environments/environment.ts';
import { findPython } from '../catalog/environments/find-python.ts';
import type { Address, Config } from '../config.ts';
import { findGpus } from '../machine/gpus.ts';
import { VERSION } from '../machine/version.ts';
import { openStore } from '../storage/artifacts/open-store.ts';
import { messageOf, type Finding } from './finding.ts';

const GIB = 1024 ** 3;
/** Results of a busy week, and room for PostgreSQL. */
const LOW_DISK_GIB = 5;
const NODE_MAJOR = 24;
const PORT_LIMIT_MS = 2_000;
const PAGE = join(import.meta.dirname, '..', '..', '..', 'web', 'dist', 'index.html');

export async function machineFindings(config: Config): Promise<readonly Finding[]> {
  const { host, port, metrics } = config;
  return [
    { state: 'ok', what: 'OMTX-Hub', found: VERSION },
    nodeFinding(),
    await chemistryFinding(config),
    await pageFinding(),
    await gpuFinding(config),
    await diskFinding(config.dataDir),
    await storeFinding(config),
    await portFinding({ host, port }, 'OMTX_PORT (--port)'),
    ...(metrics ? [await portFinding(metrics, 'OMTX_METRICS (--metrics)')] : []),
  ];
}

function nodeFinding(): Finding {
  const found = process.versions.node;
  if (Number(found.split('.')[0]) >= NODE_MAJOR) return { state: 'ok', what: 'Node.js', found };
  return { state: 'missing', what: 'Node.js', found, remedy: `Start by "npm run -s omtx", which brings Node ${String(NODE_MAJOR)}.` };
}

/** Without it RDKit.js reads molecules, several times as slowly. */
async function chemistryFinding({ dataDir }: Config): Promise<Finding> {
  const what = 'RDKit for Python';
  if (await findEnvironment({ ...CHEMISTRY_ENVIRONMENT, dataDir })) return { state: 'ok', what, found: 'installed' };
  const noPython = await findPython(CHEMISTRY_ENVIRONMENT.pythonVersion).then(() => undefined, messageOf);
  const remedy = `${noPython === undefined ? '' : `${noPython} Then run`}${noPython === undefined ? 'Run' : ''} "npm run setup"; until then RDKit.js checks molecules, more slowly.`;
  return { state: 'note', what, found: 'not installed', remedy };
}

async function pageFinding(): Promise<Finding> {
  const isBuilt = await access(PAGE).then(
    () => true,
    () => false,
  );
  if (isBuilt) return { state: 'ok', what: 'web page', found: 'built' };
  return { state: 'note', what: 'web page', found: 'not built', remedy: 'Run "npm run setup"; the API works without it.' };
}

async function gpuFinding({ programPath, gpus, visibleGpus }: Config): Promise<Finding> {
  const found = await findGpus({ programPath, count: gpus, visible: visibleGpus });
  return {
    state: 'ok',
    what: 'GPUs',
    found: found.length === 0 ? 'none; models that need one are not offered' : found.map(({ name }) => name).join(', '),
  };
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

/** On a disk the folder is made at the first file, so the nearest that exists must take it. */
async function storeFinding({ dataDir, s3, databaseUrl }: Config): Promise<Finding> {
  const what = 'stored files';
  if (s3) {
    const at = `s3://${s3.bucket}/${s3.prefix}`;
    const fault = await openStore(dataDir, s3).then(() => undefined, messageOf);
    return fault === undefined ? { state: 'ok', what, found: at } : { state: 'missing', what, found: at, remedy: fault };
  }
  const folder = join(dataDir, 'artifacts');
  const fault = await whyNotWritable(folder);
  if (fault !== undefined)
    return {
      state: 'missing',
      what,
      found: `${folder}: ${fault}`,
      remedy: "Give the hub's user the right to write there, or choose another OMTX_DATA_DIR.",
    };
  if (databaseUrl === undefined) return { state: 'ok', what, found: folder };
  const remedy = 'Hosts that share the database must share this folder too, or keep files in a bucket: OMTX_ARTIFACTS=s3://bucket/prefix.';
  return { state: 'note', what, found: `${folder}, on a disk`, remedy };
}

async function whyNotWritable(folder: string): Promise<string | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const fault = await access(at, constants.W_OK | constants.X_OK).then(
      () => undefined,
      (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : messageOf(error)),
    );
    if (fault !== 'ENOENT' || at === dirname(at)) return fault;
  }
}

/** A hub that answers there is as good as a free port: it may be this one. */
async function portFinding({ host, port }: Address, setting: string): Promise<Finding> {
  const what = `port ${String(port)}`;
  if (port === 0) return { state: 'ok', what: 'port', found: 'any free one' };
  const at = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  const answer = await fetch(`http://${at}:${String(port)}/health/live`, { signal: AbortSignal.timeout(PORT_LIMIT_MS) }).catch(
    () => undefined,
  );
  if (answer?.ok === true && (await answer.text()).includes('"live"')) return { state: 'ok', what, found: 'a hub answers' };
  if (answer === undefined && !(await isTaken(at.replace(/[[\]]/g, ''), port))) return { state: 'ok', what, found: 'free' };
  return { state: 'missing', what, found: 'used by another program', remedy: `Stop that program, or choose another port by ${setting}.` };
}

function isTaken(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PORT_LIMIT_MS });
    const end = (taken: boolean) => () => {
      socket.destroy();
      resolve(taken);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}
