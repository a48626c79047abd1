/**
 * One worker process in a process group of its own: JSON lines on descriptors 3 and 4, stdout and stderr to a capped log.
 *
 * States: running -> (its group is told to stop) -> ended. `ended` settles once, with how it ended.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { protocol } from '@omtx/contract';
import { CappedLog } from './capped-log.ts';
import { readLines } from './read-lines.ts';

type HubMessage = protocol.HubMessage;

export interface WorkerLaunch {
  /** Argument vector; never a shell line. */
  readonly command: readonly [string, ...string[]];
  /** The whole environment of the process: nothing of the hub's own is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** Private folder: working folder, home and place for temporary files. */
  readonly folder: string;
  readonly stop: { readonly signal: 'SIGTERM' | 'SIGINT'; readonly graceSeconds: number };
}

export interface WorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** True when the hub stopped it: no row is to blame. */
  readonly wasStopped: boolean;
}

/** A result with 100,000 poses is some 20 MB. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const POLL_MS = 20;
/** A process that left the group may hold the pipes open; we do not wait for it. */
const PIPE_GRACE_MS = 500;

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #launch: WorkerLaunch;
  readonly ended: Promise<WorkerEnd>;
  /** Lines that the worker writes, in order; ends with the process. Throws on a line that is too long. */
  readonly lines: AsyncIterable<string>;
  readonly log = new CappedLog();
  #isStopped = false;

  private constructor(child: ChildProcess, launch: WorkerLaunch) {
    this.#child = child;
    this.#launch = launch;
    const { stdout, stderr } = child;
    if (stdout) this.log.follow(stdout);
    if (stderr) this.log.follow(stderr);
    const back = readableOf(child);
    back.on('error', () => undefined); // A dead worker is told by `ended`.
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => {
        this.log.append(Buffer.from(`${error.message}\n`));
        resolve({ code: null, signal: null, wasStopped: this.#isStopped });
      });
      child.once('exit', (code, signal) => {
        // The group may outlive its leader: what is left of it is nobody's work any more.
        this.#killGroup('SIGKILL');
        const end = { code, signal, wasStopped: this.#isStopped };
        const late = setTimeout(() => {
          for (const pipe of [back, stdout, stderr]) pipe?.destroy();
          resolve(end);
        }, PIPE_GRACE_MS);
        child.once('close', () => {
          clearTimeout(late);
          resolve(end);
        });
      });
    });
    this.lines = readLines(back, MAX_LINE_BYTES);
    writableOf(child).on('error', () => undefined); // A dead worker is told by `ended`.
  }

  static start(launch: WorkerLaunch): WorkerProcess {
    const [program, ...args] = launch.command;
    const child = spawn(program, args, {
      cwd: launch.folder,
      env: launch.environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    });
    return new WorkerProcess(child, launch);
  }

  /** Of the process and of its group; undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: HubMessage): void {
    writableOf(this.#child).write(`${JSON.stringify(message)}\n`);
  }

  /** A line as it is; for tests of what a worker does with nonsense. */
  sendRaw(line: string): void {
    writableOf(this.#child).write(line);
  }

  /** Closes the hub's end, as when the hub has died. */
  hangUp(): void {
    writableOf(this.#child).end();
  }

  /** Ends the whole group: asks by the manifest's signal, then kills. Resolves when the process has ended. */
  async stop(graceSeconds = this.#launch.stop.graceSeconds): Promise<void> {
    this.#isStopped = true;
    this.#killGroup(this.#launch.stop.signal);
    const deadline = Date.now() + Math.min(graceSeconds, this.#launch.stop.graceSeconds) * 1_000;
    while (this.isRunning && Date.now() < deadline) await sleep(POLL_MS);
    this.#killGroup('SIGKILL');
    await this.ended;
  }

  get isRunning(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
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
