/**
 * Locked Python environments of models: one folder per content, `<dataDir>/environments/<digest>/`, shared by all models with the same lock.
 *
 * It is made at its final path, and `complete.json` is written last: entry-point scripts of a venv hold its absolute path, so a venv that
 * was made elsewhere and renamed has broken ones. A folder without that stamp is half-made: nobody uses it, the next maker removes it.
 * One maker at a time per environment (file lock); the others wait and find it done.
 */
import { createHash } from 'node:crypto';
import { access, constants, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrorCode, withFileLock } from '../../machine/file-lock.ts';
import { findPython } from './find-python.ts';
import { runTool, type ToolOptions } from './run-tool.ts';
import { findOrInstallUv, findUv } from './uv.ts';

/** Raise it when an environment made from the same lock would differ. */
const FORMAT = 1;
const STAMP = 'complete.json';

export interface EnvironmentRequest {
  /** Absolute path of a requirements file with pinned versions and hashes. */
  readonly lockPath: string;
  /** "3.11" */
  readonly pythonVersion: string;
  readonly dataDir: string;
}

export interface EnsureEnvironmentRequest extends EnvironmentRequest {
  /** For people: "vina/engine". */
  readonly name: string;
  /** What is being done, a line per step. */
  readonly report: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Wheel files to install in place of what the lock names, whose own check has passed (offline bundle); nothing is fetched then. */
  readonly wheels?: readonly string[] | undefined;
}

export interface Environment {
  /** SHA-256 over lock, Python version and platform; stored with each result. */
  readonly digest: string;
  /** Absolute path of the interpreter. */
  readonly python: string;
  readonly folder: string;
}

export function environmentDigest(lockText: string, pythonVersion: string): string {
  const platform = `${process.platform}-${process.arch}`;
  return createHash('sha256')
    .update(JSON.stringify({ format: FORMAT, lockText, pythonVersion, platform }))
    .digest('hex');
}

/** @returns the finished environment, or undefined when it is not made, half made, or its Python has left the machine */
export async function findEnvironment(request: EnvironmentRequest): Promise<Environment | undefined> {
  return finished(await locate(request));
}

/** Makes the environment unless it is there. Needs a network the first time. */
export async function ensureEnvironment(request: EnsureEnvironmentRequest): Promise<Environment> {
  const environment = await locate(request);
  const found = await finished(environment);
  if (found !== undefined) return found;
  const onWait = (): void => {
    request.report('waiting for another process that makes the same environment');
  };
  return withFileLock(
    `${environment.folder}.lock`,
    async () => {
      const other = await finished(environment);
      if (other !== undefined) return other;
      await make(environment, request).catch((cause: unknown) => {
        request.signal?.throwIfAborted();
        throw new Error(
          `The environment ${request.name} could not be made from ${request.lockPath}: ${cause instanceof Error ? cause.message : String(cause)}`,
          { cause },
        );
      });
      return environment;
    },
    { signal: request.signal, onWait },
  );
}

async function locate(request: EnvironmentRequest): Promise<Environment> {
  const digest = environmentDigest(await readFile(request.lockPath, 'utf8'), request.pythonVersion);
  const folder = join(request.dataDir, 'environments', digest);
  return { digest, folder, python: join(folder, 'bin', 'python') };
}

async function finished(environment: Environment): Promise<Environment | undefined> {
  try {
    await access(join(environment.folder, STAMP));
    await access(environment.python, constants.X_OK);
    return environment;
  } catch (error) {
    if (isErrorCode(error, 'ENOENT') || isErrorCode(error, 'EACCES')) return undefined;
    throw error;
  }
}

async function make(environment: Environment, request: EnsureEnvironmentRequest): Promise<void> {
  const options = { signal: request.signal };
  const python = await findPython(request.pythonVersion);
  // Wheels come with a bundle, so nothing can be fetched: not uv either, for which pip would try some twenty seconds.
  const uv = request.wheels ? await findUv(request.dataDir) : await findOrInstallUv(request.dataDir, python, request.report, options);
  const tool = uv === undefined ? undefined : await makeWithUv(uv, python, environment, request, options);
  const stamp = {
    digest: environment.digest,
    created: new Date().toISOString(),
    python,
    tool: tool ?? (await makeWithPip(python, environment, request, options)),
  };
  const half = join(environment.folder, `${STAMP}.half`);
  await writeFile(half, `${JSON.stringify(stamp, undefined, 2)}\n`);
  await rename(half, join(environment.folder, STAMP));
}

/** @returns undefined where uv failed: it does not read pip's settings, so an index that only pip knows needs pip */
async function makeWithUv(
  uv: string,
  python: string,
  environment: Environment,
  request: EnsureEnvironmentRequest,
  options: ToolOptions,
): Promise<string | undefined> {
  const quiet = ['--no-python-downloads', '--no-progress', '--quiet'];
  try {
    request.report('making the environment');
    await rm(environment.folder, { recursive: true, force: true });
    await runTool(uv, ['venv', ...quiet, '--python', python, environment.folder], options);
    request.report(`installing packages of ${request.lockPath}`);
    await installWithUv(uv, environment, request, quiet, options);
    return (await runTool(uv, ['--version'])).trim();
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof Error && error.message.includes('Hash mismatch')) throw error;
    request.report(`uv failed, pip tries: ${error instanceof Error ? (error.message.split('\n')[1] ?? error.message) : String(error)}`);
    return undefined;
  }
}

/** Behind a proxy with a certificate of its own, uv needs to be told to trust those of the machine, as pip does. */
async function installWithUv(
  uv: string,
  environment: Environment,
  request: EnsureEnvironmentRequest,
  quiet: readonly string[],
  options: ToolOptions,
): Promise<void> {
  if (request.wheels?.length === 0) return;
  const args = ['pip', 'install', ...quiet, '--python', environment.python, '--no-deps', '--compile-bytecode', ...sourcesOf(request)];
  await runTool(uv, args, options).catch(async (error: unknown) => {
    if (!(error instanceof Error) || !/certificate/i.test(error.message)) throw error;
    await runTool(uv, [...args, '--system-certs'], options);
  });
}

/** The lock with its hashes, or wheels that were checked before. */
function sourcesOf({ lockPath, wheels }: EnsureEnvironmentRequest): readonly string[] {
  return wheels === undefined ? ['--require-hashes', '-r', lockPath] : ['--no-index', ...wheels];
}

async function makeWithPip(
  python: string,
  environment: Environment,
  request: EnsureEnvironmentRequest,
  options: ToolOptions,
): Promise<string> {
  await rm(environment.folder, { recursive: true, force: true });
  request.report('making the environment');
  await runTool(python, ['-I', '-m', 'venv', environment.folder], options);
  request.report(`installing packages of ${request.lockPath}`);
  const install = ['-I', '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', ...sourcesOf(request)];
  if (request.wheels?.length !== 0) await runTool(environment.python, install, options);
  return (await runTool(environment.python, ['-I', '-m', 'pip', '--version'])).trim().split(' ').slice(0, 2).join(' ');
}
