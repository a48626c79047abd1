/** The hub's process: `serve`, `work`, `migrate`. The only file that reads the environment; the CLI passes the flags on. */
import { ConfigError, readConfig, type Flags } from './config.ts';
import { examineMachine, type Finding } from './doctor.ts';
import { startHub, type HubParts } from './hub.ts';
import { ModelCommands } from './model-tools/model-commands.ts';
import { migrate } from './storage/migrate.ts';
import { startEmbeddedPostgres } from './storage/postgres/supervisor.ts';

/** `EX_CONFIG` of sysexits: what the operator can mend. */
const BAD_CONFIG = 78;

/** Runs until SIGTERM or SIGINT; a second signal ends it at once. @returns the exit code */
export async function runHub(parts: HubParts, flags: Flags): Promise<number> {
  return reportingConfig(async () => {
    const config = readConfig(process.env, flags);
    const stopping = new AbortController();
    const stopped = new Promise<void>((resolve) => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        process.on(signal, () => {
          if (stopping.signal.aborted) process.exit(1);
          stopping.abort();
          resolve();
        });
      }
    });
    const hub = await startHub(config, { ...parts, works: parts.works && config.works }, stopping.signal);
    await stopped;
    await hub.stop();
  });
}

/** Brings the database to the schema of this version and ends. @returns the exit code */
export async function runMigrate(flags: Flags): Promise<number> {
  return reportingConfig(async () => {
    const { databaseUrl, dataDir } = readConfig(process.env, flags);
    if (databaseUrl !== undefined) return migrate(databaseUrl);
    const server = await startEmbeddedPostgres({
      dataDir,
      log: (line) => {
        console.error(line);
      },
    });
    try {
      await migrate(server.url);
    } finally {
      await server.stop();
    }
  });
}

/** What `omtx doctor` says. @throws ConfigError */
export function examine(flags: Flags): Promise<readonly Finding[]> {
  return examineMachine(readConfig(process.env, flags));
}

/** What `omtx models` does on this machine. @throws ConfigError */
export function modelCommands(flags: Flags, report: (line: string) => void, signal: AbortSignal): ModelCommands {
  return new ModelCommands(readConfig(process.env, flags), report, signal);
}

async function reportingConfig(work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`omtx: ${error.message}`);
    return BAD_CONFIG;
  }
}
