/** The hub's own locked environment: RDKit for Python, which checks molecules several times as fast as the WebAssembly build. */
import { join } from 'node:path';

/** For `findEnvironment` and `ensureEnvironment`. */
export const CHEMISTRY_ENVIRONMENT = {
  lockPath: join(import.meta.dirname, '..', '..', '..', 'chemistry', 'requirements.lock'),
  pythonVersion: '3.11',
} as const;
