/** A real Slurm of one node for tests: munged, slurmctld and slurmd of this machine, in a folder of their own, on loopback. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { hostname, tmpdir, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { TestContext } from 'vitest';

const PACKAGES = ['slurmctld', 'slurmd', 'slurm-client', 'munge'];
const PROGRAMS = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scancel', 'scontrol'];
const START_LIMIT_MS = 60_000;
const MIB = 1024 ** 2;
/** Its daemons are started by root only, and its GPUs are device files that are there everywhere. */
const FAKE_GPUS = '/dev/tty[0-1]';

/** @returns what to say; CI installs the packages of Debian, which nobody wants a test to do on their own machine */
export async function installSlurm(): Promise<string> {
  if (isInstalled()) return 'is there';
  if (process.env['CI'] !== 'true') throw new Error(`install ${PACKAGES.join(', ')} to have it`);
  const run = promisify(execFile);
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 64 * MIB };
  await run('apt-get', ['update', '-qq'], options);
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...PACKAGES], options);
  return 'is installed';
}

/** Skips the test with a reason where Slurm is missing; in CI that is a failure. */
export function needsSlurm(context: TestContext): void {
  if (hasSlurm()) return;
  if (process.env['CI'] === 'true') throw new Error('Slurm is not installed, or this is not root');
  context.skip(`Slurm cannot be started: it needs root and the packages ${PACKAGES.join(', ')}`);
}

export function hasSlurm(): boolean {
  return isInstalled() && process.getuid?.() === 0;
}

function isInstalled(): boolean {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  return PROGRAMS.every((program) => places.some((place) => isProgram(join(place, program))));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Not there, or not ours to run.
  }
}

export interface SlurmCluster {
  readonly configFile: string;
  /** Lines of finished jobs, as the cluster writes them. */
  finished(): Promise<readonly string[]>;
  /** What one of its commands says. */
  ask(program: string, args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

export async function startSlurm(): Promise<SlurmCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'omtx-slurm-'));
  await chmod(folder, 0o755);
  for (const name of ['state', 'spool', 'log', 'run']) await mkdir(join(folder, name));
  const configFile = join(folder, 'slurm.conf');
  await writeFile(configFile, configuration(folder, await freePort(), await freePort()));
  await writeFile(join(folder, 'gres.conf'), `NodeName=${hostname()} Name=gpu File=${FAKE_GPUS} Flags=nvidia_gpu_env\n`);
  await writeFile(join(folder, 'munge.key'), randomBytes(1024), { mode: 0o400 });
  const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin`, SLURM_CONF: configFile };
  const children: ChildProcess[] = [];
  const start = (program: string, args: readonly string[]): void => {
    children.push(spawn(program, args, { env, stdio: 'ignore' }));
  };
  const run = join(folder, 'run');
  start('munged', [
    '--foreground',
    '--force',
    `--key-file=${join(folder, 'munge.key')}`,
    `--socket=${join(run, 'munge.socket')}`,
    `--pid-file=${join(run, 'munged.pid')}`,
    `--log-file=${join(folder, 'log', 'munged.log')}`,
    `--seed-file=${join(run, 'munge.seed')}`,
  ]);
  await until(() => existsSync(join(run, 'munge.socket')), folder);
  start('slurmctld', ['-D', '-f', configFile]);
  start('slurmd', ['-D', '-f', configFile]);
  const ask = async (program: string, args: readonly string[]): Promise<string> =>
    (await promisify(execFile)(program, [...args], { env, maxBuffer: 64 * MIB })).stdout;
  await until(async () => (await ask('sinfo', ['-h', '-o', '%T']).catch(() => '')).trim() === 'idle', folder);
  return {
    configFile,
    ask,
    finished: async () =>
      (await readFile(join(folder, 'log', 'jobcomp.log'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    stop: async () => {
      await ask('scancel', ['--user=root']).catch(() => undefined);
      for (const child of children.reverse()) await end(child);
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

async function until(isSo: () => boolean | Promise<boolean>, folder: string): Promise<void> {
  for (const deadline = Date.now() + START_LIMIT_MS; !(await isSo()); await sleep(100)) {
    if (Date.now() > deadline) throw new Error(`Slurm did not start; its logs are in ${join(folder, 'log')}`);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(late);
}

/** No cgroups and no account database: what every machine has. A job that takes more memory than it asked for is killed by its accounting. */
function configuration(folder: string, controlPort: number, nodePort: number): string {
  const memory = Math.min(8_000, Math.floor((totalmem() / MIB) * 0.8));
  return `ClusterName=omtx
SlurmctldHost=${hostname()}(127.0.0.1)
AuthType=auth/munge
CryptoType=crypto/munge
AuthInfo=socket=${folder}/run/munge.socket
SlurmUser=root
SlurmdUser=root
SlurmctldPort=${String(controlPort)}
SlurmdPort=${String(nodePort)}
SlurmctldPidFile=${folder}/run/slurmctld.pid
SlurmdPidFile=${folder}/run/slurmd.pid
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldLogFile=${folder}/log/slurmctld.log
SlurmdLogFile=${folder}/log/slurmd.log
SwitchType=switch/none
MpiDefault=none
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
GresTypes=gpu
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=${folder}/log/jobcomp.log
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=1,bf_interval=2,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
MinJobAge=300
KillWait=2
InactiveLimit=0
DefMemPerCPU=512
NodeName=${hostname()} NodeAddr=127.0.0.1 CPUs=8 Sockets=1 CoresPerSocket=8 ThreadsPerCore=1 RealMemory=${String(memory)} Gres=gpu:2 State=UNKNOWN
PartitionName=main Nodes=${hostname()} Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
PartitionName=other Nodes=${hostname()} MaxTime=INFINITE State=UP OverSubscribe=NO
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
