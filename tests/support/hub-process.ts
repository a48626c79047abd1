/** Whole hubs as processes of their own, as an operator starts them, and the CLI as a user runs it. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { defaultDataDir } from '../../packages/server/src/machine/data-dir.ts';

export const ROOT = join(import.meta.dirname, '..', '..');
export const TEST_MODELS = join(ROOT, 'packages', 'server', 'test', 'models');
const CLI = join(ROOT, 'packages', 'cli', 'src', 'main.ts');
const START_LIMIT_MS = 60_000;

export interface HubProcess {
  /** Empty where it does not serve. */
  readonly url: string;
  readonly pid: number;
  /** What it has logged so far, a line each. */
  readonly lines: readonly string[];
  /** Resolves with the exit code when it ends, for whatever reason. */
  readonly ended: Promise<number | null>;
  /** SIGTERM, and waits for the end. @returns the exit code */
  stop(): Promise<number | null>;
  /** SIGKILL, as a crash. */
  kill(): Promise<void>;
}

/** A data folder of its own; the environments of the models are those of the user, which setup has made. */
export async function newDataDir(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'omtx-e2e-'));
  // Under root the database server is of another user, who must be able to walk to it.
  await chmod(folder, 0o755);
  const environments = join(defaultDataDir(process.env), 'environments');
  mkdirSync(environments, { recursive: true });
  symlinkSync(environments, join(folder, 'environments'));
  return folder;
}

export async function startProcess(
  command: 'serve' | 'work',
  dataDir: string,
  options: {
    readonly args?: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
    /** A command that becomes the program that follows it, such as one that enters a network namespace. */
    readonly through?: readonly string[];
    /** The command of another version; that of this clone where left out. */
    readonly cli?: string;
  } = {},
): Promise<HubProcess> {
  const args = [
    options.cli ?? CLI,
    command,
    '--data-dir',
    dataDir,
    ...(command === 'serve' ? ['--port', '0'] : []),
    ...(options.args ?? []),
  ];
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    OMTX_MODELS_DIR: TEST_MODELS,
    ...options.environment,
  };
  const [program = process.execPath, ...rest] = [...(options.through ?? []), process.execPath, ...args];
  const child = spawn(program, rest, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  const lines: string[] = [];
  const url = await readyLine(child, command, ended, lines);
  return {
    url,
    lines,
    ended,
    pid: child.pid ?? 0,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Waits for the line of the log that says that it is ready. @returns the address in it */
async function readyLine(child: ChildProcess, command: string, ended: Promise<number | null>, lines: string[]): Promise<string> {
  const wanted = command === 'serve' ? 'serving' : 'working';
  const ready = new Promise<string>((resolve, reject) => {
    if (child.stdout)
      createInterface({ input: child.stdout }).on('line', (line) => {
        lines.push(line);
        if (!line.includes(`"event":"${wanted}"`)) return;
        const entry = JSON.parse(line) as { url?: string };
        resolve(entry.url ?? '');
      });
    child.stderr?.on('data', (text: Buffer) => lines.push(text.toString()));
    void ended.then((code) => reject(new Error(`${command} ended with ${String(code)} before it was ready:\n${lines.join('\n')}`)));
    setTimeout(() => {
      reject(new Error(`${command} was not ready in time:\n${lines.join('\n')}`));
    }, START_LIMIT_MS).unref();
  });
  return ready;
}

export interface CliAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function omtx(args: readonly string[], url?: string): Promise<CliAnswer> {
  return new Promise((resolve) => {
    const environment = {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      ...(url === undefined ? {} : { OMTX_URL: url }),
    };
    const child = execFile(process.execPath, [CLI, ...args], { env: environment, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (child.exitCode ?? 1), stdout, stderr });
    });
  });
}

/** Processes below one, found by their command line. Linux. */
export function descendants(pid: number, part: string): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const stat = read(`/proc/${name}/stat`);
    if (stat !== '') parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const isBelow = (child: number): boolean => {
    for (let at = parents.get(child); at !== undefined && at > 1; at = parents.get(at)) if (at === pid) return true;
    return false;
  };
  return [...parents.keys()].filter((child) => isBelow(child) && read(`/proc/${String(child)}/cmdline`).includes(part));
}

export function isAlive(pid: number): boolean {
  return existsSync(`/proc/${String(pid)}`) && !read(`/proc/${String(pid)}/stat`).includes(') Z ');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // It ended between two looks.
  }
}
