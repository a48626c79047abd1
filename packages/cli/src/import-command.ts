/** `omtx import`: records of the first hub become jobs of this one, with a report for each. */
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import type { ImportedRecord } from '@omtx/server/main';
import { columns } from './columns.ts';
import { EXIT, UsageError } from './exit-codes.ts';
import { flagsOf, withSettings, type HubOptions } from './hub-commands.ts';

export function importCommand(): Command {
  return withSettings(new Command('import').description('make jobs of the records of the first OMTX-Hub; a second time changes nothing'))
    .argument('<file>', 'JSON array, JSON lines, or an export that holds one')
    .option('--json', 'machine-readable')
    .action(async (file: string, options: HubOptions & { readonly json?: boolean }) => {
      const { runImport, UnreadableRecords } = await import('@omtx/server/main');
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      });
      const reports = await runImport(flagsOf(options), text).catch((error: unknown) => {
        throw error instanceof UnreadableRecords ? new UsageError(`${file}: ${error.message}`) : error;
      });
      console.log(options.json ? JSON.stringify(reports, undefined, 2) : describe(reports));
      if (reports.some(({ outcome }) => outcome === 'refused')) process.exitCode = EXIT.failed;
    });
}

function describe(reports: readonly ImportedRecord[]): string {
  const count = (outcome: ImportedRecord['outcome']): string => String(reports.filter((report) => report.outcome === outcome).length);
  const table = columns(
    ['record', 'id', 'outcome', 'job', 'remarks'],
    reports.map(({ place, id, outcome, jobId, notes }) => [String(place + 1), id ?? '-', outcome, jobId ?? '-', notes.join('; ')]),
  );
  return `${table}\n${String(reports.length)} records: ${count('imported')} imported, ${count('known')} here already, ${count('deleted')} deleted here before, ${count('refused')} refused`;
}
