/** `omtx backup` and `omtx restore`: a hub's tables and files into a folder, and back into an empty hub. */
import { Command, Option } from 'commander';
import type { BackupProgress, BackupReport } from '@omtx/server/main';
import { EXIT, UsageError } from './exit-codes.ts';
import { flagsOf, withSettings, type HubOptions } from './hub-commands.ts';

/** Without a terminal a line in this time is enough. */
const LINE_EVERY_MS = 5_000;
const PHASES = { checking: 'checking files of tables', tables: 'tables', files: 'stored files' } as const;

export function backupCommands(): readonly Command[] {
  const backup = withSettings(new Command('backup').description('write all tables and stored files into a folder, while the hub works'))
    .argument('<folder>', 'holds the backups, each under its time; stored files are shared among them')
    .addOption(new Option('--keep <number>', 'keep so many backups and remove older ones').argParser(wholeNumber))
    .action(async (folder: string, options: HubOptions & { readonly keep?: number }) => {
      const { runBackup } = await import('@omtx/server/main');
      const report = await runBackup(flagsOf(options), folder, options.keep, progressReporter());
      console.log(`${report.folder}: ${countsOf(report)}, of which ${String(report.copied)} new files`);
      for (const name of report.removed) console.log(`removed the backup ${name}`);
      sayUnreadable(report);
    });
  const restore = withSettings(new Command('restore').description('fill an empty hub from a backup; the hub must not run'))
    .argument('<folder>', 'of one backup, or of several: then the newest')
    .action(async (folder: string, options: HubOptions) => {
      const { BackupError, runRestore } = await import('@omtx/server/main');
      try {
        const report = await runRestore(flagsOf(options), folder, progressReporter());
        console.log(`restored ${report.folder}: ${countsOf(report)}`);
        sayUnreadable(report);
      } catch (error) {
        throw error instanceof BackupError ? new UsageError(error.message) : error;
      }
    });
  return [backup, restore];
}

function countsOf({ rows, files }: BackupReport): string {
  return `${String(rows)} rows, ${String(files)} files`;
}

/** A backup with files missing is kept, and the exit code says that it is not whole. */
function sayUnreadable({ unreadable }: BackupReport): void {
  for (const { sha256, reason } of unreadable) console.error(`omtx: file ${sha256} is missing: ${reason}`);
  if (unreadable.length > 0) process.exitCode = EXIT.failed;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new UsageError(`--keep must be a whole number from 1, not "${text}".`);
}

function progressReporter(): (progress: BackupProgress) => void {
  const isTerminal = process.stderr.isTTY;
  let saidAt = -Infinity;
  return ({ phase, done, total }) => {
    const isLast = done === total;
    if (!isTerminal && !isLast && performance.now() - saidAt < LINE_EVERY_MS) return;
    saidAt = performance.now();
    const text = `${PHASES[phase]}: ${String(done)} of ${String(total)}`;
    process.stderr.write(isTerminal ? `\r\u001B[2K${text}${isLast ? '\n' : ''}` : `${text}\n`);
  };
}
