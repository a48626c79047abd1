import { runTool } from './run-tool.ts';

/** Prints version and path of the interpreter itself, not of a shim. */
const SAY = 'import sys; print("%d.%d" % sys.version_info[:2]); print(sys.executable)';

/** @returns absolute path of a Python `version` ("3.11") of this machine; one is never downloaded */
export async function findPython(version: string): Promise<string> {
  for (const program of [`python${version}`, 'python3', 'python']) {
    const answer = await runTool(program, ['-I', '-c', SAY]).catch(() => undefined);
    const [found, path] = (answer ?? '').trim().split('\n');
    if (found === version && path !== undefined) return path;
  }
  throw new Error(
    `Python ${version} was not found on PATH. Install it: "apt-get install python${version} python${version}-venv" on Debian and Ubuntu, "brew install python@${version}" on macOS.`,
  );
}
