import { spawn } from 'node:child_process';

const OUTPUT_LIMIT = 64 * 1024;
const TAIL_LINES = 20;

export interface ToolOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a program in a process group of its own to its end; an abort kills the group. It inherits the environment, because proxies, certificates
 * and package indexes are set there.
 * @returns its standard output
 * @throws with the end of what it said, when it cannot be started or does not end with 0
 */
export async function runTool(program: string, args: readonly string[], { signal }: ToolOptions = {}): Promise<string> {
  signal?.throwIfAborted();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const killGroup = (): void => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  signal?.addEventListener('abort', killGroup, { once: true });
  let output = '';
  let everything = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    everything = (everything + chunk.toString()).slice(-OUTPUT_LIMIT);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    everything = (everything + chunk.toString()).slice(-OUTPUT_LIMIT);
  });
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, killedBy) => {
        resolve(status ?? killedBy ?? 'unknown');
      });
    });
    signal?.throwIfAborted();
    if (code === 0) return output;
    throw new Error(
      `"${program} ${args.slice(0, 3).join(' ')} ..." ended with ${code}:\n${everything.trim().split('\n').slice(-TAIL_LINES).join('\n')}`,
    );
  } finally {
    signal?.removeEventListener('abort', killGroup);
  }
}
