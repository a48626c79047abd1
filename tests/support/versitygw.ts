/** A real S3 server for tests: versitygw, built by the Go of this machine in a step of `npm test`. */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { TestContext } from 'vitest';
import { defaultDataDir } from '../../packages/server/src/machine/data-dir.ts';

const VERSION = 'v1.8.0';
const FOLDER = join(defaultDataDir(process.env), 'tools', `versitygw-${VERSION}`);
const PROGRAM = join(FOLDER, 'versitygw');
const START_LIMIT_MS = 30_000;

export const KEYS = { AWS_ACCESS_KEY_ID: 'tester', AWS_SECRET_ACCESS_KEY: 'not-a-secret', AWS_REGION: 'us-east-1' } as const;

/** @returns what to say; built once, a minute */
export async function buildVersitygw(): Promise<string> {
  if (existsSync(PROGRAM)) return `${VERSION} is there`;
  await mkdir(FOLDER, { recursive: true });
  await promisify(execFile)('go', ['install', `github.com/versity/versitygw/cmd/versitygw@${VERSION}`], {
    env: { ...process.env, GOBIN: FOLDER, GOFLAGS: '' },
  });
  return `${VERSION} is built`;
}

/** Skips the test with a reason where the server is not built; in CI that is a failure. */
export function needsVersitygw(context: TestContext): void {
  if (existsSync(PROGRAM)) return;
  if (process.env['CI'] === 'true') throw new Error('versitygw is not built');
  context.skip('versitygw is not built: "npm test" builds it where Go is installed');
}

export function hasVersitygw(): boolean {
  return existsSync(PROGRAM);
}

export interface S3Server {
  readonly endpoint: string;
  /** The folder of the buckets: objects are files in it. */
  readonly folder: string;
  stop(): Promise<void>;
}

export async function startVersitygw(folder: string): Promise<S3Server> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const address = `127.0.0.1:${String(port)}`;
  const child = spawn(PROGRAM, ['--port', address, 'posix', folder], {
    env: { PATH: process.env['PATH'], ROOT_ACCESS_KEY: KEYS.AWS_ACCESS_KEY_ID, ROOT_SECRET_KEY: KEYS.AWS_SECRET_ACCESS_KEY },
    stdio: 'ignore',
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const endpoint = `http://${address}`;
  for (const deadline = Date.now() + START_LIMIT_MS; ; await sleep(50)) {
    if (
      await fetch(endpoint).then(
        () => true,
        () => false,
      )
    )
      break;
    if (Date.now() > deadline) throw new Error('versitygw did not start');
  }
  return {
    endpoint,
    folder,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
