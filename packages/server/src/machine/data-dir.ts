import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The hub's data folder: `OMTX_DATA_DIR`, or under the user's data folder as the platform has it. Absolute. */
export function defaultDataDir(environment: Readonly<Record<string, string | undefined>>): string {
  const given = environment['OMTX_DATA_DIR'];
  if (given !== undefined && given !== '') return resolve(given);
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'omtx-hub');
  const shared = environment['XDG_DATA_HOME'];
  return join(shared !== undefined && shared.startsWith('/') ? shared : join(homedir(), '.local', 'share'), 'omtx-hub');
}
