/** `uv` makes an environment several times faster than pip; where it cannot be had, pip does the same. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { withFileLock } from '../../machine/file-lock.ts';
import { runTool, type ToolOptions } from './run-tool.ts';

/** Pinned, with the hashes of all platforms. */
const REQUIREMENTS = join(import.meta.dirname, 'uv-requirements.lock');

/** @returns the program where this machine has it: on PATH, or installed here before */
export async function findUv(dataDir: string): Promise<string | undefined> {
  for (const uv of ['uv', installedUv(dataDir)]) if (await works(uv)) return uv;
  return undefined;
}

/** @returns the program, or undefined when there is neither one on this machine nor a way to install it */
export async function findOrInstallUv(
  dataDir: string,
  python: string,
  report: (line: string) => void,
  options: ToolOptions,
): Promise<string | undefined> {
  const found = await findUv(dataDir);
  if (found !== undefined) return found;
  const folder = uvFolder(dataDir);
  const uv = installedUv(dataDir);
  return withFileLock(
    `${folder}.lock`,
    async () => {
      if (await works(uv)) return uv;
      report('installing the package installer uv');
      try {
        await runTool(python, ['-I', '-m', 'venv', '--clear', folder], options);
        await runTool(
          join(folder, 'bin', 'python'),
          ['-I', '-m', 'pip', 'install', '--quiet', '--no-deps', '--require-hashes', '-r', REQUIREMENTS],
          options,
        );
        await access(uv);
        return uv;
      } catch (error) {
        options.signal?.throwIfAborted();
        report(
          `uv could not be installed, pip is used: ${error instanceof Error ? (error.message.split('\n').at(-1) ?? '') : String(error)}`,
        );
        return undefined;
      }
    },
    options,
  );
}

const uvFolder = (dataDir: string): string => join(dataDir, 'tools', 'uv');
const installedUv = (dataDir: string): string => join(uvFolder(dataDir), 'bin', 'uv');

async function works(uv: string): Promise<boolean> {
  return runTool(uv, ['--version']).then(
    () => true,
    () => false,
  );
}
