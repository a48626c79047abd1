/**
 * One worker process in a process group of its own: JSON lines on descriptors 3 and 4, stdout and stderr to a log file.
 *
 * States: running -> (its group is told to stop) -> ended. `ended` settles once, with how it ended.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { protocol } from '@omtx/contract';

type HubMessage = protocol.HubMessage;

export interface WorkerLaunch {
  /** Argument vector; never a shell line. */
  readonly command: readonly [string, ...string[]];
  /** The whole environment of the process: nothing of the hub's own is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** Private folder: working folder, home and place for temporary files. */
  readonly folder: string;
  readonly logPath: string;
  readonly stop: { readonly signal: 'SIGTERM' | 'SIGINT'; readonly graceSeconds: number };
}

export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** True when the hub stopped it: no row is to blame. */
  readonly wasStopped: boolean;
}

/** Bytes of the log that a failure message quotes. */
const QUOTED_BYTES = 2_000;
const POLL_MS = 20;

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #launch: WorkerLaunch;
  readonly ended: Promise<WorkerEnd>;
  /** Lines that the worker writes, in order; ends with the process. */
  readonly lines: AsyncIterable<string>;
  #isStopped = false;

  private constructor(child: ChildProcess, launch: WorkerLaunch) {
    this.#child = child;
    this.#launch = launch;
    this.ended = new Promise((resolve) => {
      child.once('error', () => {
        resolve({ code: null, signal: null, wasStopped: this.#isStopped });
      });
      child.once('close', (code, signal) => {
        // The group may outlive its leader: what is left of it is nobody's work any more.
        this.#killGroup('SIGKILL');
        resolve({ code, signal, wasStopped: this.#isStopped });
      });
    });
    this.lines = createInterface({ input: readableOf(child) });
    writableOf(child).on('error', () => undefined); // A dead worker is told by `ended`.
  }

  static async start(launch: WorkerLaunch): Promise<WorkerProcess> {
    const [program, ...args] = launch.command;
    const log = await open(launch.logPath, 'a');
    try {
      const child = spawn(program, args, {
        cwd: launch.folder,
        env: launch.environment,
        detached: true,
        stdio: ['ignore', log.fd, log.fd, 'pipe', 'pipe'],
      });
      return new WorkerProcess(child, launch);
    } finally {
      await log.close();
    }
  }

  send(message: HubMessage): void {
    writableOf(this.#child).write(`${JSON.stringify(message)}\n`);
  }

  /** Ends the whole group: asks by the manifest's signal, then kills. Resolves when the process has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#killGroup(this.#launch.stop.signal);
    const deadline = Date.now() + this.#launch.stop.graceSeconds * 1_000;
    while (this.isRunning && Date.now() < deadline) await sleep(POLL_MS);
    this.#killGroup('SIGKILL');
    await this.ended;
  }

  get isRunning(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The end of the log, for a failure message. */
  async logTail(): Promise<string> {
    const text = await readFile(this.#launch.logPath, 'utf8').catch(() => '');
    return text.slice(-QUOTED_BYTES).trim();
  }

  #killGroup(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // ESRCH: the group is gone, which is what was wanted.
    }
  }
}

function writableOf(child: ChildProcess): Writable {
  const pipe = child.stdio[3];
  if (!pipe || !('write' in pipe)) throw new Error('unreachable: descriptor 3 was opened as a pipe');
  return pipe;
}

function readableOf(child: ChildProcess): Readable {
  const pipe = child.stdio[4];
  if (!pipe || !('read' in pipe)) throw new Error('unreachable: descriptor 4 was opened as a pipe');
  return pipe;
}
