/** The hub's process: `serve`, `work`, `migrate`. The only file that reads the environment; the CLI passes the flags on. */
import { LOCAL_OWNER } from '@omtx/contract';
import { ConfigError, readConfig, type Config, type Flags } from './config.ts';
import { examineMachine } from './doctor/examine-machine.ts';
import type { Finding } from './doctor/finding.ts';
import { openFiles, startHub, type HubParts } from './hub.ts';
import { VERSION } from './machine/version.ts';
import { ModelCommands } from './model-tools/model-commands.ts';
import { backupHub, restoreHub, type BackupReport, type BackupSource, type OnProgress } from './services/backup.ts';
import { importLegacy, readLegacyRecords, type ImportedRecord } from './services/import-legacy.ts';
import { announceTo } from './storage/artifacts/announcer.ts';
import { openDatabase } from './storage/database.ts';
import { migrate } from './storage/migrate.ts';
import { startEmbeddedPostgres } from './storage/postgres/supervisor.ts';

const CONNECTIONS_OF_IMPORT = 2;
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
    await withDatabase(readConfig(process.env, flags), migrate);
  });
}

export { BackupError, type BackupProgress, type BackupReport } from './services/backup.ts';

/** Writes a backup into the folder while the hub works, or while it is stopped. @throws ConfigError */
export function runBackup(flags: Flags, folder: string, keep: number | undefined, onProgress: OnProgress): Promise<BackupReport> {
  return withSource(flags, (source) => backupHub(source, folder, VERSION, onProgress, keep));
}

/** Fills an empty hub from a backup. @throws ConfigError, BackupError */
export function runRestore(flags: Flags, folder: string, onProgress: OnProgress): Promise<BackupReport> {
  return withSource(flags, (source) => restoreHub(source, folder, onProgress));
}

export { UnreadableRecords, type ImportedRecord } from './services/import-legacy.ts';

/** Makes jobs of the records of the first hub. @throws ConfigError, UnreadableRecords before anything is stored */
export function runImport(flags: Flags, text: string): Promise<readonly ImportedRecord[]> {
  const records = readLegacyRecords(text);
  const config = readConfig(process.env, flags);
  return withDatabase(config, async (databaseUrl) => {
    await migrate(databaseUrl);
    const db = openDatabase(databaseUrl, CONNECTIONS_OF_IMPORT);
    try {
      return await importLegacy({ db, artifacts: await openFiles(config, announceTo(db)) }, LOCAL_OWNER, records, new Date());
    } finally {
      await db.destroy();
    }
  });
}

function withSource<T>(flags: Flags, work: (source: BackupSource) => Promise<T>): Promise<T> {
  const config = readConfig(process.env, flags);
  return withDatabase(config, async (databaseUrl) => work({ databaseUrl, artifacts: await openFiles(config) }));
}

/** The given server, or the embedded one, started or adopted for as long as the work takes. */
async function withDatabase<T>({ databaseUrl, dataDir }: Config, work: (url: string) => Promise<T>): Promise<T> {
  if (databaseUrl !== undefined) return work(databaseUrl);
  const server = await startEmbeddedPostgres({
    dataDir,
    log: (line) => {
      console.error(line);
    },
  });
  try {
    return await work(server.url);
  } finally {
    await server.stop();
  }
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
