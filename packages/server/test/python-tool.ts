/** A small Python program of a test, in the locked environment beside it: it reads standard input and writes one JSON object a line. */
import { execFile } from 'node:child_process';
import { basename, join } from 'node:path';
import { ensureEnvironment } from '../src/catalog/environments/environment.ts';
import { defaultDataDir } from '../src/machine/data-dir.ts';

const MOST_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Makes the environment where it is not there yet. @returns the program as a function; it rejects what the program refuses */
export async function openPythonTool<Line>(folder: string, program: string): Promise<(input: string | Buffer) => Promise<readonly Line[]>> {
  const { python } = await ensureEnvironment({
    lockPath: join(folder, 'requirements.lock'),
    pythonVersion: '3.11',
    dataDir: defaultDataDir(process.env),
    name: `tests/${basename(folder)}`,
    report: () => undefined,
  });
  return (input) =>
    new Promise((resolve, reject) => {
      const child = execFile(python, [join(folder, program)], { maxBuffer: MOST_OUTPUT_BYTES }, (error, stdout) => {
        if (error) reject(error);
        else
          resolve(
            stdout
              .split('\n')
              .filter((line) => line !== '')
              .map((line) => JSON.parse(line) as Line),
          );
      });
      child.stdin?.end(input);
    });
}
