/** What `npm run setup` does after the npm packages are there; the demo and the tests begin with it too. */
import { join } from 'node:path';
import { CHEMISTRY_ENVIRONMENT } from '../packages/server/src/catalog/environments/chemistry-environment.ts';
import { ensureEnvironment, type EnsureEnvironmentRequest } from '../packages/server/src/catalog/environments/environment.ts';
import { listModelEnvironments } from '../packages/server/src/catalog/environments/model-environments.ts';
import { databaseStatus, startEmbeddedPostgres } from '../packages/server/src/storage/postgres/supervisor.ts';
import { buildPage } from './build-page.ts';
import { startStep } from './progress-line.mjs';
import { UsageError } from './script-options.ts';

export const ROOT = join(import.meta.dirname, '..');

export interface SetupOptions {
  readonly dataDir: string;
  readonly modelsDirs: readonly string[];
  /** False where the operator brings a server by DATABASE_URL. */
  readonly embeddedDatabase: boolean;
  readonly signal: AbortSignal;
}

export async function runSetup(options: SetupOptions): Promise<void> {
  if (options.embeddedDatabase) await makeDatabase(options);
  await buildPage(options.signal);
  await makeEnvironment({ ...CHEMISTRY_ENVIRONMENT, name: 'hub/chemistry' }, options);
  for (const each of await listModelEnvironments(options.modelsDirs))
    if (each.comesWithHub) await makeEnvironment({ ...each, name: `${each.modelId}/${each.environment}` }, options);
}

async function makeEnvironment(
  environment: Pick<EnsureEnvironmentRequest, 'name' | 'lockPath' | 'pythonVersion'>,
  { dataDir, signal }: SetupOptions,
): Promise<void> {
  const step = startStep(`Environment ${environment.name} (Python ${environment.pythonVersion})`);
  try {
    await ensureEnvironment({
      ...environment,
      dataDir,
      signal,
      report: (line) => {
        step.note(line);
      },
    });
    step.end('ready');
  } catch (error) {
    step.fail();
    throw error;
  }
}

async function makeDatabase({ dataDir, signal }: SetupOptions): Promise<void> {
  const step = startStep('PostgreSQL');
  try {
    const status = await databaseStatus(dataDir);
    if (status.state === 'not_made') {
      const server = await startEmbeddedPostgres({
        dataDir,
        signal,
        log: (line) => {
          step.note(line);
        },
      });
      await server.stop();
    }
    step.end('ready');
  } catch (error) {
    step.fail();
    throw error;
  }
}

/** Model folders: those of the clone, and further ones of `OMTX_MODELS_DIR` (several with `:` between them). */
export function modelsDirsOf(further: string | undefined): string[] {
  return [join(ROOT, 'models'), ...(further ?? '').split(':').filter((folder) => folder !== '')];
}

/** Ends with a line for a person, not with a stack. Ctrl-C ends with 130. */
export async function runScript(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const interrupt = new AbortController();
  const onSignal = (): void => {
    interrupt.abort();
  };
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    await work(interrupt.signal);
  } catch (error) {
    if (!interrupt.signal.aborted) console.error(error instanceof Error ? error.message : error);
    process.exitCode = interrupt.signal.aborted ? 130 : error instanceof UsageError ? 2 : 1;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
