/** The hub that the demo talks to: one that already answers on the port, or one of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Flags } from '../../packages/server/src/config.ts';
import { ROOT } from '../setup-steps.ts';

export interface Hub {
  readonly baseUrl: string;
  /** Whether this demo started it, and so ends it. */
  readonly own: boolean;
  /** Settles when a hub of our own ends. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface HubOptions {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** Given on the command line; the hub reads the rest from the same environment. */
  readonly flags: Flags;
  readonly signal: AbortSignal;
}

const READY_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 60_000;
const POLL_MS = 200;
const PROBE_LIMIT_MS = 2_000;
const LOG_LINES = 20;

export async function findOrStartHub({ host, port, dataDir, flags, signal }: HubOptions): Promise<Hub> {
  const baseUrl = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (await answers(`${baseUrl}/health/ready`))
    return { baseUrl, own: false, ended: new Promise(() => undefined), stop: () => Promise.resolve() };
  mkdirSync(dataDir, { recursive: true });
  const logFile = join(dataDir, 'demo-hub.log');
  const child = start(flags, logFile);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
  });
  try {
    await untilReady(child, `${baseUrl}/health/ready`, logFile, signal);
  } catch (error) {
    await stop(child, ended);
    throw error;
  }
  return { baseUrl, own: true, ended, stop: () => stop(child, ended) };
}

/** In a process group of its own, so that a Ctrl-C reaches it once, through us. */
function start(flags: Flags, logFile: string): ChildProcess {
  const log = openSync(logFile, 'w');
  try {
    const given = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
    return spawn(process.execPath, [join(ROOT, 'packages/cli/src/main.ts'), 'serve', ...given], {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}

async function untilReady(child: ChildProcess, url: string, logFile: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS;
  while (!(await answers(url))) {
    signal.throwIfAborted();
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`The hub did not start:\n${tailOf(logFile)}`);
    if (Date.now() > deadline)
      throw new Error(`The hub was not ready after ${READY_LIMIT_MS / 1_000} s; its log is ${logFile}:\n${tailOf(logFile)}`);
    await sleep(POLL_MS);
  }
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const late = setTimeout(() => {
    child.kill('SIGKILL');
  }, STOP_LIMIT_MS);
  await ended;
  clearTimeout(late);
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(PROBE_LIMIT_MS) })).ok;
  } catch {
    // Nobody listens yet, or another program that speaks no HTTP; the start of the hub names a busy port.
    return false;
  }
}

function tailOf(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n').slice(-LOG_LINES).join('\n');
}
