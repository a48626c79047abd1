/** Reads the text form of Prometheus by the parser of its official client library for Python, in an environment of its own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { ensureEnvironment } from '../../src/catalog/environments/environment.ts';
import { defaultDataDir } from '../../src/machine/data-dir.ts';

export interface Sample {
  readonly family: string;
  readonly type: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Makes the environment where it is not there yet. @returns the parser; it rejects a text that is not in that form */
export async function openPrometheusParser(): Promise<(text: string) => Promise<readonly Sample[]>> {
  const { python } = await ensureEnvironment({
    lockPath: join(import.meta.dirname, 'requirements.lock'),
    pythonVersion: '3.11',
    dataDir: defaultDataDir(process.env),
    name: 'tests/prometheus',
    report: () => undefined,
  });
  return (text) =>
    new Promise((resolve, reject) => {
      const child = execFile(python, [join(import.meta.dirname, 'parse.py')], { maxBuffer: 16 * 1024 * 1024 }, (error, stdout) => {
        if (error) reject(error);
        else
          resolve(
            stdout
              .trimEnd()
              .split('\n')
              .map((line) => JSON.parse(line) as Sample),
          );
      });
      child.stdin?.end(text);
    });
}
